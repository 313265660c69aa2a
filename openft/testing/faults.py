"""What may go wrong, as values that a test hands to ``fail_next``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, TypeAlias, cast

from openft.testing.http import Asked


class _Plain:
    """A fault that is shown as a test writes it: what it was told, and nothing else."""

    def __repr__(self) -> str:
        told = [(each, getattr(self, each.name)) for each in fields(cast("Any", self)) if each.repr]
        words = [_word(each, value) for each, value in told if value != each.default]
        return f"{type(self).__name__}({', '.join(words)})"


def _word(told: Field[Any], value: object) -> str:
    shown = getattr(value, "__name__", None) or repr(value)
    return shown if told.default is MISSING else f"{told.name}={shown}"


@dataclass(frozen=True, repr=False)
class Status(_Plain):
    """An error answer; the work is not done."""

    status: int
    retry_after: float | str | None = None
    message: str = "scripted by the test"
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)

    def __post_init__(self) -> None:
        _check_status(self.status)


def _check_status(given: object) -> None:
    if not isinstance(given, int) or isinstance(given, bool):
        raise TypeError(f"a status is a whole number, as in Status(503), not {given!r}")
    if not 400 <= given < 600:
        raise ValueError(f"a status that goes wrong is 400 to 599, not {given}")


@dataclass(frozen=True, repr=False)
class Refused(_Plain):
    """No connection; over a port, one that is reset at once."""


@dataclass(frozen=True, repr=False)
class Dropped(_Plain):
    """The connection ends before the work is done."""


@dataclass(frozen=True, repr=False)
class Lost(_Plain):
    """The work is done, and the connection ends before the answer."""


@dataclass(frozen=True, repr=False)
class Cut(_Plain):
    """The answer breaks off."""

    after: int = 1
    """Events of a stream that still come; of any other answer, bytes."""


@dataclass(frozen=True, repr=False)
class Slow(_Plain):
    """The answer takes its time; the API's time, for clients that let it pass."""

    seconds: float

    def __post_init__(self) -> None:
        _check_seconds(self.seconds)


def _check_seconds(given: object) -> None:
    if not isinstance(given, int | float) or not given >= 0:
        raise ValueError(f"Slow takes seconds, 0 or more, not {given!r}")


@dataclass(frozen=True, repr=False)
class Altered(_Plain):
    """The answer is what a function makes of it: a status that nobody knows, a field that is missing."""

    alter: Callable[[dict[str, Any]], object]


Fault: TypeAlias = Altered | Status | Refused | Dropped | Lost | Cut | Slow


@dataclass(repr=False)
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

    def __repr__(self) -> str:
        return f"<{self.fault} on {self.method or 'any'} {self.path}, hits: {self.hits}, to come: {self.left}>"

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
