"""The host of an account: its lists, whether it is still there, and what its errors say of a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from openft.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    BadRequestError,
    RateLimitError,
    UnprocessableEntityError,
)
from openft.patience import LONGEST_PAUSE, Patience, Stopped, passes

if TYPE_CHECKING:
    from openft import Client, Pager
    from openft.archive.manifest import State


class Listed(Protocol):
    """Whatever a host lists."""

    @property
    def id(self) -> str:
        """Its identifier."""
        ...


L = TypeVar("L", bound=Listed)
ABSENT = frozenset({404, 405, 410, 501})
"""How hosts say that there is no such list."""

GRACE = 3.0
"""Seconds that tasks at work have to see that all is over."""
Task: TypeAlias = Callable[[], None]


class Host(Patience):
    """A client whose failures are borne with.

    The client's own retries are off: they would sleep through a Ctrl-C, and hide that the host wants fewer requests.

    Args:
        client: of the account.
        places: requests under way at the same time.
        attempts: how often a request is sent before it counts as failed.
    """

    def __init__(self, client: Client, *, places: int, attempts: int) -> None:
        super().__init__(places=places, attempts=attempts)
        self.client: Client = client.with_options(max_retries=0)
        self.address: str = client.base_url or "the embedded server"

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


def wants_rest(error: APIError) -> bool:
    """Return whether a host wants no request for longer than a run waits; whatever else is asked, it says it again."""
    return isinstance(error, RateLimitError) and (error.retry_after or 0.0) > LONGEST_PAUSE


def state_of(error: APIError, what: str, *, is_listed: bool) -> State:
    """Return what an error says about the thing that was asked for; what a host lists it has, whatever else it says."""
    status = error.status_code or 0
    if status in (404, 410):
        may_be_gone = not is_listed or what == "checkpoints"  # which not every host has
        return "gone" if may_be_gone and is_of_api(error.body) else "failed"
    # OpenAI says 400 where an account may not have a content; of a list, 400 says that openft asks in a wrong way
    may_not = status in (401, 403) or (what in ("file", "content") and 400 <= status < 500)
    return "forbidden" if may_not and not passes(error, ever=True) else "failed"


def is_of_api(body: object) -> bool:
    """Return whether an error is the API's own, and not the page of a proxy."""
    match body:
        case {"message": str()}:
            return True
        case _:
            return False
