"""Following a job: every event once, oldest first, across dropped connections and restarts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic

from openft._async.stream import AsyncEvents, strange
from openft._core.answer import Raw, parse
from openft._core.options import RequestOptions
from openft._core.patience import Patience
from openft._core.request import Request, path
from openft._core.wire import J, S, Wire, placed, position
from openft._runtime import aio
from openft.errors import APIConnectionError, APIError
from openft.types import FineTuneEvent
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncBody, AsyncTransport


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
        self._stream: AsyncEvents | None = None
        self._in_stream = 0
        self._patience = Patience()

    def __aiter__(self) -> AsyncFollow[J, S]:
        return self

    async def __anext__(self) -> FineTuneEvent:
        """Return the next event; its ``cursor`` can be saved and given back as ``follow(after=…)``.

        Raises:
            NotFoundError: there is no such job.
            APIConnectionError: the server could not be reached for ten minutes.
        """
        while not self._ready:
            if self.job is not None:
                raise StopAsyncIteration
            try:
                await (self._connect() if self._stream is None else self._read())
            except APIError as error:
                await self.aclose()
                await aio.sleep(self._patience.lost(error))
        return self._ready.popleft()

    async def __aenter__(self) -> AsyncFollow[J, S]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop watching; the job goes on."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def _connect(self) -> None:
        headers = {"accept": "text/event-stream", "last-event-id": str(self._position)}
        where = path(*self._wire.root, self._id, "events")
        request = Request("GET", where, object, query={"stream": "true"}, headers=headers)
        body = await self._transport.open(request, self._options)
        self._in_stream = 0
        if body.headers.get("content-type", "").startswith("text/event-stream"):
            self._stream = AsyncEvents(body)
        else:
            self._take_all(await _listed(body))
            await self._look()

    async def _read(self) -> None:
        """Take the next event of the stream, or look at the job where the stream has ended."""
        if self._stream is None:
            raise AssertionError("read only while connected")
        try:
            event = await self._stream.__anext__()
        except StopAsyncIteration:
            await self._look()
            return
        if event.data == "[DONE]":
            await self._look()
            return
        self._patience.found()
        self._in_stream = position(event.id) or self._in_stream + 1
        try:
            self._take(FineTuneEvent.model_validate_json(event.data), self._in_stream)
        except ValueError:
            raise strange(event.data) from None

    async def _look(self) -> None:
        """Ask for the job itself: only its status says whether there will be more events."""
        await self.aclose()
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
            self._position = number
            self._ready.append(placed(event, number))


async def _listed(body: AsyncBody) -> list[FineTuneEvent]:
    """Return the events of a host that does not stream them."""
    async with body:
        content = b"".join([chunk async for chunk in body])
    return parse(Raw(200, body.headers, content), Page[FineTuneEvent]).data
