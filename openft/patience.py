"""Asks a host until it answers or will not, within what it bears, and stops at once when it is to stop."""

from __future__ import annotations

import random
from collections.abc import Callable
from threading import Condition, Event
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from openft.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
)

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")
LONGEST_PAUSE = 120.0
"""Seconds; a host that asks for more is asked again by another run."""
WELL = 50
"""Good answers after which one more request may be under way."""
OTHERS = 4
"""How much more often a request may be refused while others are answered."""
BUSY = frozenset({429, 503, 529})
"""How a host says that it has too much to do."""


class Stopped(Exception):  # noqa: N818 - read as a statement
    """Ends work that nobody waits for any more; it never leaves what has begun it."""


class Gate:
    """Lets only so many requests be under way; fewer after each refusal for being too many."""

    def __init__(self, places: int, over: Event) -> None:
        self.allowed: int = places
        self.answers: int = 0
        """Good ones so far, to anybody."""
        self.refusals: int = 0
        """Since the last good answer; those of requests that were under way together count once."""
        self._places = places
        self._inside = 0
        self._well = 0
        self._round = 0
        self._not_before = 0.0
        self._over = over
        self._turn = Condition()

    def enter(self, *, counted: bool) -> int:
        """Return when there is a place; what is not counted waits for nothing but the host's pause.

        Returns:
            How often the host had refused before, which ``slower`` is told.

        Raises:
            Stopped: there will be none.
        """
        with self._turn:
            while not self._over.is_set():
                rest = self._not_before - monotonic()
                if rest <= 0 and (not counted or self._inside < self.allowed):
                    self._inside += counted
                    return self._round
                self._turn.wait(min(rest, 0.25) if rest > 0 else 0.25)
        raise Stopped

    def leave(self, *, counted: bool) -> None:
        """Give the place back."""
        with self._turn:
            self._inside -= counted
            self._turn.notify()

    def slower(self, asked: float | None, entered: int | None = None) -> float:
        """Halve the places and let nobody in for some time, unless that is too long to wait for; return the time.

        Args:
            asked: seconds that the host wants; it gets more when it refuses again and again.
            entered: what ``enter`` has returned for the request that was refused; None counts as one of its own.
        """
        with self._turn:
            if entered is None or entered == self._round:
                self._round, self.refusals = self._round + 1, self.refusals + 1
                self.allowed = max(1, self.allowed // 2)
            seconds = _growing(self.refusals) if asked is None else max(asked, _growing(self.refusals - 1))
            if seconds <= LONGEST_PAUSE:
                self._not_before = max(self._not_before, monotonic() + seconds)
            self._well = 0
        return seconds

    def well(self) -> None:
        """Note a good answer; after many of them there is one more place."""
        with self._turn:
            self.answers, self.refusals = self.answers + 1, 0
            self._well += 1
            if self._well >= WELL and self.allowed < self._places:
                self.allowed, self._well = self.allowed + 1, 0


class Patience:
    """Repeats requests of all threads that ask one host.

    Args:
        places: requests under way at the same time.
        attempts: how often a request is sent before it counts as failed. That the host has too much to do counts only
            while it answers nobody at all, or very often.
        busy: statuses that say so.
        tell: is told of each repetition.
    """

    def __init__(
        self,
        *,
        places: int,
        attempts: int,
        busy: frozenset[int] = frozenset({429}),
        tell: Callable[[str], object] | None = None,
    ) -> None:
        self.over: Event = Event()
        """Set when all is to stop."""
        self.gate: Gate = Gate(places, self.over)
        self._attempts, self._busy, self._tell = attempts, busy, tell

    def ask(self, call: Callable[[], T], *, counted: bool = True) -> T:
        """Return what the call returns, once it does.

        Raises:
            APIError: it has failed for good, or too often.
            Stopped: all is to stop.
        """
        from tenacity import Retrying, retry_if_exception

        retrying = Retrying(
            stop=_Attempts(self.gate, self._attempts, self._busy).are_over,
            retry=retry_if_exception(passes),
            wait=_pause,
            sleep=self._rest,
            before_sleep=self._told,
            reraise=True,
        )
        answer: T = retrying(self._once, call, counted)
        return answer

    def _once(self, call: Callable[[], T], counted: bool) -> T:
        entered = self.gate.enter(counted=counted)
        try:
            answer = call()
        except APIStatusError as error:
            if error.status_code in self._busy:
                self.gate.slower(error.retry_after, entered)
            raise
        finally:
            self.gate.leave(counted=counted)
        self.gate.well()
        return answer

    def _rest(self, seconds: float) -> None:
        if self.over.wait(seconds):
            raise Stopped

    def _told(self, state: RetryCallState) -> None:
        error = _error(state)
        if self._tell is not None and error is not None:
            said = error.message if error.status_code is None else f"the server answered {error.status_code}"
            self._tell(f"trying again: {said}")


class _Attempts:
    """How often one request has failed, and how often it was refused while others were answered."""

    def __init__(self, gate: Gate, most: int, busy: frozenset[int]) -> None:
        self._gate, self._most, self._busy = gate, most, busy
        self._failed = self._refused = 0
        self._answers = gate.answers

    def are_over(self, state: RetryCallState) -> bool:
        """Return whether there is no other one."""
        error = _error(state)
        if error is None or error.status_code not in self._busy:
            self._failed += 1
            return self._failed >= self._most
        answers, self._answers = self._answers, self._gate.answers
        if answers == self._answers:
            return self._gate.refusals >= self._most
        self._refused += 1
        return self._refused >= OTHERS * (self._most - 1)


def passes(error: BaseException, *, ever: bool = False) -> bool:
    """Return whether the same request may be answered later; unless ``ever``, within this run."""
    if isinstance(error, APIConnectionError):
        return True
    if isinstance(error, APIResponseValidationError):  # a gateway's page, whose server is away
        return isinstance(error.body, str) and not error.body.lstrip().startswith(("{", "["))
    if not isinstance(error, APIStatusError):
        return False
    if not ever and ((error.retry_after or 0.0) > LONGEST_PAUSE or error.code == "insufficient_quota"):
        return False
    status = error.status_code or 0
    return status in (408, 409, 425, 429) or (status >= 500 and status != 501)


def _growing(refusals: int) -> float:
    """Return seconds to leave a host alone: a tenth after the first refusal, a minute after seven in succession."""
    return min(60.0, 0.1 * 3.0 ** min(refusals - 1, 10)) * random.uniform(0.5, 1) if refusals else 0.0  # noqa: S311 - jitter


def _pause(state: RetryCallState) -> float:
    """Return seconds that a request waits itself, besides what the gate has all of them wait."""
    from tenacity import wait_random_exponential

    error = _error(state)
    asked = None if error is None else error.retry_after
    return asked if asked is not None else wait_random_exponential(multiplier=0.5, max=8)(state)


def _error(state: RetryCallState) -> APIError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, APIError) else None
