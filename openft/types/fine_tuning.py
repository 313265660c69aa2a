"""Fine-tuning jobs of today's API (``/v1/fine_tuning/jobs``) and their events."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from openft.types._answer import Answer
from openft.types.graders import Grader
from openft.types.jobs import FINISHED, JobError


def _told(error: object) -> object:
    """Hosts say "no error" as null, as ``{}`` or with fields that are all null, and some say it in plain words."""
    match error:
        case str():
            return {"message": error} if error else None
        case dict():
            return error if any(error.values()) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType]
        case _:
            return error or None


class JobHyperparameters(Answer):
    """The numbers a job trains with; ``"auto"`` or None until the host has chosen them."""

    n_epochs: int | float | str | None = None
    """Passes over the training file."""
    batch_size: int | float | str | None = None
    """Examples in one step."""
    learning_rate_multiplier: float | str | None = None
    """Factor on the base's own learning rate."""
    beta: float | str | None = None
    """Preferences only: how strongly the model is held to its base."""
    compute_multiplier: float | str | None = None
    """Reinforcement only: how much is tried out."""
    eval_interval: int | float | str | None = None
    """Reinforcement only: steps between two evaluations."""
    eval_samples: int | float | str | None = None
    """Reinforcement only: answers to each example in an evaluation."""
    reasoning_effort: str | None = None
    """Reinforcement only: ``default``, ``low``, ``medium`` or ``high``."""


class JobMethodDetails(Answer):
    """What one training method was told."""

    hyperparameters: JobHyperparameters | None = None
    grader: Grader | None = None
    """Reinforcement only: what rewards an answer."""


class JobMethod(Answer):
    """How a job trains."""

    type: str = "supervised"
    """``supervised``, ``dpo`` or ``reinforcement``."""
    supervised: JobMethodDetails | None = None
    dpo: JobMethodDetails | None = None
    reinforcement: JobMethodDetails | None = None


class WandbIntegration(Answer):
    """Where Weights & Biases shows a job."""

    project: str = ""
    entity: str | None = None
    name: str | None = None
    tags: list[str] | None = None
    run_id: str | None = None


class JobIntegration(Answer):
    """A service that the host reports to."""

    type: str = "wandb"
    wandb: WandbIntegration | None = None


class FineTuningJob(Answer):
    """A fine-tuning job of today's API."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "status", "model", "fine_tuned_model", "error", "created_at")

    id: str
    """``ftjob-`` and what the host puts behind it."""
    object: str = "fine_tuning.job"
    created_at: int = 0
    """Unix seconds."""
    finished_at: int | None = None
    """Unix seconds."""
    estimated_finish: int | None = None
    """Unix seconds; None or 0 where the host does not dare to say."""
    model: str = ""
    """The base it is trained from."""
    fine_tuned_model: str | None = None
    """The model's name once there is one."""
    organization_id: str = ""
    status: str = ""
    """``validating_files``, ``queued``, ``running``, ``paused``, ``succeeded``, ``failed`` or ``cancelled``."""
    training_file: str = ""
    """Id of the file."""
    validation_file: str | None = None
    result_files: list[str] = []
    """Ids of the step metrics, once the job has succeeded."""
    hyperparameters: JobHyperparameters | None = None
    """Of supervised jobs; see ``method`` for the others."""
    method: JobMethod | None = None
    trained_tokens: int | None = None
    """Tokens that are billed, once the job has finished."""
    error: Annotated[JobError | None, BeforeValidator(_told)] = None
    """Why it failed, None when it did not."""
    integrations: list[JobIntegration] = []
    seed: int | None = None
    metadata: dict[str, str] = {}

    @property
    def finished(self) -> bool:
        """Whether the status can no longer change."""
        return self.status in FINISHED

    @property
    def succeeded(self) -> bool:
        """Whether there is a model."""
        return self.status == "succeeded"


class SucceededJob(FineTuningJob):
    """A job that has its model."""

    # Frozen, so that the narrower type is safe; pyright does not see that.
    fine_tuned_model: str  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]


class FineTuningJobEvent(Answer):
    """One line of a job's story."""

    __shown__: ClassVar[tuple[str, ...]] = ("created_at", "level", "message")

    id: str = ""
    object: str = "fine_tuning.job.event"
    created_at: int = 0
    """Unix seconds."""
    level: str = "info"
    """``info``, ``warn`` or ``error``."""
    message: str = ""
    type: str | None = None
    """``message`` or ``metrics``."""
    data: dict[str, Any] | None = None
    """The metrics of a step: ``step``, ``total_steps``, ``train_loss`` and others."""

    @property
    def cursor(self) -> str:
        """Where it stands in the story; ``follow(after=cursor)`` goes on behind it."""
        return self.id or f"{self.created_at} {self.message}"

    def __str__(self) -> str:
        return self.message
