"""Asks a host until it answers or will not, within what it bears, and stops at once when it is to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Condition, Event
from time import monotonic
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from openft.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    RateLimitError,
    UnprocessableEntityError,
)

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from openft import Client, Pager
    from openft.archive.manifest import State


class Listed(Protocol):
    """Whatever a host lists."""

    @property
    def id(self) -> str:
        """Its identifier."""
        ...


T = TypeVar("T")
L = TypeVar("L", bound=Listed)
LONGEST_PAUSE = 120.0
"""Seconds; a host that asks for more is asked again by another run."""
ABSENT = frozenset({404, 405, 410, 501})
"""How hosts say that there is no such list."""
WELL = 50
"""Good answers after which one more request may be under way."""

GRACE = 3.0
"""Seconds that tasks at work have to see that all is over."""
Task: TypeAlias = Callable[[], None]


class Stopped(Exception):  # noqa: N818 - read as a statement
    """Ends work that nobody waits for any more; it never leaves the archive."""


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


class Host:
    """A client whose failures are borne with.

    The client's own retries are off: they would sleep through a Ctrl-C, and hide that the host wants fewer requests.

    Args:
        client: of the account.
        places: requests under way at the same time.
        attempts: how often a request is sent before it counts as failed.
    """

    def __init__(self, client: Client, *, places: int, attempts: int) -> None:
        self.client: Client = client.with_options(max_retries=0)
        self.address: str = client.base_url or "the embedded server"
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
            retry=retry_if_exception(_passes),
            wait=_pause,
            sleep=self._rest,
            reraise=True,
        )
        answer: T = retrying(self._once, call, counted)
        return answer

    def items(
        self, pager: Callable[[int | None], Pager[L]], *, page: int | None = None, counted: bool = False
    ) -> Iterator[L]:
        """Yield all items of a list; a page that fails is asked for again.

        Args:
            pager: returns the list in pages of a size.
            page: the size; where the host allows none as large, it is the host's.
            counted: whether to wait for a place.
        """
        try:
            first = self.ask(lambda: pager(page), counted=counted)
        except (BadRequestError, UnprocessableEntityError):
            if page is None:
                raise
            first = self.ask(lambda: pager(None), counted=counted)
        items = iter(first)
        while (item := self.ask(lambda: next(items, None), counted=counted)) is not None:
            yield item

    def still_there(self) -> None:
        """Return if the host answers at all, and takes the key.

        Raises:
            APIConnectionError: it cannot be reached.
            AuthenticationError: the key is no good.
        """
        try:
            self.ask(self.client.models.list, counted=False)
        except (APIConnectionError, AuthenticationError):
            raise
        except APIError:
            return

    def work(self, task: Task) -> None:
        """Do a task unless all is to stop, which its failure makes it do."""
        try:
            if not self.over.is_set():
                task()
        except Stopped:
            pass
        except BaseException:
            self.over.set()
            raise

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


def wants_rest(error: APIError) -> bool:
    """Return whether a host wants no request for longer than a run waits; whatever else is asked, it says it again."""
    return isinstance(error, RateLimitError) and (error.retry_after or 0.0) > LONGEST_PAUSE


def state_of(error: APIError, what: str, *, is_listed: bool) -> State:
    """Return what an error says about the thing that was asked for; what a host lists it has, whatever else it says."""
    status = error.status_code or 0
    if status in (404, 410):
        return "gone" if _is_of_api(error.body) and not is_listed else "failed"
    # OpenAI says 400 where an account may not have a content; of a list, 400 says that openft asks in a wrong way
    may_not = status in (401, 403) or (what in ("file", "content") and 400 <= status < 500)
    return "forbidden" if may_not and not _passes(error, ever=True) else "failed"


def _is_of_api(body: object) -> bool:
    """Return whether an error is the API's own, and not the page of a proxy."""
    match body:
        case {"message": str()}:
            return True
        case _:
            return False


def _passes(error: BaseException, *, ever: bool = False) -> bool:
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
