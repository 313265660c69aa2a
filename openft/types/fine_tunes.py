"""Fine-tunes: jobs of the 2023 API (``/v1/fine-tunes``)."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from openft.types._answer import Answer
from openft.types.files import File
from openft.types.jobs import FINISHED, JobError


class Hyperparams(Answer):
    """The numbers a fine-tune trains with; None until the server has chosen them."""

    n_epochs: int | None = None
    """Passes over the training file."""
    batch_size: int | None = None
    """Examples in one step."""
    learning_rate_multiplier: float | None = None
    """Factor on the base's own learning rate."""
    prompt_loss_weight: float | None = None
    """Weight of the loss on prompt tokens; completion tokens weigh 1."""
    compute_classification_metrics: bool | None = None
    classification_n_classes: int | None = None
    classification_positive_class: str | None = None
    classification_betas: list[float] | None = None


class FineTuneEvent(Answer):
    """One line of a fine-tune's story."""

    __shown__: ClassVar[tuple[str, ...]] = ("created_at", "level", "message")

    object: str = "fine-tune-event"
    created_at: int = 0
    """Unix seconds."""
    level: str = "info"
    """``info``, ``warn`` or ``error``."""
    message: str = ""
    data: dict[str, Any] | None = None
    """Structured values beside the message, from servers that send them."""
    step: int | None = None
    """The training step it belongs to, from servers that send it."""
    cursor: str | None = None
    """Where it stands in the story; ``follow(after=cursor)`` goes on behind it. Set by openft, not by the server."""

    def __str__(self) -> str:
        return self.message


class FineTune(Answer):
    """A fine-tuning job of the 2023 API."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "status", "model", "fine_tuned_model", "error", "created_at")

    id: str
    """``ft-`` and 24 characters."""
    object: str = "fine-tune"
    created_at: int = 0
    """Unix seconds."""
    updated_at: int = 0
    """Unix seconds."""
    model: str = ""
    """The base it was trained from."""
    fine_tuned_model: str | None = None
    """The model's name once there is one."""
    organization_id: str = ""
    status: str = ""
    """``pending``, ``running``, ``succeeded``, ``failed`` or ``cancelled``."""
    hyperparams: Hyperparams = Field(default_factory=Hyperparams)
    training_files: list[File] = []
    validation_files: list[File] = []
    result_files: list[File] = []
    """The step metrics, once the job has succeeded."""
    events: list[FineTuneEvent] | None = None
    """The story so far, oldest first; None in lists."""

    @property
    def finished(self) -> bool:
        """Whether the status can no longer change."""
        return self.status in FINISHED

    @property
    def succeeded(self) -> bool:
        """Whether there is a model."""
        return self.status == "succeeded"

    @property
    def error(self) -> JobError | None:
        """Why it failed, told by its last error event; this API has no field for it."""
        if self.status != "failed":
            return None
        told = [event for event in self.events or [] if event.level == "error"]
        return JobError(message=told[-1].message.removeprefix("Error: ")) if told else JobError()


class SucceededFineTune(FineTune):
    """A fine-tune that has its model."""

    # Frozen, so that the narrower type is safe; pyright does not see that.
    fine_tuned_model: str  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]
