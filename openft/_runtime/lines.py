"""Which connection a request gets.

httpcore's pool looks at all its connections for every request: at a hundred of them, six milliseconds. Here those at
rest are a stack, which costs the same however many there are; a connection itself is httpcore's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:

    class Line(Protocol):
        """A connection, made anew where it has ended."""

        @property
        def alive(self) -> bool:
            """Whether it is up and can take another request."""
            ...


KEPT = 20
"""Connections at rest that are kept, where not more are at work."""
EXPIRY = 5.0
"""Seconds that a connection may rest."""


L = TypeVar("L", bound="Line")


class Lines(Generic[L]):
    """The lines of one client, at rest or at work. Each step is a single operation of Python's, so it needs no lock."""

    def __init__(self, make: Callable[[], L]) -> None:
        self._make = make
        self._resting: deque[tuple[L, float]] = deque()
        self._at_work: dict[object, L] = {}
        self._cleared = False

    def take(self, request: object) -> L:
        """Return the line for a request: the one that has rested the shortest, or a new one."""
        try:
            line, _ = self._resting.pop()
        except IndexError:
            line = self._make()
        self._at_work[request] = line
        return line

    def leave(self, request: object) -> L | None:
        """Return the line of a request that is over, once: whoever gets it puts it back."""
        return self._at_work.pop(request, None)

    def put_back(self, line: L | None) -> list[L]:
        """Take a line back; return those to be closed."""
        if line is None or not line.alive:
            return [] if line is None else [line]
        now = monotonic()
        self._resting.append((line, now))
        if self._cleared:  # only now, so that whoever clears meanwhile finds the line, or is seen here
            return self._rested()
        most = max(KEPT, len(self._at_work))
        closing: list[L] = []
        with suppress(IndexError):  # another thread has taken the last one
            while len(self._resting) > most or self._resting[0][1] < now - EXPIRY:
                closing.append(self._resting.popleft()[0])
        return closing

    def clear(self) -> list[L]:
        """Return all lines, to be closed; those at work, which may only be connecting, once more at their end."""
        self._cleared = True
        return [*self._at_work.copy().values(), *self._rested()]

    def _rested(self) -> list[L]:
        lines: list[L] = []
        with suppress(IndexError):
            while True:
                lines.append(self._resting.popleft()[0])
        return lines
