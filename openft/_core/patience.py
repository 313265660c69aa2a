"""How long a wait of hours bears with a server that cannot be reached, and how often it looks."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from openft._core.retry import LONGEST_PAUSE, TRANSIENT, from_gateway
from openft.errors import APIConnectionError, APIError, APIResponseValidationError

LONGEST = 600.0
"""Seconds without a single answer after which waiting gives up."""


class Patience:
    """Counts how long there has been no answer, and how often none that tells anything new."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lost_since: float | None = None
        self._times = 0

    @staticmethod
    def bears(error: APIError) -> bool:
        """Return whether the server may answer if it is asked again later."""
        if isinstance(error, APIResponseValidationError):
            return from_gateway(error)
        return isinstance(error, APIConnectionError) or error.status_code in TRANSIENT

    def found(self, *, news: bool = True) -> None:
        """Note that the server answered; without news the next looks stay as far apart as they are."""
        self._lost_since = None
        if news:
            self._times = 0

    def lost(self, error: APIError) -> float:
        """Return the seconds after which to look again.

        Raises:
            APIError: the error itself, where looking again would not help or has been tried for ten minutes.
        """
        now = self._now()
        if self._lost_since is None:
            self._lost_since = now
        if not self.bears(error) or now - self._lost_since > LONGEST:
            raise error
        self._times += 1
        asked = min(error.retry_after or 0.0, LONGEST_PAUSE)
        return max(asked, min(0.25 * 2.0 ** min(self._times - 1, 5), 8.0))
