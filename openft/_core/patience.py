"""How long a wait of hours bears with a server that cannot be reached."""

from __future__ import annotations

from time import monotonic

from openft.errors import APIConnectionError, APIError, InternalServerError, RateLimitError

LONGEST = 600.0
"""Seconds without a single answer after which waiting gives up."""
BEARABLE = (APIConnectionError, InternalServerError, RateLimitError)


class Patience:
    """Counts how long there has been no answer."""

    def __init__(self) -> None:
        self._lost_since: float | None = None
        self._times = 0

    def found(self) -> None:
        """Note that the server answered."""
        self._lost_since, self._times = None, 0

    def lost(self, error: APIError) -> float:
        """Return the seconds after which to look again.

        Raises:
            APIError: the error itself, where looking again would not help or has been tried for ten minutes.
        """
        now = monotonic()
        self._lost_since = self._lost_since or now
        if not isinstance(error, BEARABLE) or now - self._lost_since > LONGEST:
            raise error
        self._times += 1
        return min(0.25 * float(2 ** min(self._times, 6)), 8.0)
