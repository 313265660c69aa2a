"""Models as they stood at the end of an epoch, and who may use them."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from openft.types._answer import Answer


class CheckpointMetrics(Answer):
    """What was measured at a checkpoint; a host may leave out any of them."""

    step: int | None = None
    train_loss: float | None = None
    train_mean_token_accuracy: float | None = None
    """Share (0-1)."""
    valid_loss: float | None = None
    """On a batch of the validation file."""
    valid_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    """On all of the validation file."""
    full_valid_mean_token_accuracy: float | None = None


class FineTuningJobCheckpoint(Answer):
    """A model as it stood at the end of an epoch; it can be used like the last one."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "fine_tuned_model_checkpoint", "step_number", "metrics")

    id: str
    object: str = "fine_tuning.job.checkpoint"
    created_at: int = 0
    """Unix seconds."""
    fine_tuned_model_checkpoint: str = ""
    """The name to pass as ``model=``."""
    step_number: int = 0
    fine_tuning_job_id: str = ""
    metrics: CheckpointMetrics = Field(default_factory=CheckpointMetrics)


class CheckpointPermission(Answer):
    """A project's leave to use a checkpoint."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "project_id", "created_at")

    id: str
    object: str = "checkpoint.permission"
    created_at: int = 0
    """Unix seconds."""
    project_id: str = ""
