"""Waiting for the ends of jobs: for one, or for many as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic

from openft._async.watch import AsyncWatch
from openft._core.patience import fresh
from openft._core.polling import Ending, Waiter, deadline, too_late
from openft._core.request import path
from openft._core.wire import E, J, S, Wire
from openft._runtime import aio

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
        WaitTimeout: it has not ended after ``timeout`` seconds; the message says how far it is.
        ConfigError: the id cannot be one.
    """
    path(job_id)  # here, and not where it is first asked for: that may be in somebody else's wait
    until = deadline(transport.settings.clock.now(), timeout, poll)
    waiter: Waiter[J] = Waiter({job_id}, poll, until, noun=wire.noun)
    ending = await watch.ended(waiter)
    if ending is None:
        raise too_late(wire.noun, waiter, timeout) from waiter.lost
    return wire.outcome(job_of(ending))


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
    """Jobs as they end: an iterator that yields each once, whatever its fate. Leaving it stops the watching alone.

    Several tasks of one loop, or several threads, may share it; each job goes to one of them.
    """

    def __init__(
        self, watch: Callable[[], AsyncWatch[J, S, E]], waiter: Waiter[J], noun: str, timeout: float | None
    ) -> None:
        self._watch = watch
        self._waiter = waiter
        self._noun = noun
        self._timeout = timeout

    def __aiter__(self) -> AsyncCompleted[J, S, E]:
        return self

    async def __anext__(self) -> J:
        """Return the next job that has ended.

        Raises:
            WaitTimeout: some have not ended; the message names them, and says how far they are.
            NotFoundError: there is no such job; iterating again goes on with the others.
            APIConnectionError: the server could not be reached for ten minutes; iterating again tries on.
        """
        ending = None
        if self._waiter.found:
            await aio.sleep(0)  # many may have ended at once; others shall have their turn between two of them
            ending = self._waiter.taken()
        if ending is None:
            ending = await self._watch().ended(self._waiter)
        if ending is not None:
            return job_of(ending)
        if not self._waiter.ids:
            raise StopAsyncIteration
        raise too_late(self._noun, self._waiter, self._timeout) from self._waiter.lost

    @property
    def left(self) -> frozenset[str]:
        """The ids of those that were not seen to end."""
        return frozenset(self._waiter.ids).union(ending.id for ending in list(self._waiter.found))

    def __repr__(self) -> str:
        left = len(self.left)
        return f"<{type(self).__name__}: {left} {self._noun}{'' if left == 1 else 's'} left>"
