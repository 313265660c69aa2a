"""Following a job: every event once, oldest first, across dropped connections and restarts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic

from openft._async.story import AsyncStory
from openft._core.interrupts import Curtly
from openft._core.wire import E, J
from openft._runtime.aio_turns import Bell
from openft.errors import APIError

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport


class AsyncFollow(Generic[J, E]):
    """A job's events as they happen: an iterator, and a context manager for leaving early.

    Leaving stops the watching, never the job. When the events end, ``job`` is the finished job.
    """

    def __init__(self, transport: AsyncTransport, story: AsyncStory[J, E]) -> None:
        self._transport = transport
        self._story = story
        self._ready: deque[E] = deque()
        self._bell: Bell | None = None
        """Rung on leaving, where there is a pause because the server is away."""
        self._left = False

    @property
    def job(self) -> J | None:
        """The job once it has finished, whatever its fate; None while it runs."""
        return self._story.job

    def __aiter__(self) -> AsyncFollow[J, E]:
        return self

    async def __anext__(self) -> E:
        """Return the next event; its ``cursor`` can be saved and given back as ``follow(after=…)``.

        Raises:
            NotFoundError: there is no such job.
            APIConnectionError: the server could not be reached for ten minutes.
        """
        with Curtly():
            while not self._ready:
                if self._left:
                    await self._story.aclose()  # of a stream that has come up since
                if self.job is not None or self._left:
                    raise StopAsyncIteration
                try:
                    news = await self._story.more()
                except APIError as error:
                    await self._story.aclose()
                    await self._bear(error)
                except BaseException:
                    await self._story.aclose()
                    raise
                else:
                    self._ready.extend(news)
        return self._ready.popleft()

    async def _bear(self, error: APIError) -> None:
        self._bell = self._bell or Bell()
        pause = 0.0 if self._left else self._story.patience.lost(error)
        await self._bell.wait(self._transport.settings.clock.pass_by(pause))

    async def __aenter__(self) -> AsyncFollow[J, E]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop watching, also while somebody waits for the next event; the job goes on."""
        self._left = True
        if self._bell is not None:
            self._bell.ring()
        await self._story.aclose()

    def __repr__(self) -> str:
        if self.job is not None:
            return f"<{type(self).__name__} of {self.job.id}, {self.job.status}>"
        return f"<{type(self).__name__}, {'left' if self._left else 'going on'}>"
