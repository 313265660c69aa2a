"""One poller that all waits of a client share, without a background task: who waits polls for everybody."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager
from operator import itemgetter
from threading import Lock
from typing import TYPE_CHECKING, Generic
from weakref import WeakValueDictionary

from openft._async.looker import AsyncLooker
from openft._core.interrupts import Curtly
from openft._core.patience import Patience
from openft._core.polling import Ending, Look, Waiter
from openft._core.wire import E, J, S, Wire
from openft._runtime.aio_turns import Bell
from openft.errors import APIError

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

LOOK = 5.0
"""Seconds that the last look may take past the end of the time."""


class AsyncWatch(Generic[J, S, E]):
    """Looks at jobs for all who wait for them. One of them leads: sleeps, looks, tells the others, hands over."""

    def __init__(self, transport: AsyncTransport, wire: Wire[J, S, E]) -> None:
        self._clock = transport.settings.clock
        self._patience = Patience(self._clock.now, f"{wire.noun}s")
        self._looker = AsyncLooker(transport, wire, self._patience, self._tell)
        self._lock = Lock()
        """Guards what follows; never held across a wait."""
        self._seats: dict[Bell, Waiter[J]] = {}
        """Those who sit and wait now, each by a bell; several may wait for the same."""
        self._leader: Bell | None = None
        self._known: WeakValueDictionary[int, Waiter[J]] = WeakValueDictionary()
        """Also those who have gone away with what has ended, and will come back for the rest."""
        self._waited_for: dict[str, set[Bell]] = {}
        """The bells of those who sit and wait for a job."""
        self._bells: dict[Bell, str] = {}

    async def ended(self, waiter: Waiter[J]) -> Ending[J] | None:
        """Return one of the waiter's jobs that has ended; None where its time is over, or there is none left.

        Raises:
            APIError: none of them can be seen.
            KeyboardInterrupt: without the frames below.
        """
        bell, end = Bell(self._leader), max(waiter.until, self._clock.now()) + LOOK
        with Curtly():
            try:
                self._sit(bell, waiter)
                while True:
                    with self._lock:
                        now = self._clock.now()
                        waiter.expired = waiter.expired or now >= end
                        ending = waiter.taken()
                        if ending is not None or waiter.over:
                            return ending
                        look = Look[J].at(self._seats.values(), now) if self._leads(bell) else None
                    if look is None:
                        await bell.wait(end - now)
                    elif look.pause > 0 and self._looker.wonders and waiter.until > now:
                        self._leave(bell)  # the others look on meanwhile
                        await self._looker.foretell(waiter.until)
                        self._sit(bell, waiter)
                    elif look.pause > 0:
                        await bell.wait(self._clock.pass_by(look.pause))
                    else:
                        await self._turn(look, now, end)
            finally:
                try:
                    self._leave(bell)
                except BaseException:  # a second Ctrl-C: who left without handing over would leave all others asleep
                    self._leave(bell)
                    raise

    @contextmanager
    def heard(self, job_id: str, bell: Bell) -> Generator[None]:
        """Ring this bell, too, when there is notice of the job."""
        with self._lock:
            self._bells[bell] = job_id
        try:
            yield
        finally:
            with self._lock:
                self._bells.pop(bell, None)

    def notify(self, job_id: str) -> None:
        """Look at the job now."""
        with self._lock:
            for bell, id in self._bells.items():
                if id == job_id:
                    bell.ring()
            for known in self._known.valuerefs():
                waiter = known()
                if waiter is not None and job_id in waiter.ids:
                    waiter.noticed.add(job_id)
            if self._leader is not None:
                self._leader.ring()

    def _sit(self, bell: Bell, waiter: Waiter[J]) -> None:
        with self._lock:
            if not self._seats:
                self._patience.anew()
            self._seats[bell] = self._known[id(waiter)] = waiter
            for job_id in waiter.ids:
                self._waited_for.setdefault(job_id, set()).add(bell)
            if self._leader is not None:
                self._leader.ring_here()  # somebody new may want to look earlier

    def _leads(self, bell: Bell) -> bool:
        self._leader = self._leader or bell
        return self._leader is bell

    def _leave(self, bell: Bell) -> None:
        """Give up the seat, and the lead to whoever will stay longest."""
        with self._lock:
            waiter = self._seats.pop(bell, None)
            for job_id in waiter.ids if waiter is not None else ():
                bells = self._waited_for.get(job_id, set())
                bells.discard(bell)
                if not bells:
                    self._waited_for.pop(job_id, None)
            if self._leader is bell:
                stays = [(not waiter.over, waiter.until, bell) for bell, waiter in self._seats.items()]
                self._leader = max(stays, key=itemgetter(0, 1))[2] if stays else None
                if self._leader is not None:
                    self._leader.ring_here()

    async def _turn(self, look: Look[J], now: float, end: float) -> None:
        """Look for all whose look is due, and wake those who have nothing to wait for any more."""
        try:
            await self._look(look, now, end)
        except BaseException:
            with self._lock:
                look.undone()
            raise
        with self._lock:
            for seat, waiter in self._seats.items():
                if waiter.over:
                    seat.ring_here()

    async def _look(self, look: Look[J], now: float, end: float) -> None:
        try:
            lost = await self._looker.look(look.ids, end, look.statuses)
        except APIError as error:  # each waiter counts its own ten minutes
            again = self._patience.pause(error) if Patience.bears(error) else None
            with self._lock:
                look.failed(now, self._clock.now(), error, again)
            return
        self._patience.found()
        with self._lock:
            if self._clock.now() < end:
                jitter = random.uniform(0.9, 1.1)  # noqa: S311 - so that many processes do not ask in step
                look.done(now, self._clock.now(), lost, jitter)
            else:
                look.undone()

    def _tell(self, endings: dict[str, Ending[J]]) -> None:
        with self._lock:
            for job_id, ending in endings.items():
                for bell in self._waited_for.pop(job_id, set()) & self._seats.keys():
                    self._seats[bell].tell(ending)
                    bell.ring_here()
