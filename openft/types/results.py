"""Results: the table of step metrics that a finished job leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar

from openft.types.shown import Shown, told

PREFIX = "classification/"
"""How the columns of classification metrics begin."""


@dataclass(frozen=True, slots=True, repr=False)
class StepMetrics(Shown):
    """One row of a results file: what was measured at one training step. None where the file has a gap."""

    __shown__: ClassVar[tuple[str, ...]] = (
        "step",
        "training_loss",
        "training_sequence_accuracy",
        "training_token_accuracy",
        "validation_loss",
        "validation_sequence_accuracy",
        "validation_token_accuracy",
    )

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

    def to_dict(self) -> dict[str, float | str]:
        """Return what was measured as plain data: fields by their names, further columns as the file calls them."""
        names = [each.name for each in fields(self) if each.name not in ("classification", "extra")]
        measured = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return measured | {f"{PREFIX}{name}": value for name, value in self.classification.items()} | dict(self.extra)

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


@dataclass(frozen=True, slots=True, repr=False)
class Results(Shown):
    """A job's results file, parsed, with its bytes beside it."""

    rows: list[StepMetrics]
    raw: bytes
    """The file as the server sent it."""
    file_id: str

    def __repr__(self) -> str:
        from openft.display import words

        parts = [f"{len(self.rows)} row{'' if len(self.rows) == 1 else 's'}"]
        for row in self.rows[-1:]:
            parts.append(f"last step {words(row.step)}")
            parts += [f"{name} {words(value)}" for name, value in told(row) if name == "training_loss"]
        return f"<Results of {words(self.file_id)}: {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        from openft.display import ROWS, table

        rows = [{**dict(told(row)), **row.classification} for row in self.rows[-ROWS:]]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        caption = f"{self.file_id}: the last {len(rows)} of {len(self.rows)} rows"
        return table(caption, columns, [[row.get(name) for name in columns] for row in rows])
