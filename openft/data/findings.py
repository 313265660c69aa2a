"""What a check has found, and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """It will not train as it is."""
    WARNING = "warning"
    """It will train, but badly."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check has found, at one place or of the whole file."""

    id: str
    """Stable, such as ``D101``."""
    name: str
    """Stable, such as ``duplicate-row``."""
    severity: Severity
    message: str
    """What, which value, and what to do."""
    file: str | None = None
    line: int | None = None
    """Counted from 1: the line of a text, the row of a table; None for the whole file."""
    column: str | None = None
    """The column, or the path into the JSON such as ``messages[0].content``."""
    excerpt: str | None = None
    """Short, with control characters escaped."""
    fixable: bool = False
    """Whether a fix of the same id can mend it."""
