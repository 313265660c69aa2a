"""A results file as rows: columns by name, gaps as None."""

from __future__ import annotations

import csv
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import fields
from io import StringIO

from openft.errors import APIResponseValidationError
from openft.types import StepMetrics
from openft.types.results import PREFIX

COUNTS = frozenset({"step", "elapsed_tokens", "elapsed_examples"})
KNOWN = frozenset(field.name for field in fields(StepMetrics)) - {"classification", "extra"}
TODAYS: Mapping[str, str] = {
    "train_loss": "training_loss",
    "train_accuracy": "training_token_accuracy",
    "train_mean_token_accuracy": "training_token_accuracy",
    "valid_loss": "validation_loss",
    "valid_mean_token_accuracy": "validation_token_accuracy",
}
"""Today's columns, by the fields that mean the same."""
GAPS = frozenset({"", "-1", "-1.0", "nan"})
"""What hosts write where nothing was measured (Azure: -1)."""


def step_metrics(raw: bytes, file_id: str) -> list[StepMetrics]:
    """Return the rows of a results file, in the columns of 2023 or in today's, plain or base64-encoded.

    Raises:
        APIResponseValidationError: it is not a table with a ``step`` column.
    """
    table = csv.DictReader(StringIO(plain(raw).decode("utf-8-sig", "replace"), newline=""))
    try:
        if "step" in (table.fieldnames or []):
            return [_row({name: cell for name, cell in row.items() if name and cell is not None}) for row in table]
        problem = "it has no column 'step'"
    except (ValueError, OverflowError, csv.Error) as error:
        problem = f"line {table.line_num}: {error}"
    raise APIResponseValidationError(f"file {file_id} is not a results file: {problem}")


def plain(raw: bytes) -> bytes:
    """Return a results file as the table that it is; for newer models, OpenAI sends it base64-encoded."""
    if b"," in raw.partition(b"\n")[0]:
        return raw
    try:
        table = b64decode(b"".join(raw.split()), validate=True)
    except NotBase64:
        return raw
    return table if b"step" in table.partition(b"\n")[0] else raw


def _row(cells: dict[str, str]) -> StepMetrics:
    cells = {TODAYS.get(name, name): cell for name, cell in cells.items()} | {
        name: cell for name, cell in cells.items() if name in KNOWN
    }
    filled = {name: cell for name, cell in cells.items() if cell.strip().lower() not in GAPS}
    if "step" not in filled:
        raise ValueError("a row has no step")
    known = {
        name: int(float(cell)) if name in COUNTS else float(cell) for name, cell in filled.items() if name in KNOWN
    }
    measured = {name.removeprefix(PREFIX): float(cell) for name, cell in filled.items() if name.startswith(PREFIX)}
    extra = {name: cell for name, cell in cells.items() if name not in KNOWN and not name.startswith(PREFIX)}
    # mypy sees one type for all of known; KNOWN and COUNTS say which field is a count
    return StepMetrics(**known, classification=measured, extra=extra)  # type: ignore[arg-type]
