"""How long a wait of hours bears with a server that cannot be reached, and how often it looks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING

from openft._core.retry import LONGEST_PAUSE, TRANSIENT, from_gateway, in_short
from openft.errors import APIConnectionError, APIError, APIResponseValidationError

if TYPE_CHECKING:
    from openft._core.options import RequestOptions

LONGEST = 600.0
"""Seconds without a single answer after which waiting gives up."""
NEXT = 15.0
"""Seconds after which that is told a second time; each time after that it takes twice as long."""
log = logging.getLogger("openft")


class Patience:
    """Counts how long there has been no answer, and how often none that tells anything new; the log has it in short.

    Args:
        now: the client's time.
        of: what is waited for.
    """

    def __init__(self, now: Callable[[], float], of: str) -> None:
        self._now = now
        self._of = of
        self.anew()

    @staticmethod
    def bears(error: APIError) -> bool:
        """Return whether the server may answer if it is asked again later."""
        if isinstance(error, APIResponseValidationError):
            return from_gateway(error)
        return isinstance(error, APIConnectionError) or error.status_code in TRANSIENT

    def anew(self) -> None:
        """Begin as if nothing had been lost: nobody was there to look."""
        self._times = self._losses = 0
        self._since: float | None = None
        self._tell_after = 0.0
        self._silent = False

    def asking(self, options: RequestOptions) -> RequestOptions:
        """Return the options of a request: where nothing is heard, looking again takes the place of retries."""
        return {**options, "max_retries": 0} if self._silent else options

    def heard(self) -> None:
        """Note that there is an answer to one of the requests of a look."""
        self._silent = False

    def found(self, *, news: bool = True) -> None:
        """Note that the server answered; without news the next looks stay as far apart as they are."""
        if self._since is not None and self._losses > 1:
            log.info("news of %s again after %.0f s", self._of, self._now() - self._since)
        times = 0 if news else self._times
        self.anew()
        self._times = times

    def lost(self, error: APIError) -> float:
        """Return the seconds after which to look again.

        Raises:
            APIError: looking again would not help, or has been tried for ten minutes.
        """
        if not self.bears(error):
            raise error
        if self._since is not None and self._now() - self._since > LONGEST:
            self.anew()  # who asks again has ten minutes again
            raise unheard(error, self._of)
        return self.pause(error)

    def pause(self, error: APIError) -> float:
        """Return the seconds after which to look again, however long it has been."""
        now = self._now()
        self._since = now if self._since is None else self._since
        passed = now - self._since
        self._times += 1
        self._losses += 1
        self._silent = True
        if self._losses > 1 and passed >= self._tell_after:  # a look that fails alone has told its retries
            self._tell_after = max(2 * passed, NEXT)
            long = f" for {passed:.0f} s" if passed >= 1 else ""
            log.warning("no news of %s%s: %s; looking again", self._of, long, in_short(error))
        asked = min(error.retry_after or 0.0, LONGEST_PAUSE)
        return max(asked, min(0.25 * 2.0 ** min(self._times - 1, 5), 8.0))


def unheard(error: APIError, of: str) -> APIError:
    """Return the error for giving up, after ten minutes of such errors."""
    own = fresh(error)
    own.message = (
        f"nothing was heard of {of} for {LONGEST / 60:g} minutes ({error}); ask again, what was started goes on"
    )
    own.args = (own.message,)
    return own


def fresh(error: APIError) -> APIError:
    """Return the error for one of several who are told it, so that they do not share its traceback."""
    own = copy(error)
    own.__cause__ = error.__cause__
    return own
