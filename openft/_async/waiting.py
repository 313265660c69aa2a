"""Waiting for the ends of jobs: for one, or for many as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic

from openft._async.watch import AsyncWatch, fresh
from openft._core.polling import Ending, Waiter, deadline, too_late
from openft._core.wire import E, J, S, Wire

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport


async def wait(
    transport: AsyncTransport,
    wire: Wire[J, S, E],
    watch: AsyncWatch[J, S, E],
    job_id: str,
    *,
    timeout: float | None,
    poll: float,
) -> S:
    """Return the job once it has succeeded; a lost connection is borne for ten minutes.

    Raises:
        JobFailed: it has failed.
        JobCancelled: it was cancelled.
        WaitTimeout: it is still running after ``timeout`` seconds.
    """
    waiter: Waiter[J] = Waiter({job_id}, poll, deadline(transport.settings.clock.now(), timeout, poll))
    endings = await watch.ended(waiter)
    if not endings:
        raise too_late(wire.noun, waiter.ids, waiter.lost, timeout) from waiter.lost
    return wire.outcome(job_of(endings[0]))


def job_of(ending: Ending[J]) -> J:
    """Return the job that has ended.

    Raises:
        APIError: it cannot be seen.
    """
    if ending.error is not None:
        raise fresh(ending.error)
    if ending.job is None:
        raise AssertionError("an ending has a job or an error")
    return ending.job


class AsyncCompleted(Generic[J, S, E]):
    """Jobs as they end: an iterator that yields each once, whatever its fate. Leaving it stops the watching alone."""

    def __init__(
        self, watch: Callable[[], AsyncWatch[J, S, E]], waiter: Waiter[J], noun: str, timeout: float | None
    ) -> None:
        self._watch = watch
        self._waiter = waiter
        self._noun = noun
        self._timeout = timeout
        self._ready: deque[Ending[J]] = deque()

    def __aiter__(self) -> AsyncCompleted[J, S, E]:
        return self

    async def __anext__(self) -> J:
        """Return the next job that has ended.

        Raises:
            WaitTimeout: some are still running; the message names them.
            NotFoundError: there is no such job; iterating again goes on with the others.
            APIConnectionError: the server could not be reached for ten minutes.
        """
        if not self._ready:
            if not self._waiter.ids:
                raise StopAsyncIteration
            self._ready.extend(await self._watch().ended(self._waiter))
        if not self._ready:
            raise too_late(self._noun, self._waiter.ids, self._waiter.lost, self._timeout) from self._waiter.lost
        return job_of(self._ready.popleft())

    @property
    def left(self) -> frozenset[str]:
        """The ids of those that were not seen to end."""
        return frozenset(self._waiter.ids) | {ending.id for ending in self._ready}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.left)} {self._noun}s left>"
