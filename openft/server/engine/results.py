"""The result files: the step metrics in each API's columns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from openft.server.engine.durable import file_in_place

Row: TypeAlias = dict[str, float]
"""The measurements of one step by legacy column name; what was not measured is absent."""

COUNTS = ("step", "elapsed_tokens", "elapsed_examples")
TRAINING = ("training_loss", "training_sequence_accuracy", "training_token_accuracy")
VALIDATION = ("validation_loss", "validation_sequence_accuracy", "validation_token_accuracy")
CURRENT = {
    "step": "step",
    "train_loss": "training_loss",
    "train_accuracy": "training_token_accuracy",
    "valid_loss": "validation_loss",
    "valid_mean_token_accuracy": "validation_token_accuracy",
}
"""Today's columns and the legacy names of the same measurements."""


def write_legacy(path: Path, rows: list[Row], validated: bool, classes: Iterable[str]) -> None:
    """Write the columns of the 2023 guide."""
    columns = [*COUNTS, *TRAINING, *(VALIDATION if validated else ()), *(f"classification/{name}" for name in classes)]
    _write(path, columns, [[row.get(column) for column in columns] for row in rows])


def write_current(path: Path, rows: list[Row]) -> None:
    """Write the columns of today's API."""
    _write(path, list(CURRENT), [[row.get(column) for column in CURRENT.values()] for row in rows])


def _write(path: Path, columns: list[str], rows: list[list[float | None]]) -> None:
    lines = [",".join(columns), *(",".join(map(_cell, row)) for row in rows)]
    with file_in_place(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
