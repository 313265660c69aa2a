"""How long a wait of hours bears with a server that cannot be reached, and how often it looks."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from openft._core.retry import LONGEST_PAUSE, TRANSIENT, from_gateway
from openft.errors import APIConnectionError, APIError, APIResponseValidationError

LONGEST = 600.0
"""Seconds without a single answer after which waiting gives up."""


class Patience:
    """Counts how long there has been no answer, and how often none that tells anything new.

    Args:
        now: the client's time.
        of: what is waited for.
    """

    def __init__(self, now: Callable[[], float], of: str) -> None:
        self._now = now
        self._of = of
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
            APIError: looking again would not help, or has been tried for ten minutes.
        """
        now = self._now()
        if self._lost_since is None:
            self._lost_since = now
        if not self.bears(error):
            raise error
        if now - self._lost_since > LONGEST:
            raise unheard(error, self._of)
        self._times += 1
        asked = min(error.retry_after or 0.0, LONGEST_PAUSE)
        return max(asked, min(0.25 * 2.0 ** min(self._times - 1, 5), 8.0))


def unheard(error: APIError, of: str) -> APIError:
    """Return the error for giving up, after ten minutes of such errors."""
    own = fresh(error)
    own.message = (
        f"nothing was heard of {of} for {LONGEST / 60:g} minutes ({error}); wait again, what was started goes on"
    )
    own.args = (own.message,)
    return own


def fresh(error: APIError) -> APIError:
    """Return the error for one of several who are told it, so that they do not share its traceback."""
    own = copy(error)
    own.__cause__ = error.__cause__
    return own
