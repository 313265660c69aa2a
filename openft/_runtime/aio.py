"""Waiting on an event loop, asyncio's or trio's; threads.py is its twin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Any, ParamSpec, Self, TypeVar

import anyio
import anyio.to_thread
from anyio import sleep as sleep

from openft.errors import ConfigError

P = ParamSpec("P")
T = TypeVar("T")


async def blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a blocking function returns, called where it holds nobody up."""
    return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs))


async def gather(limit: int, jobs: Iterable[Callable[[], Awaitable[T]]]) -> list[T]:
    """Return what the jobs return, in their order, with at most ``limit`` of them at work at a time.

    ``jobs`` is iterated as places become free. The first failure cancels the others and is raised when they have ended.
    """
    answers: dict[int, T] = {}
    numbered = enumerate(jobs)

    async def work() -> None:
        for number, job in numbered:
            answers[number] = await job()

    failure = None
    try:
        async with anyio.create_task_group() as group:
            for _ in range(limit):
                group.start_soon(work)
    except BaseExceptionGroup as failures:
        failure = failures.exceptions[0]
    if failure is not None:
        raise failure
    return [answers[number] for number in sorted(answers)]


def going_on() -> None:
    """Stop here where a gather that this job belongs to has failed; on an event loop it is cancelled anyway."""


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

    def begin(self) -> None:
        """Fetch nothing yet: only awaiting can."""

    def require(self, there: bool) -> None:
        """Raise ConfigError unless it is there; only awaiting can fetch it."""
        if not there:
            raise ConfigError("this list has not been loaded yet; await it first, or iterate over it with async for")
