"""Waiting on an event loop, asyncio's or trio's; threads.py is its twin."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, ParamSpec, Self, TypeVar

import anyio.to_thread
from anyio import sleep as sleep

from openft.errors import ConfigError

P = ParamSpec("P")
T = TypeVar("T")


async def blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a blocking function returns, called where it holds nobody up."""
    return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs))


class Loadable:
    """Something that is fetched by awaiting it."""

    async def load(self) -> None:
        """Fetch it unless it is there."""
        raise NotImplementedError

    def __await__(self) -> Generator[Any, Any, Self]:
        return self._loaded().__await__()

    async def _loaded(self) -> Self:
        await self.load()
        return self

    def require(self, there: bool) -> None:
        """Raise ConfigError unless it is there; only awaiting can fetch it."""
        if not there:
            raise ConfigError("this list has not been loaded yet; await it first, or iterate over it with async for")
