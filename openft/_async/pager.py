"""Lists: iterate over all items, or look at the first page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from openft._core.options import RequestOptions
from openft._core.request import Request
from openft._runtime import aio
from openft.errors import APIResponseValidationError
from openft.types.shown import listed

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport
    from openft.types.page import Page


class Identified(Protocol):
    """Whatever has an id that the next page can begin behind."""

    @property
    def id(self) -> str:
        """The identifier."""
        ...


T = TypeVar("T", bound=Identified)
SMALLEST = 10
"""Items of the smallest page that hosts send where nobody asks for a size."""


class AsyncPager(aio.Loadable, Generic[T]):
    """A list on the server, fetched page by page."""

    def __init__(
        self,
        transport: AsyncTransport,
        request: Request[Page[T]],
        options: RequestOptions,
        first: Page[T] | None = None,
    ) -> None:
        self._transport = transport
        self._request = request
        self._options = options
        self._first = first
        self.begin()

    async def load(self) -> None:
        """Fetch the first page unless it is there."""
        if self._first is None:
            self._first = await self._transport.send(self._request, self._options)

    async def first(self) -> Page[T]:
        """Return the first page."""
        await self.load()
        return self._page

    @property
    def data(self) -> list[T]:
        """The items of the first page."""
        return self._page.data

    @property
    def has_more(self) -> bool:
        """Whether there are pages behind the first."""
        return bool(self._page.has_more)

    def __aiter__(self) -> AsyncIterator[T]:
        return AsyncItems(self, self._transport, self._request, self._options)

    def __repr__(self) -> str:
        count = None if self._first is None else len(self._first.data)
        size = "not loaded yet" if count is None else f"{count} item{'' if count == 1 else 's'} on the first page"
        return f"<{type(self).__name__} of {self._request.path}, {size}>"

    def _repr_html_(self) -> str | None:
        """Return a notebook's table of the first page, None where it is not loaded; looking fetches nothing."""
        return None if self._first is None else listed(self._first.data, more=self.has_more)

    @property
    def _page(self) -> Page[T]:
        self.require(self._first is not None)
        if self._first is None:
            raise AssertionError("require() either loads or raises")
        return self._first


class AsyncItems(Generic[T]):
    """All items of a list, one after the other; no connection is held between two of them, and no page but the last."""

    def __init__(
        self, pager: AsyncPager[T], transport: AsyncTransport, request: Request[Page[T]], options: RequestOptions
    ) -> None:
        self._pager = pager
        self._transport = transport
        self._request = request
        self._options = options
        self._page: Page[T] | None = None
        self._items: list[T] = []
        self._next = 0
        self._asked: set[str] = set()

    def __aiter__(self) -> AsyncItems[T]:
        return self

    async def __anext__(self) -> T:
        """Return the next item.

        Raises:
            APIResponseValidationError: the server's pages do not lead on, though it says that there are more.
            APIError: there was no next page.
        """
        while self._next >= len(self._items):
            page = await self._turned()
            self._page, self._items, self._next = page, page.data, 0
        item = self._items[self._next]
        self._next += 1
        return item

    async def _turned(self) -> Page[T]:
        """Return the next page, or stop the iteration where there is none."""
        if self._page is None:
            return await self._pager.first()
        if not self._items or not self._may_have_more(self._page):
            raise StopAsyncIteration
        last = cursor(self._page)
        self._asked.add(last)
        request = self._request._replace(query={**self._request.query, "after": last})
        page = await self._transport.send(request, self._options)
        if page.data and page.data[-1].id in self._asked:
            if not self._page.has_more:
                raise StopAsyncIteration
            raise APIResponseValidationError("the server sends the same page again and again; it ignores 'after'")
        return page

    def _may_have_more(self, page: Page[T]) -> bool:
        """Return whether to ask for another page; a server that does not say has more where this one is full."""
        if page.has_more is not None or "after" not in self._request.query:
            return bool(page.has_more)
        size = self._request.query.get("limit")
        return len(page.data) >= (size if isinstance(size, int) else SMALLEST)


def cursor(page: Page[T]) -> str:
    """Return what the next page begins behind.

    Raises:
        APIResponseValidationError: the last item has no id.
    """
    last = page.data[-1].id or (page.model_extra or {}).get("last_id")
    if not isinstance(last, str) or not last:
        raise APIResponseValidationError("the last item of a page has no id, and the next page cannot be asked for")
    return last
