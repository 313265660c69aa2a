"""Rows as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

ACTIVE = ("pending", "running")


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """A file; its content is in the data directory under its id."""

    id: str
    bytes: int
    created_at: int
    filename: str
    purpose: str
    sha256: str
    rows: int | None = None
    """Training examples, of a file that was checked."""
    kind: str | None = None
    """``prompt_completion``, ``chat``, ``preference`` or ``reinforcement``."""
    deleted_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """A job as it stands."""

    stem: str
    wire: str
    created_at: int
    updated_at: int
    status: str
    model: str
    """What it trains from, as the request named it."""
    base: str
    """What that descends from."""
    suffix: str | None
    training_file: str
    validation_file: str | None
    hyperparameters: dict[str, Any]
    seed: int
    cost: float
    queue_number: int = 0
    failures: int = 0
    finished_at: int | None = None
    fine_tuned_model: str | None = None
    result_file: str | None = None
    trained_tokens: int | None = None
    error_code: str | None = None
    error_message: str | None = None
    error_param: str | None = None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.status in ACTIVE


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """A fine-tuned model; its weights are in its job's folder."""

    name: str
    base: str
    job: str
    created_at: int
    deleted_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """A line of a job's story."""

    job: str
    key: str
    created_at: int
    message: str
    level: str = "info"
    type: str = "message"
    position: int | None = None
    """Among the job's messages, from 1."""
    step: int | None = None
    data: dict[str, Any] | None = None


def fields(row: RowMapping) -> dict[str, Any]:
    """Return a row's columns but the running number."""
    return {name: value for name, value in row.items() if name != "number"}
