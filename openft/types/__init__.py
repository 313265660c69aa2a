"""Answers, records and results: frozen values without a client inside."""

from openft.types.completions import Completion, CompletionChoice, CompletionUsage, Logprobs
from openft.types.files import File, FileDeleted
from openft.types.fine_tunes import FineTune, FineTuneEvent, Hyperparams, SucceededFineTune
from openft.types.fine_tuning import (
    CheckpointMetrics,
    CheckpointPermission,
    FineTuningJob,
    FineTuningJobCheckpoint,
    FineTuningJobEvent,
    JobHyperparameters,
    JobMethod,
    SucceededJob,
)
from openft.types.graders import GraderRun, GraderValidation
from openft.types.jobs import Job, JobError, JobEvent
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
    "CheckpointMetrics",
    "CheckpointPermission",
    "Completion",
    "CompletionChoice",
    "CompletionUsage",
    "File",
    "FileDeleted",
    "FineTune",
    "FineTuneEvent",
    "FineTuningJob",
    "FineTuningJobCheckpoint",
    "FineTuningJobEvent",
    "GraderRun",
    "GraderValidation",
    "Hyperparams",
    "Job",
    "JobError",
    "JobEvent",
    "JobHyperparameters",
    "JobMethod",
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
    "SucceededJob",
    "TrainingRecord",
    "WebhookData",
    "WebhookEvent",
]
