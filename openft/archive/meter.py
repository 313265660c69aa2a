"""How far a run is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TypeAlias

OFTEN = 0.1
"""Seconds between two tellings."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; what is to come grows while the lists are read."""

    done: int
    """Jobs and files."""
    of: int
    """Of those that have been seen so far and are not saved yet."""
    bytes: int
    """Of files."""
    of_bytes: int


OnProgress: TypeAlias = Callable[[Progress], None]


class Meter:
    """Counts, and tells whoever wants to know; one call at a time, from any thread."""

    def __init__(self, tell: OnProgress | None) -> None:
        self._tell = tell
        self._done = self._of = self._bytes = self._of_bytes = 0
        self._told = 0.0
        self._turn = Lock()

    def plan(self, bytes: int = 0) -> None:
        """Take one more thing in that is to be saved."""
        self._count(of=1, of_bytes=bytes)

    def done(self) -> None:
        """Note that one is, or cannot be."""
        self._count(done=1)

    def passed(self, bytes: int) -> None:
        """Note bytes that have come; negative ones have to come again."""
        self._count(bytes=bytes)

    def finish(self) -> None:
        """Tell the end."""
        self._count(at_once=True)

    def _count(self, *, done: int = 0, of: int = 0, bytes: int = 0, of_bytes: int = 0, at_once: bool = False) -> None:
        with self._turn:
            self._done += done
            self._of += of
            self._bytes += bytes
            self._of_bytes += of_bytes
            if self._tell is not None and (at_once or monotonic() - self._told >= OFTEN):
                self._tell(Progress(self._done, self._of, self._bytes, self._of_bytes))
                self._told = monotonic()
