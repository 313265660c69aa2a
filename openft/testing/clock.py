"""The API's own time: it passes when somebody lets it, so that a job of three hours ends at once."""

from __future__ import annotations

import time
from contextvars import ContextVar
from threading import Lock

_looked: ContextVar[tuple[VirtualClock, float] | None] = ContextVar("openft_testing_looked", default=None)
"""When this task or thread last looked at the API."""


_slept: ContextVar[float] = ContextVar("openft_testing_slept", default=0.0)
"""Seconds that this task or thread has let pass in place of sleeping."""


def spent() -> float:
    """Return the seconds that this task or thread has lived through: those of the world, and those it has skipped."""
    return time.monotonic() + _slept.get()


class VirtualClock:
    """Unix seconds that stand still between two steps, or run with the world's at some speed.

    Args:
        start: what the time is at first.
        speed: seconds that pass in each second of the world's.
    """

    def __init__(self, start: float, speed: float = 0.0) -> None:
        self._lock = Lock()
        self._time = start
        self._speed = speed
        self._since = time.monotonic()

    def now(self) -> float:
        """Return the time."""
        return self._time + (time.monotonic() - self._since) * self._speed if self._speed else self._time

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        with self._lock:
            self._time += max(seconds, 0.0)

    def advance_to(self, moment: float) -> None:
        """Let time pass until a moment, if it is still to come."""
        with self._lock:
            self._time += max(moment - self.now(), 0.0)

    def look(self) -> None:
        """Note that this task or thread sees the API as it is now."""
        _looked.set((self, self.now()))

    def sleep(self, seconds: float) -> None:
        """Let time pass for this task or thread, which sleeps from when it last looked.

        So that a hundred that sleep side by side for five seconds let five seconds pass, and not five hundred.
        """
        last = _looked.get()
        began = last[1] if last is not None and last[0] is self else self.now()
        self.advance_to(began + seconds)
        _looked.set((self, began + seconds))
        _slept.set(_slept.get() + seconds)
