"""Following a job: every event once, oldest first, across dropped connections and restarts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic

from openft._async.stream import AsyncEvents, is_event_stream
from openft._core.answer import LARGEST, Raw, parse
from openft._core.options import RequestOptions
from openft._core.patience import Patience
from openft._core.request import Request, path
from openft._core.wire import J, S, Wire, placed, position
from openft._runtime import aio
from openft.errors import APIConnectionError, APIError
from openft.types import FineTuneEvent
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport


class AsyncFollow(Generic[J, S]):
    """A job's events as they happen: an iterator, and a context manager for leaving early.

    Leaving stops the watching, never the job. When the events end, ``job`` is the finished job.
    """

    def __init__(
        self, transport: AsyncTransport, wire: Wire[J, S], job_id: str, after: str | None, options: RequestOptions
    ) -> None:
        self.job: J | None = None
        """The job once it has finished, whatever its fate; None while it runs."""
        self._transport = transport
        self._wire = wire
        self._id = job_id
        self._options = options
        self._position = position(after)
        self._ready: deque[FineTuneEvent] = deque()
        self._stream: AsyncEvents[FineTuneEvent] | None = None
        self._in_stream = 0
        self._numbered = False
        self._patience = Patience()
        self._left = False

    def __aiter__(self) -> AsyncFollow[J, S]:
        return self

    async def __anext__(self) -> FineTuneEvent:
        """Return the next event; its ``cursor`` can be saved and given back as ``follow(after=…)``.

        Raises:
            NotFoundError: there is no such job.
            APIConnectionError: the server could not be reached for ten minutes.
        """
        while not self._ready:
            if self.job is not None or self._left:
                raise StopAsyncIteration
            try:
                await (self._connect() if self._stream is None else self._read(self._stream))
            except APIError as error:
                await self._disconnect()
                if not self._left:
                    await aio.sleep(self._patience.lost(error))
            except BaseException:
                await self._disconnect()
                raise
        return self._ready.popleft()

    async def __aenter__(self) -> AsyncFollow[J, S]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop watching, also while somebody waits for the next event; the job goes on."""
        self._left = True
        await self._disconnect()

    async def _disconnect(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def _connect(self) -> None:
        headers = {"accept": "text/event-stream", "last-event-id": str(self._position)}
        where = path(*self._wire.root, self._id, "events")
        request = Request("GET", where, object, query={"stream": "true"}, headers=headers)
        body = await self._transport.open(request, self._options)
        self._patience.found(news=False)
        self._in_stream = 0
        self._numbered = "openft-version" in body.headers
        if is_event_stream(body):
            self._stream = AsyncEvents(body, FineTuneEvent)
        else:  # a host that does not stream them
            content = await body.whole(LARGEST)
            self._take_all(parse(Raw(body.status, body.headers, content), Page[FineTuneEvent]).data)
            await self._look()

    async def _read(self, stream: AsyncEvents[FineTuneEvent]) -> None:
        """Take the next event of the stream, or look at the job where the stream has ended."""
        told = await stream.next()
        if told is None:
            await self._look()
            return
        value, event = told
        # a replay begins at 1; our server goes on behind what was seen, and its ids are places in the story
        self._in_stream = (position(event.id) if self._numbered else 0) or self._in_stream + 1
        self._take(value, self._in_stream)

    async def _look(self) -> None:
        """Ask for the job itself: only its status says whether there will be more events."""
        await self._disconnect()
        job = await self._transport.send(
            Request("GET", path(*self._wire.root, self._id), self._wire.job), self._options
        )
        if not job.finished:
            raise APIConnectionError(f"the events of {self._wire.noun} {self._id} broke off")
        where = path(*self._wire.root, self._id, "events")
        self._take_all((await self._transport.send(Request("GET", where, Page[FineTuneEvent]), self._options)).data)
        self.job = job

    def _take_all(self, events: list[FineTuneEvent]) -> None:
        for number, event in enumerate(events, 1):
            self._take(event, number)

    def _take(self, event: FineTuneEvent, number: int) -> None:
        if number > self._position:
            self._patience.found()
            self._position = number
            self._ready.append(placed(event, number))
