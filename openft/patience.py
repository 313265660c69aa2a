"""Asks a host until it answers or will not, within what it bears, and stops at once when it is to stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Event
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from openft.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    RateLimitError,
)

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")
LONGEST_PAUSE = 120.0
"""Seconds; a host that asks for more is asked again by another run."""
WELL = 50
"""Good answers after which one more request may be under way."""


class Stopped(Exception):  # noqa: N818 - read as a statement
    """Ends work that nobody waits for any more; it never leaves what has begun it."""


class Gate:
    """Lets only so many requests be under way; fewer after each refusal for being too many."""

    def __init__(self, places: int, over: Event) -> None:
        self.allowed: int = places
        self._places = places
        self._inside = 0
        self._well = 0
        self._not_before = 0.0
        self._over = over
        self._turn = Condition()

    def enter(self, *, counted: bool) -> None:
        """Return when there is a place; what is not counted waits for nothing but the host's pause.

        Raises:
            Stopped: there will be none.
        """
        with self._turn:
            while not self._over.is_set():
                rest = self._not_before - monotonic()
                if rest <= 0 and (not counted or self._inside < self.allowed):
                    self._inside += counted
                    return
                self._turn.wait(min(rest, 0.25) if rest > 0 else 0.25)
        raise Stopped

    def leave(self, *, counted: bool) -> None:
        """Give the place back."""
        with self._turn:
            self._inside -= counted
            self._turn.notify()

    def slower(self, seconds: float) -> None:
        """Halve the places, and let nobody in for so long, unless that is too long to wait for."""
        with self._turn:
            self.allowed = max(1, self.allowed // 2)
            if seconds <= LONGEST_PAUSE:
                self._not_before = max(self._not_before, monotonic() + seconds)
            self._well = 0

    def well(self) -> None:
        """Note a good answer; after many of them there is one more place."""
        with self._turn:
            self._well += 1
            if self._well >= WELL and self.allowed < self._places:
                self.allowed, self._well = self.allowed + 1, 0


class Patience:
    """Repeats requests of all threads that ask one host.

    Args:
        places: requests under way at the same time.
        attempts: how often a request is sent before it counts as failed.
    """

    def __init__(self, *, places: int, attempts: int) -> None:
        self.over: Event = Event()
        """Set when all is to stop."""
        self.gate: Gate = Gate(places, self.over)
        self._attempts = attempts

    def ask(self, call: Callable[[], T], *, counted: bool = True) -> T:
        """Return what the call returns, once it does.

        Raises:
            APIError: it has failed for good, or too often.
            Stopped: all is to stop.
        """
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        retrying = Retrying(
            stop=stop_after_attempt(self._attempts),
            retry=retry_if_exception(passes),
            wait=_pause,
            sleep=self._rest,
            reraise=True,
        )
        answer: T = retrying(self._once, call, counted)
        return answer

    def _once(self, call: Callable[[], T], counted: bool) -> T:
        self.gate.enter(counted=counted)
        try:
            answer = call()
        except RateLimitError as error:
            self.gate.slower(error.retry_after or 0.0)
            raise
        finally:
            self.gate.leave(counted=counted)
        self.gate.well()
        return answer

    def _rest(self, seconds: float) -> None:
        if self.over.wait(seconds):
            raise Stopped


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


def _pause(state: RetryCallState) -> float:
    from tenacity import wait_random_exponential

    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, APIError) else None
    return asked if asked is not None else wait_random_exponential(multiplier=0.5, max=8)(state)
