"""Taking turns among threads: a bell to sleep by, and one value for each process; aio_turns.py is its twin."""

from __future__ import annotations

import os
from collections.abc import Callable
from math import inf
from threading import TIMEOUT_MAX, Event
from typing import Generic, TypeVar

T = TypeVar("T")


class Bell:
    """Wakes the one thread that sleeps by it; anybody may ring it."""

    def __init__(self, beside: Bell | None = None) -> None:
        self._event = Event()

    def ring(self) -> None:
        """Wake the sleeper, or whoever sleeps next."""
        self._event.set()

    def ring_here(self) -> None:
        """Ring it."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Sleep until it rings, but no longer than this."""
        self._event.wait(None if seconds == inf else min(max(seconds, 0), TIMEOUT_MAX))
        self._event.clear()


class Own(Generic[T]):
    """A value for each process, made when it is first asked for: a forked one must not share it."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: dict[int, T] = {}

    def get(self) -> T:
        """Return the value of this process."""
        process = os.getpid()
        value = self._values.get(process)
        # setdefault decides between threads without a lock, which a fork could leave locked for ever
        return self._values.setdefault(process, self._make()) if value is None else value

    def all(self) -> list[T]:
        """Return that of this process, if it is there."""
        return [value for process, value in list(self._values.items()) if process == os.getpid()]
