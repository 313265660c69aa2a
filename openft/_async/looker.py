"""Looks at jobs: in pages of the list of all, or one by one, whichever takes fewer requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Generic

from pydantic import ValidationError

from openft._async.foretell import foretell, untold
from openft._core.options import RequestOptions
from openft._core.patience import Patience
from openft._core.polling import Ending
from openft._core.request import Request, path
from openft._core.sweep import Going, Listed, Sweep, statuses_of
from openft._core.wire import E, J, S, Wire
from openft._runtime import aio
from openft.errors import APIError, APIResponseValidationError, AuthenticationError
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

LIMIT = 60.0
"""Seconds that a request may take where the client has no timeout."""
ABREAST = 8
"""Jobs that are asked for at the same time."""


class AsyncLooker(Generic[J, S, E]):
    """Finds out which jobs have ended, and tells.

    Args:
        transport: what sends the requests.
        wire: which of the two job APIs.
        patience: how long there has been no answer.
        tell: called with what has ended, by id, as soon as it is known.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        wire: Wire[J, S, E],
        patience: Patience,
        tell: Callable[[dict[str, Ending[J]]], None],
    ) -> None:
        self._transport = transport
        self._wire = wire
        self._patience = patience
        self._tell = tell
        self._sweep = Sweep()
        self._lost: dict[str, APIError] = {}
        """Those that could not be seen the last time, while others could."""
        self._statuses: dict[str, str] | None = None
        self._untold: set[str] = set()
        """Bases of jobs that were seen, of which it is not known whether they stop."""

    @property
    def wonders(self) -> bool:
        """Whether there are bases to ask for."""
        return bool(self._untold)

    async def foretell(self, end: float) -> None:
        """Ask for one of them, and warn if it is about to stop; up to two seconds, never past the end."""
        with suppress(KeyError):  # another was faster
            await foretell(self._transport, self._untold.pop(), self._left(end))

    async def look(self, ids: set[str], end: float, statuses: dict[str, str] | None) -> dict[str, APIError]:
        """Tell which of the jobs have ended; return those that could not be seen, and why.

        Args:
            ids: the jobs.
            end: the client's time at which to stop, whoever is left.
            statuses: where to put how far those are that have not ended, if anybody wants to know.

        Raises:
            APIError: nothing can be seen.
        """
        self._statuses = statuses
        left = await self._swept(ids, end) if self._sweep.worth(ids) else ids
        order = sorted(left, key=self._lost.__contains__)  # one that never answers must not keep the others waiting
        if order and len(order) == len(ids):  # the list has shown none of them
            try:
                await self._ask(order[0], end)
            except APIError as error:  # the server is away, or it is this one; next time another is the first
                self._lost = {order[0]: error}
                raise
            del order[0]
        self._lost = {}
        if order:
            failures: list[APIError] = []
            await aio.gather(ABREAST, (partial(self._try, id, end, failures) for id in order))
        return self._lost

    async def _try(self, id: str, end: float, failures: list[APIError]) -> None:
        """Ask for a job; it is lost if that fails, or has failed for so many others that the server must be away."""
        if len(failures) >= ABREAST:
            self._lost[id] = failures[0]
            return
        try:
            await self._ask(id, end)
        except AuthenticationError:
            raise
        except APIError as error:
            failures.append(error)
            self._lost[id] = error

    async def _ask(self, id: str, end: float) -> None:
        if self._left(end) <= 0:
            return
        try:
            job = self._wire.certain(await self._send(Request("GET", path(*self._wire.root, id), self._wire.job), end))
        except APIError as error:
            if Patience.bears(error) or isinstance(error, AuthenticationError):
                raise
            self._tell({id: Ending(id, error=error)})
        else:
            if job.finished:
                self._tell({id: Ending(id, job)})
            elif self._statuses is not None:
                self._statuses[id] = job.status
            self._noted(job)

    async def _swept(self, ids: set[str], end: float) -> set[str]:
        """Page through the list of jobs, tell what has ended, and return the jobs that still must be asked for."""
        walk = self._sweep.walk(ids, self._wire.page, tells_why=self._wire.tells_why)
        while True:
            query: dict[str, str | int | None] = {"limit": self._wire.page, "after": walk.after}
            try:
                page = await self._send(Request("GET", path(*self._wire.root), Page[Listed], query=query), end)
            except AuthenticationError:
                raise
            except APIError as error:
                if walk.cost and self._left(end) <= 0:
                    return set()
                page_of_a_gateway = isinstance(error, APIResponseValidationError)  # or of a host that has no list
                if self._sweep.failed(passing=Patience.bears(error) and not page_of_a_gateway):
                    return walk.left
                raise
            self._note(page.data, ids)
            endings: dict[str, Ending[J]] = {}
            for row in walk.turned(page.data, page.has_more):
                try:
                    endings[row["id"]] = Ending(row["id"], self._noted(self._wire.parsed(row)))
                except ValidationError:  # asked for by itself, it may be told better, or makes an error that says more
                    walk.unclear(row["id"])
            self._tell(endings)
            if walk.after is None:
                self._sweep.done(ids, walk)
                return walk.left

    def _note(self, rows: Sequence[object], ids: set[str]) -> None:
        """Take in how far jobs are, if anybody wants to know, and the models of ours that go on."""
        if self._statuses is not None:
            self._statuses |= statuses_of(rows)
        if not self._transport.settings.ends.asks(self._transport.settings.base_url):
            return
        for model in {row.model for row in rows if isinstance(row, Going) and row.id in ids}:
            self._wonder(model)

    def _noted(self, job: J) -> J:
        """Return a job, after a note of its model if nobody has asked yet whether that is about to stop."""
        self._wonder(job.model)
        return job

    def _wonder(self, model: str | None) -> None:
        base = untold(self._transport, model)
        if base:
            self._untold.add(base)

    async def _send(self, request: Request[Any], end: float) -> Any:
        given = self._transport.settings.timeout
        longest = LIMIT if given is None or given == inf else given  # a look that hangs would hold up all others
        options: RequestOptions = {"timeout": min(longest, max(self._left(end), 0.001))}
        answer = await self._transport.send(request, self._patience.asking(options))
        self._patience.heard()
        return answer

    def _left(self, end: float) -> float:
        return end - self._transport.settings.clock.now()
