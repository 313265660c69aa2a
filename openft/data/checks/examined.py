"""What the checks of one format are, and what they leave behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from openft.data.batch import Batch, Batches
from openft.data.checks import rules
from openft.data.checks.task import Task
from openft.data.findings import Finding
from openft.data.fixes.fix import Fix
from openft.data.rows import Kind

FEWEST = 10
"""Rows that hosts demand."""
A_FEW_HUNDRED = 200
"""Rows that make a good start (source: the 2023 guide)."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What all checks have found."""

    rows: int
    kind: Kind
    task: Task
    """What the rows are for; a conversation counts as a prompt, and its last answer as the completion."""
    separator: str
    """What every prompt ends with, "" for nothing and for other formats than ``prompt_completion``."""
    stop: str
    """What every completion ends with, likewise."""
    fixes: tuple[Fix, ...]
    """In the order in which they are to be made; after one that does not settle, look again."""
    regular: bool = False
    """Whether each row is a line of JSON with a prompt and a completion, both texts, and nothing else."""


class Checks(Protocol):
    """All checks of one format, with their state."""

    def feed(self, batch: Batch) -> Iterable[Finding]:
        """Return what is wrong with single rows."""
        ...

    def end(self, source: Batches) -> Iterable[Finding]:
        """Return what is wrong with the whole; the data is read again where something is to be confirmed."""
        ...

    def examined(self) -> Examined:
        """Return what is known after ``end``."""
        ...


def number_of_rows(rows: int, file: str | None) -> Iterator[Finding]:
    """Yield whether there are too few rows."""
    if not rows:
        yield rules.NO_ROWS.finding("there are no rows in it; write one example a row", file=file)
    elif rows < FEWEST:
        there = f"{rows} row{'' if rows == 1 else 's'}"
        yield rules.TOO_FEW_ROWS.finding(f"{there}; hosts demand at least {FEWEST}, add rows", file=file)
    elif rows < A_FEW_HUNDRED:
        message = f"{rows} rows; a few hundred are a good start, and each doubling helps about as much as the last"
        yield rules.FEW_ROWS.finding(message, file=file)
