"""The events of a job as each API gives them: a stream to be read, or pages to be looked through."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from openft._async.stream import AsyncEvents, is_event_stream
from openft._async.watch import AsyncWatch
from openft._core.options import RequestOptions
from openft._core.patience import Patience
from openft._core.request import Request, path
from openft._core.wire import CURRENT, LEGACY, E, J, behind, placed, position
from openft._runtime.aio_turns import Bell
from openft.errors import APIConnectionError, APIError, ConfigError
from openft.types import FineTune, FineTuneEvent, FineTuningJob, FineTuningJobEvent, SucceededJob
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

T = TypeVar("T")
Name: TypeAlias = tuple[str, int]
"""What an event is known by: its cursor, and how many older ones have the same, which only those without ids have."""

PAGE = 100
"""Events to ask for in one page."""
POLL = 5.0
"""Seconds between two looks where the events do not stream."""


class AsyncStory(Protocol[J, E]):
    """What is told of one job."""

    job: J | None
    """The job once it has finished and all is told."""
    patience: Patience
    """It is told of answers by the story, and of errors by who asks for it."""

    async def more(self) -> list[E]:
        """Return what is new, oldest first; nothing where there was no news yet.

        Raises:
            APIError: the contact was lost; ask again.
        """
        ...

    async def aclose(self) -> None:
        """Give back what is held, and end a pause; asked again, the story goes on."""
        ...


class AsyncAsker:
    """What asks for the story of one job, and is patient."""

    def __init__(self, transport: AsyncTransport, noun: str, job_id: str, options: RequestOptions) -> None:
        self.patience = Patience(transport.settings.clock.now, f"{noun} {job_id}")
        self._transport = transport
        self._id = job_id
        self._options = options

    async def _sent(self, request: Request[T]) -> T:
        answer = await self._transport.send(request, self.patience.asking(self._options))
        self.patience.heard()
        return answer


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


class AsyncPagedStory(AsyncAsker):
    """Today's API's: pages, newest first, to be looked through again and again."""

    def __init__(
        self,
        transport: AsyncTransport,
        watch: Callable[[], AsyncWatch[FineTuningJob, SucceededJob, FineTuningJobEvent]],
        job_id: str,
        after: str | None,
        options: RequestOptions,
    ) -> None:
        super().__init__(transport, CURRENT.noun, job_id, options)
        self.job: FineTuningJob | None = None
        self._watch = watch
        if after is not None and not isinstance(after, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"after must be the cursor of an event, not a {type(after).__name__}; pass event.cursor")
        self._told = set[Name]() if after is None else {(after, 0)}
        self._bell: Bell | None = None
        self._closed = False

    async def more(self) -> list[FineTuningJobEvent]:
        """Return what was told since the last look, a little later than that."""
        self._closed = False
        if self._bell is not None:
            pause = POLL * random.uniform(0.9, 1.1)  # noqa: S311 - so that many followers do not ask in step
            with self._watch().heard(self._id, self._bell):
                await self._bell.wait(self._transport.settings.clock.pass_by(pause))
        if self._closed:
            return []
        self._bell = Bell()
        job = CURRENT.certain(await self._sent(Request("GET", path(*CURRENT.root, self._id), CURRENT.job)))
        events = await self._news()
        self._told.update(events)
        if job.finished:
            self.job = job
        self.patience.found(news=bool(events))
        return list(events.values())[::-1]

    async def aclose(self) -> None:
        """End the pause."""
        self._closed = True
        if self._bell is not None:
            self._bell.ring()

    async def _news(self) -> dict[Name, FineTuningJobEvent]:
        """Return the events that were not told, newest first; all of them where no page has one that was."""
        new: dict[Name, FineTuningJobEvent] = {}
        after = None
        while True:
            where = path(*CURRENT.root, self._id, "events")
            request = Request("GET", where, Page[FineTuningJobEvent], query={"limit": PAGE, "after": after})
            page = await self._sent(request)
            known = len(new)
            for name, event in _named(page.data):
                if name in self._told:
                    return new
                new.setdefault(name, event)
            after = page.data[-1].id if page.data else ""
            if not page.has_more or not after or len(new) == known:
                return new


def _named(page: list[FineTuningJobEvent]) -> list[tuple[Name, FineTuningJobEvent]]:
    equal = Counter(event.cursor for event in page if not event.id)
    named: list[tuple[Name, FineTuningJobEvent]] = []
    for event in page:
        if not event.id:
            equal[event.cursor] -= 1
        named.append(((event.cursor, equal[event.cursor]), event))
    return named
