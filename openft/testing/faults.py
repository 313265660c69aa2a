"""What may go wrong, as values that a test hands to ``fail_next``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from openft.testing.http import Asked


@dataclass(frozen=True)
class Status:
    """An error answer; the work is not done."""

    status: int
    retry_after: float | str | None = None
    message: str = "scripted by the test"
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Refused:
    """No connection; over a port, one that is reset at once."""


@dataclass(frozen=True)
class Dropped:
    """The connection ends before the work is done."""


@dataclass(frozen=True)
class Lost:
    """The work is done, and the connection ends before the answer."""


@dataclass(frozen=True)
class Cut:
    """The answer breaks off."""

    after: int = 1
    """Events of a stream that still come; of any other answer, bytes."""


@dataclass(frozen=True)
class Slow:
    """The answer takes its time; the API's time, for clients that let it pass."""

    seconds: float


@dataclass(frozen=True)
class Altered:
    """The answer is what a function makes of it: a status that nobody knows, a field that is missing."""

    alter: Callable[[dict[str, Any]], object]


Fault: TypeAlias = Altered | Status | Refused | Dropped | Lost | Cut | Slow


@dataclass
class Scripted:
    """A fault and whom it hits."""

    fault: Fault
    method: str | None
    path: str
    """Without ``/v1``; ``*`` stands for anything."""
    left: int
    """How often it is still to happen."""
    passing: int = 0
    """Requests that it lets pass first."""
    hits: int = 0
    """How often it has happened."""

    def take(self, asked: Asked) -> bool:
        """Return whether it hits this request, and count."""
        if not self.left or self.method not in (None, asked.method) or not fnmatchcase(asked.path, self.path):
            return False
        if self.passing:
            self.passing -= 1
            return False
        self.left -= 1
        self.hits += 1
        return True
