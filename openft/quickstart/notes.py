"""What the quickstart tells while it runs, and what it returns; the caller decides how that looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the story."""

    topic: str
    """The step it belongs to: ``data``, ``upload``, ``fine-tune``, …"""
    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a long step has come."""

    topic: str
    done: int
    total: int
    text: str
    """What has just been done."""


Note: TypeAlias = Said | Moved
Report: TypeAlias = Callable[[Note], None]


@dataclass(frozen=True, slots=True)
class QuickstartResult:
    """What came of it; these are the keys of ``openft quickstart --json``."""

    file_id: str
    job_id: str
    status: str
    """Of the fine-tune."""
    fine_tuned_model: str
    train_rows: int
    held_out_rows: int
    majority_accuracy: float
    """Share (0-1) of the held-out rows that the most frequent completion of the training rows gets right."""
    accuracy: float
    """Share (0-1) of the held-out rows that the fine-tuned model completes exactly."""
    seconds: float
    """From reading the table to the last deletion."""
    deleted: bool
    """Whether the server confirmed that the model and the file are gone."""
