"""The rule for streamed bodies, which no total deadline fits: they must keep moving."""

from __future__ import annotations

from openft.errors import APITimeoutError

LEAST = 16 * 1024
"""Bytes that must pass in every window."""
WINDOW = 30.0
"""Seconds."""


class Progress:
    """Watches the bytes of one body."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._passed = 0

    def passed(self, count: int, now: float) -> None:
        """Note that ``count`` bytes have passed by ``now`` (seconds of a monotonic clock).

        Raises:
            APITimeoutError: fewer than 16 KiB passed in a window of 30 s.
        """
        self._passed += count
        if now - self._since < WINDOW:
            return
        if self._passed < LEAST:
            raise APITimeoutError(f"only {self._passed} bytes came in {now - self._since:.0f} s; try again")
        self._since, self._passed = now, 0
