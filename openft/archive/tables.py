"""Lines and tables: JSON as the host has said it, CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Protocol, cast

JOBS = (
    *("id", "status", "model", "fine_tuned_model", "created_at", "finished_at", "trained_tokens"),
    *("training_file", "validation_file", "result_files", "seed", "method.type"),
    *("hyperparameters.n_epochs", "hyperparameters.batch_size", "hyperparameters.learning_rate_multiplier"),
    *("metadata", "error.code", "error.message"),
)
FINE_TUNES = (
    *("id", "status", "model", "fine_tuned_model", "created_at", "updated_at"),
    *("training_files.id", "validation_files.id", "result_files.id"),
    *("hyperparams.n_epochs", "hyperparams.batch_size", "hyperparams.learning_rate_multiplier"),
)
FILES = ("id", "filename", "purpose", "bytes", "created_at", "expires_at", "status")
MODELS = ("id", "owned_by", "created", "shutdown_date", "last_listed")
CHECKPOINTS = (
    *("id", "step_number", "fine_tuned_model_checkpoint", "created_at"),
    *("metrics.train_loss", "metrics.train_mean_token_accuracy", "metrics.valid_loss"),
    *("metrics.valid_mean_token_accuracy", "metrics.full_valid_loss", "metrics.full_valid_mean_token_accuracy"),
)
TIMES = frozenset({"created", "created_at", "updated_at", "finished_at", "expires_at", "shutdown_date"})
SPOOL = 1 << 20
"""Bytes of a list in memory; more go to a temporary file."""


class Plain(Protocol):
    """What can be put into plain data."""

    def to_dict(self) -> dict[str, Any]:
        """Return its fields."""
        ...


class Timed(Plain, Protocol):
    """What has a time."""

    created_at: int


def json_line(thing: Plain) -> bytes:
    """Return what the host has said about a thing, as a line."""
    told = thing.to_dict()
    told.pop("cursor", None)  # which is openft's own
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def document(thing: Plain) -> bytes:
    """Return what the host has said about a thing, for reading."""
    return json.dumps(thing.to_dict(), ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"


def newest_last(things: Iterable[Timed]) -> Iterator[bytes]:
    """Yield things as lines, in reverse unless the host lists the oldest first; little of them is in memory."""
    with tempfile.SpooledTemporaryFile(SPOOL) as spool:
        ends = array("Q", [0])
        first = last = 0
        for thing in things:
            first, last = first or thing.created_at, thing.created_at
            ends.append(ends[-1] + spool.write(json_line(thing)))
        numbers = range(len(ends) - 1)
        for number in numbers if first < last else reversed(numbers):
            spool.seek(ends[number])
            yield spool.read(ends[number + 1] - ends[number])


def csv_lines(columns: Sequence[str], things: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield a table with a head, a line each; ``a.b`` is a field within a field, or in all of a list."""
    yield _csv(columns)
    for thing in things:
        yield _csv([_cell(column, _within(thing, column)) for column in columns])


def _csv(cells: Sequence[object]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _within(thing: object, column: str) -> object:
    for name in column.split("."):
        if isinstance(thing, list):
            thing = [_within(each, name) for each in cast("list[object]", thing)]
            continue
        if not isinstance(thing, Mapping):
            return None
        thing = cast("Mapping[str, object]", thing).get(name)
    return thing


def _cell(column: str, value: object) -> object:
    """Return a value for a cell: times in ISO 8601, lists as JSON, and no text that a spreadsheet would calculate."""
    if isinstance(value, int) and not isinstance(value, bool) and column in TIMES and value:
        return moment(value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def moment(seconds: float) -> str:
    """Return Unix seconds in ISO 8601, as they are where no calendar has them."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return str(seconds)
