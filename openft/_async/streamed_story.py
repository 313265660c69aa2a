"""The events of a job as the 2023 API gives them: a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openft._async.story import AsyncAsker
from openft._async.stream import AsyncEvents, is_event_stream
from openft._core.legacy import LEGACY, behind, placed, position
from openft._core.options import RequestOptions
from openft._core.request import Request, path
from openft.errors import APIConnectionError, APIError
from openft.types import FineTune, FineTuneEvent
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport


class AsyncStreamedStory(AsyncAsker):
    """The 2023 API's: a stream, which begins anew at each connection."""

    def __init__(self, transport: AsyncTransport, job_id: str, after: str | None, options: RequestOptions) -> None:
        super().__init__(transport, LEGACY.noun, job_id, options)
        self.job: FineTune | None = None
        self._position = behind(after)
        self._stream: AsyncEvents[FineTuneEvent] | None = None
        self._in_stream = 0
        self._numbered = False
        self._retry: float | None = None
        """Seconds that the server wants between two connections."""
        self._fruitless = False
        """Whether nothing was heard of the job since the stream was opened."""

    async def more(self) -> list[FineTuneEvent]:
        """Return the next event of the stream, or all that are left where it has ended."""
        try:
            return await (self._connect() if self._stream is None else self._next(self._stream))
        except APIError as error:
            if error.retry_after is None:
                error.retry_after = self._retry
            raise

    async def _next(self, stream: AsyncEvents[FineTuneEvent]) -> list[FineTuneEvent]:
        try:
            told = await stream.next()
        except APIConnectionError:
            left = self._stream is not stream
            if left or not (stream.ended or self._fruitless):
                raise
            told = None  # hosts end a stream as they like
        if told is None:
            return await self._look([])
        value, event = told
        # a replay begins at 1; our server goes on behind what was seen, and its ids are places in the story
        self._in_stream = (position(event.id) if self._numbered else None) or self._in_stream + 1
        return self._new([(self._in_stream, value)])

    async def aclose(self) -> None:
        """Let go of the stream."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._retry = self._retry if stream.retry is None else stream.retry
            await stream.aclose()

    async def _connect(self) -> list[FineTuneEvent]:
        headers = {"accept": "text/event-stream", "last-event-id": str(self._position)}
        where = path(*LEGACY.root, self._id, "events")
        request = Request("GET", where, object, query={"stream": "true"}, headers=headers)
        body = await self._transport.open(request, self.patience.asking(self._options))
        self.patience.heard()
        self._in_stream = 0
        self._numbered = "openft-version" in body.headers
        if is_event_stream(body):
            self._stream = AsyncEvents(body, FineTuneEvent)
            if not self._fruitless:  # else a stream that always breaks would pass for an answer for ever
                self.patience.found(news=False)
            self._fruitless = True
            return []
        events = (await body.parsed(Page[FineTuneEvent])).data  # a host that does not stream them
        return await self._look(list(enumerate(events, 1)))

    async def _look(self, told: list[tuple[int, FineTuneEvent]]) -> list[FineTuneEvent]:
        """Return what is new of this and behind it; only the job's own status says whether there will be more."""
        await self.aclose()
        job = LEGACY.certain(await self._sent(Request("GET", path(*LEGACY.root, self._id), LEGACY.job)))
        if not job.finished:
            self._seen()
            news = self._new(told)
            if not news:
                raise APIConnectionError(f"the events of {LEGACY.noun} {self._id} broke off")
            return news
        where = path(*LEGACY.root, self._id, "events")
        events = (await self._sent(Request("GET", where, Page[FineTuneEvent]))).data
        self._seen()
        self.job = job
        return self._new(told) + self._new(list(enumerate(events, 1)))

    def _seen(self, *, news: bool = False) -> None:
        self._fruitless = False
        self.patience.found(news=news)

    def _new(self, events: list[tuple[int, FineTuneEvent]]) -> list[FineTuneEvent]:
        new = [(number, event) for number, event in events if number > self._position]
        if new:
            self._seen(news=True)
            self._position = new[-1][0]
        return [placed(event, number) for number, event in new]
