"""Answers, records and results: frozen values without a client inside."""

from openft.types.completions import Completion, CompletionChoice, CompletionUsage, Logprobs
from openft.types.files import File, FileDeleted
from openft.types.fine_tunes import FineTune, FineTuneEvent, Hyperparams, SucceededFineTune
from openft.types.jobs import Job, JobError
from openft.types.models import Model, ModelDeleted
from openft.types.records import (
    ChatExample,
    ChatMessage,
    PreferenceExample,
    PreferenceInput,
    PromptCompletion,
    ReinforcementExample,
    TrainingRecord,
)
from openft.types.results import Results, StepMetrics
from openft.types.webhooks import WebhookData, WebhookEvent

__all__ = [
    "ChatExample",
    "ChatMessage",
    "Completion",
    "CompletionChoice",
    "CompletionUsage",
    "File",
    "FileDeleted",
    "FineTune",
    "FineTuneEvent",
    "Hyperparams",
    "Job",
    "JobError",
    "Logprobs",
    "Model",
    "ModelDeleted",
    "PreferenceExample",
    "PreferenceInput",
    "PromptCompletion",
    "ReinforcementExample",
    "Results",
    "StepMetrics",
    "SucceededFineTune",
    "TrainingRecord",
    "WebhookData",
    "WebhookEvent",
]
