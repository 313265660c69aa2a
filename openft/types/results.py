"""Results: the table of step metrics that a finished job leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """One row of a results file: what was measured at one training step. None where the file has a gap."""

    step: int
    """Counted from 1; a step is one forward and backward pass over a batch."""
    elapsed_tokens: int | None = None
    """Tokens seen so far, repeats included."""
    elapsed_examples: int | None = None
    """Examples seen so far, repeats included."""
    training_loss: float | None = None
    training_sequence_accuracy: float | None = None
    """Share (0-1) of the batch's completions predicted exactly."""
    training_token_accuracy: float | None = None
    """Share (0-1) of the batch's completion tokens predicted."""
    validation_loss: float | None = None
    validation_sequence_accuracy: float | None = None
    validation_token_accuracy: float | None = None
    classification: Mapping[str, float] = field(default_factory=dict[str, float])
    """The ``classification/...`` columns by name without the prefix: ``accuracy``, ``f1.0``, ``auroc``, …"""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    """Columns that openft does not know, as they stand in the file."""

    @property
    def train_loss(self) -> float | None:
        """``training_loss``, as today's files call it."""
        return self.training_loss

    @property
    def train_accuracy(self) -> float | None:
        """``training_token_accuracy``, as today's files call it."""
        return self.training_token_accuracy

    @property
    def valid_loss(self) -> float | None:
        """``validation_loss``, as today's files call it."""
        return self.validation_loss

    @property
    def valid_mean_token_accuracy(self) -> float | None:
        """``validation_token_accuracy``, as today's files call it."""
        return self.validation_token_accuracy


@dataclass(frozen=True, slots=True)
class Results:
    """A job's results file, parsed, with its bytes beside it."""

    rows: list[StepMetrics]
    raw: bytes
    """The file as the server sent it."""
    file_id: str
