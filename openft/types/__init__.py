"""Answers, records and results: frozen values without a client inside.

Each kind is loaded when a name of it is first used: a program that lists models needs no chat completions.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openft.types.chat import (
        Annotation,
        AnnotationURLCitation,
        ChatCompletion,
        ChatCompletionAudio,
        ChatCompletionChoice,
        ChatCompletionChunk,
        ChatCompletionChunkChoice,
        ChatCompletionMessage,
        ChatCompletionMessageToolCall,
        ChatCompletionTokenLogprob,
        ChoiceDelta,
        ChoiceDeltaFunctionCall,
        ChoiceDeltaToolCall,
        ChoiceLogprobs,
        CustomToolCall,
        FunctionCall,
        TopLogprob,
    )
    from openft.types.checkpoints import CheckpointMetrics, CheckpointPermission, FineTuningJobCheckpoint
    from openft.types.completions import (
        Completion,
        CompletionChoice,
        CompletionTokensDetails,
        CompletionUsage,
        Logprobs,
        PromptTokensDetails,
    )
    from openft.types.content import FileContent
    from openft.types.deleted import CheckpointPermissionDeleted, FileDeleted, FineTuneDeleted, ModelDeleted
    from openft.types.files import ExpiresAfterParam, File
    from openft.types.fine_tunes import FineTune, FineTuneEvent, Hyperparams, SucceededFineTune
    from openft.types.fine_tuning import (
        FineTuningJob,
        FineTuningJobEvent,
        JobHyperparameters,
        JobIntegration,
        JobMethod,
        JobMethodDetails,
        SucceededJob,
        WandbIntegration,
    )
    from openft.types.grader_runs import GraderErrors, GraderRun, GraderRunMetadata, GraderValidation
    from openft.types.graders import Grader, GraderAudio, GraderMessage, GraderPart, GraderSampling
    from openft.types.jobs import Job, JobError, JobEvent
    from openft.types.limits import ModelLimits
    from openft.types.models import Model
    from openft.types.params import (
        DpoHyperparametersParam,
        DpoParam,
        HyperparametersParam,
        IntegrationParam,
        MethodParam,
        ReinforcementHyperparametersParam,
        ReinforcementParam,
        SupervisedParam,
        WandbParam,
    )
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
    from openft.types.uploads import Upload, UploadPart
    from openft.types.webhooks import WebhookData, WebhookEvent

else:
    _HOMES = {
        "chat": (
            "Annotation AnnotationURLCitation ChatCompletion ChatCompletionAudio ChatCompletionChoice "
            "ChatCompletionChunk ChatCompletionChunkChoice ChatCompletionMessage ChatCompletionMessageToolCall "
            "ChatCompletionTokenLogprob ChoiceDelta ChoiceDeltaFunctionCall ChoiceDeltaToolCall ChoiceLogprobs "
            "CustomToolCall FunctionCall TopLogprob"
        ),
        "checkpoints": "CheckpointMetrics CheckpointPermission FineTuningJobCheckpoint",
        "completions": (
            "Completion CompletionChoice CompletionTokensDetails CompletionUsage Logprobs PromptTokensDetails"
        ),
        "content": "FileContent",
        "deleted": "CheckpointPermissionDeleted FileDeleted FineTuneDeleted ModelDeleted",
        "files": "ExpiresAfterParam File",
        "fine_tunes": "FineTune FineTuneEvent Hyperparams SucceededFineTune",
        "fine_tuning": (
            "FineTuningJob FineTuningJobEvent JobHyperparameters JobIntegration JobMethod JobMethodDetails "
            "SucceededJob WandbIntegration"
        ),
        "grader_runs": "GraderErrors GraderRun GraderRunMetadata GraderValidation",
        "graders": "Grader GraderAudio GraderMessage GraderPart GraderSampling",
        "jobs": "Job JobError JobEvent",
        "limits": "ModelLimits",
        "models": "Model",
        "params": (
            "DpoHyperparametersParam DpoParam HyperparametersParam IntegrationParam MethodParam "
            "ReinforcementHyperparametersParam ReinforcementParam SupervisedParam WandbParam"
        ),
        "records": (
            "ChatExample ChatMessage PreferenceExample PreferenceInput PromptCompletion ReinforcementExample "
            "TrainingRecord"
        ),
        "results": "Results StepMetrics",
        "uploads": "Upload UploadPart",
        "webhooks": "WebhookData WebhookEvent",
    }

    def __getattr__(name):
        from importlib import import_module

        for home, names in _HOMES.items():
            if name in names.split():
                value = globals()[name] = getattr(import_module(f"openft.types.{home}"), name)
                return value
        raise AttributeError(f"module 'openft.types' has no attribute {name!r}")

    def __dir__():
        return sorted(__all__)


__all__ = [
    "Annotation",
    "AnnotationURLCitation",
    "ChatCompletion",
    "ChatCompletionAudio",
    "ChatCompletionChoice",
    "ChatCompletionChunk",
    "ChatCompletionChunkChoice",
    "ChatCompletionMessage",
    "ChatCompletionMessageToolCall",
    "ChatCompletionTokenLogprob",
    "ChatExample",
    "ChatMessage",
    "CheckpointMetrics",
    "CheckpointPermission",
    "CheckpointPermissionDeleted",
    "ChoiceDelta",
    "ChoiceDeltaFunctionCall",
    "ChoiceDeltaToolCall",
    "ChoiceLogprobs",
    "Completion",
    "CompletionChoice",
    "CompletionTokensDetails",
    "CompletionUsage",
    "CustomToolCall",
    "DpoHyperparametersParam",
    "DpoParam",
    "ExpiresAfterParam",
    "File",
    "FileContent",
    "FileDeleted",
    "FineTune",
    "FineTuneDeleted",
    "FineTuneEvent",
    "FineTuningJob",
    "FineTuningJobCheckpoint",
    "FineTuningJobEvent",
    "FunctionCall",
    "Grader",
    "GraderAudio",
    "GraderErrors",
    "GraderMessage",
    "GraderPart",
    "GraderRun",
    "GraderRunMetadata",
    "GraderSampling",
    "GraderValidation",
    "HyperparametersParam",
    "Hyperparams",
    "IntegrationParam",
    "Job",
    "JobError",
    "JobEvent",
    "JobHyperparameters",
    "JobIntegration",
    "JobMethod",
    "JobMethodDetails",
    "Logprobs",
    "MethodParam",
    "Model",
    "ModelDeleted",
    "ModelLimits",
    "PreferenceExample",
    "PreferenceInput",
    "PromptCompletion",
    "PromptTokensDetails",
    "ReinforcementExample",
    "ReinforcementHyperparametersParam",
    "ReinforcementParam",
    "Results",
    "StepMetrics",
    "SucceededFineTune",
    "SucceededJob",
    "SupervisedParam",
    "TopLogprob",
    "TrainingRecord",
    "Upload",
    "UploadPart",
    "WandbIntegration",
    "WandbParam",
    "WebhookData",
    "WebhookEvent",
]
