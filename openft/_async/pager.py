"""Lists: iterate over all items, or look at the first page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from openft._core.options import RequestOptions
from openft._core.request import Request
from openft._runtime import aio
from openft.errors import APIResponseValidationError
from openft.types.page import Page
from openft.types.shown import listed

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport


class Identified(Protocol):
    """Whatever has an id that the next page can begin behind."""

    @property
    def id(self) -> str:
        """The identifier."""
        ...


T = TypeVar("T", bound=Identified)


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

    async def load(self) -> None:
        """Fetch the first page unless it is there."""
        if self._first is None:
            self._first = await self._transport.send(self._request, self._options)

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
        size = "not loaded yet" if self._first is None else f"{len(self._first.data)} items on the first page"
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
    """All items of a list, one after the other; no connection is held between two of them."""

    def __init__(
        self, pager: AsyncPager[T], transport: AsyncTransport, request: Request[Page[T]], options: RequestOptions
    ) -> None:
        self._pager = pager
        self._transport = transport
        self._request = request
        self._options = options
        self._page: Page[T] | None = None
        self._next = 0

    def __aiter__(self) -> AsyncItems[T]:
        return self

    async def __anext__(self) -> T:
        if self._page is None:
            await self._pager.load()
            self._page = Page(data=self._pager.data, has_more=self._pager.has_more)
        while self._next >= len(self._page.data):
            if not self._page.data or not self._page.has_more:
                raise StopAsyncIteration
            last = self._page.data[-1].id
            request = replace(self._request, query={**self._request.query, "after": last})
            self._page = await self._transport.send(request, self._options)
            if self._page.data and self._page.data[-1].id == last:
                raise APIResponseValidationError("the server sends the same page again and again; it ignores 'after'")
            self._next = 0
        self._next += 1
        return self._page.data[self._next - 1]
