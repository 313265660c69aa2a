"""The answers of a model to a file of prompts or examples, kept on disk before it is switched off."""

from openft.capture.capturing import answers, plan
from openft.capture.report import TERMS, Capture, ClassScore, Failed, Plan
from openft.capture.setup import CaptureOptions, Progress

__all__ = ["TERMS", "Capture", "CaptureOptions", "ClassScore", "Failed", "Plan", "Progress", "answers", "plan"]
