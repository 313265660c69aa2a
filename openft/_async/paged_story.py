"""The events of a job as today's API gives them: pages, newest first."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from openft._async.story import AsyncAsker
from openft._async.watch import AsyncWatch
from openft._core.current import CURRENT
from openft._core.options import RequestOptions
from openft._core.request import Request, path
from openft._runtime.aio_turns import Bell
from openft.errors import ConfigError
from openft.types import FineTuningJob, FineTuningJobEvent, SucceededJob
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

Name: TypeAlias = tuple[str, int]
"""What an event is known by: its cursor, and how many older ones have the same, which only those without ids have."""

PAGE = 100
"""Events to ask for in one page."""
POLL = 5.0
"""Seconds between two looks."""


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
