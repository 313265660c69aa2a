"""One poller that all waits of a client share, without a background task: who waits polls for everybody."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager
from copy import copy
from functools import partial
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic
from weakref import WeakSet

from pydantic import ValidationError

from openft._core.patience import Patience
from openft._core.polling import FEW, Ending, Sweep, Waiter
from openft._core.request import Request, path
from openft._core.wire import E, J, S, Wire
from openft._runtime import aio
from openft._runtime.aio_turns import Bell
from openft.errors import APIError, AuthenticationError
from openft.types.jobs import FINISHED
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

LIMIT = 60.0
"""Seconds that a look may take where the client has no timeout."""
LOOK = 5.0
"""Seconds that the last look may take, even past the end."""
ABREAST = 8
"""Jobs that are asked for at the same time."""


class AsyncWatch(Generic[J, S, E]):
    """Looks at jobs for all who wait for them. One of them leads: sleeps, looks, tells the others, hands over."""

    def __init__(self, transport: AsyncTransport, wire: Wire[J, S, E]) -> None:
        self._transport = transport
        self._wire = wire
        self._lock = Lock()
        """Guards what follows; never held across a wait."""
        self._waiters: dict[Waiter[J], Bell] = {}
        self._known: WeakSet[Waiter[J]] = WeakSet()
        """Also those who have gone away with what has ended, and will come back for the rest."""
        self._bells: dict[Bell, str] = {}
        self._leader: Waiter[J] | None = None
        self._patience = Patience(transport.settings.clock.now)
        self._sweep = Sweep()

    async def ended(self, waiter: Waiter[J]) -> list[Ending[J]]:
        """Return what has ended of the waiter's jobs, in no order; nothing where its time is over."""
        bell = Bell()
        with self._lock:
            self._waiters[waiter] = bell
            self._known.add(waiter)
            self._ring(self._leader)  # somebody new may want to look earlier
        try:
            while not waiter.over:
                if self._takes_the_lead(waiter):
                    await self._turn(waiter, bell)
                else:
                    await bell.wait(waiter.until + LOOK - self._now())
                    waiter.expired = waiter.expired or self._now() >= waiter.until + LOOK
        finally:
            with self._lock:
                del self._waiters[waiter]
                if self._leader is waiter:
                    self._leader = None
                if self._leader is None:
                    self._ring(next(iter(self._waiters), None))
        endings = list(waiter.found)
        waiter.found.clear()
        return endings

    @contextmanager
    def heard(self, job_id: str, bell: Bell) -> Generator[None]:
        """Ring this bell, too, when there is notice of the job."""
        with self._lock:
            self._bells[bell] = job_id
        try:
            yield
        finally:
            with self._lock:
                del self._bells[bell]

    def notify(self, job_id: str) -> None:
        """Look at the job now."""
        with self._lock:
            for bell, id in self._bells.items():
                if id == job_id:
                    bell.ring()
            for waiter in self._known:
                if job_id in waiter.ids:
                    waiter.due = -inf
            self._ring(self._leader)

    def _now(self) -> float:
        return self._transport.settings.clock.now()

    def _ring(self, waiter: Waiter[J] | None) -> None:
        if waiter is not None:
            self._waiters[waiter].ring()

    def _takes_the_lead(self, waiter: Waiter[J]) -> bool:
        with self._lock:
            if self._leader is None:
                self._leader = waiter
            return self._leader is waiter

    async def _turn(self, leader: Waiter[J], bell: Bell) -> None:
        """Sleep until somebody's look is due, or look for all whose look is, or soon will be."""
        with self._lock:
            now = self._now()
            pause = min(waiter.due for waiter in self._waiters) - now
            covered = [waiter for waiter in self._waiters if waiter.due <= now + waiter.poll / 2]
            ids = {id for waiter in covered for id in waiter.ids}
        if pause > 0:
            await bell.wait(self._transport.settings.clock.pass_by(pause))
            return
        lost, again = None, None
        try:
            await self._look(ids, min(self._transport.settings.timeout or LIMIT, max(leader.until - now, LOOK)))
            self._patience.found()
        except APIError as error:
            try:
                again, lost = self._patience.lost(error), error
            except APIError:
                self._tell([Ending(id, error=error) for id in ids])
        with self._lock:
            for waiter in covered:
                jitter = random.uniform(0.9, 1.1)  # noqa: S311 - so that many processes do not ask in step
                waiter.looked(now, waiter.poll * jitter if again is None else self._now() - now + again, lost)
                if waiter.expired and waiter in self._waiters:
                    self._ring(waiter)

    def _tell(self, endings: list[Ending[J]]) -> None:
        with self._lock:
            for ending in endings:
                for waiter, bell in self._waiters.items():
                    if waiter.tell(ending):
                        bell.ring()

    async def _look(self, ids: set[str], limit: float) -> None:
        """Find out which of the jobs have ended, and tell who waits for them."""
        unseen = await self._swept(ids, limit) if self._sweep.worth(ids) else ids
        if len(unseen) >= FEW:
            await aio.gather(ABREAST, (partial(self._ask, id, limit) for id in unseen))
            return
        for id in unseen:
            await self._ask(id, limit)

    async def _ask(self, id: str, limit: float) -> None:
        try:
            request = Request("GET", path(*self._wire.root, id), self._wire.job)
            job = await self._transport.send(request, {"timeout": limit})
        except APIError as error:
            if Patience.bears(error):
                raise
            self._tell([Ending(id, error=error)])
        else:
            if job.finished:
                self._tell([Ending(id, job)])

    async def _swept(self, ids: set[str], limit: float) -> set[str]:
        """Page through the list of jobs, tell what has ended, and return the jobs that still must be asked for."""
        unseen, ask, after, pages, weight = set(ids), set[str](), None, 0, 0.0
        while True:
            query: dict[str, str | int | None] = {"limit": self._wire.page, "after": after}
            try:
                request = Request("GET", path(*self._wire.root), Page[dict[str, Any]], query=query)
                page = await self._transport.send(request, {"timeout": limit})
            except APIError as error:
                if Patience.bears(error) or isinstance(error, AuthenticationError):
                    raise
                self._sweep.possible = False  # this host has no such list
                return unseen | ask
            pages, weight = pages + 1, weight + max(1.0, len(page.data) / 100)
            endings = [self._read(row, unseen, ask) for row in page.data if row.get("id") in unseen]
            self._tell([ending for ending in endings if ending is not None])
            last = page.data[-1] if page.data else {}
            after = last.get("id")
            more = bool(page.has_more) and isinstance(after, str)
            if not more or not self._sweep.goes_on(unseen, len(ids), pages, _created(last)):
                break
        self._sweep.done(ids, unseen | ask, weight)
        return unseen | ask

    def _read(self, row: dict[str, Any], unseen: set[str], ask: set[str]) -> Ending[J] | None:
        id = str(row["id"])
        unseen.discard(id)
        self._sweep.created[id] = _created(row)
        status = row.get("status")
        if status not in FINISHED:
            return None
        if status != "failed" or self._wire.tells_why:
            try:
                return Ending(id, self._wire.parsed(row))
            except ValidationError:
                pass  # asked for by itself, it may be told better, or makes an error that says what is wrong
        ask.add(id)
        return None


def _created(row: dict[str, Any]) -> int:
    created = row.get("created_at")
    return created if isinstance(created, int) else 0


def fresh(error: APIError) -> APIError:
    """Return the error for one of several who are told it, so that they do not share its traceback."""
    own = copy(error)
    own.__cause__ = error.__cause__
    return own
