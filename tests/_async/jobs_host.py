"""A host of jobs for tests: both job APIs from one table, by a clock that passes where the client would sleep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from threading import Lock
from time import sleep
from typing import Any
from urllib.parse import parse_qs

from _async.support import client_of
from loopback import Answer, Loopback, Received, refusal, reply
from openft import APIError, AsyncClient
from openft._runtime import aio
from openft.config import Clock

ROOTS = {"fine_tuning/jobs": 100, "fine-tunes": None}
"""The two job APIs, and how many jobs are asked for in a page of the list."""


class Ticks:
    """Seconds that pass only where somebody would sleep."""

    def __init__(self) -> None:
        self._time = 1000.0
        self._lock = Lock()
        self.turns = 0
        """How often somebody would have slept."""
        self.expected = self.begun = 0
        """Those who are about to wait, and who have begun; time does not pass before all are there."""
        self.on_skip: Callable[[float], None] = lambda _: None

    def now(self) -> float:
        return self._time

    def skip(self, seconds: float) -> None:
        if self.begun < self.expected:
            sleep(0.002)
            return
        with self._lock:
            self._time += seconds
            self.turns += 1
        self.on_skip(self._time - 1000.0)

    async def begin(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Return what a call returns or raises, one of those that are expected."""
        try:
            await aio.sleep(0)
            self.begun += 1
            return await call()
        except Exception as error:
            return error

    async def together(self, calls: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """Return what the calls return or raise, all of them begun at once."""
        self.expected += len(calls)
        return await aio.gather(len(calls), [partial(self.begin, call) for call in calls])

    @property
    def passed(self) -> float:
        return self._time - 1000.0


@dataclass
class Host:
    """The host. A job ends when the client's clock says so; tests change the fields as they like."""

    root: str = "fine_tuning/jobs"
    ends: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    """The jobs, oldest first: seconds after which each ends, and how."""
    ticks: Ticks = field(default_factory=Ticks)
    oldest_first: bool = False
    hidden: set[str] = field(default_factory=set[str])
    """Jobs that the list does not show."""
    largest_page: int = 100
    says_more: bool = True
    heeds_after: bool = True
    status: Callable[[str], str | None] = lambda _: "running"
    """That of a job which goes on."""
    row: Callable[[dict[str, Any]], Any] = lambda row: row
    """Changes a row of the list."""
    before: list[Any] = field(default_factory=list[Any])
    """Rows that stand before all others in each page."""
    instead: Callable[[str], Answer | None] = lambda _: None
    """Asked first, with method and target, for another answer."""
    targets: list[str] = field(default_factory=list[str])

    def add(self, *ids: str, after: float = inf, status: str = "succeeded") -> Host:
        """Have these jobs, too."""
        self.ends.update(dict.fromkeys(ids, (after, status)))
        return self

    def end(self, *ids: str, status: str = "succeeded") -> None:
        """End these jobs now."""
        self.ends.update(dict.fromkeys(ids, (-1.0, status)))

    def job(self, id: str) -> dict[str, Any]:
        """Return the job as it stands now."""
        after, status = self.ends[id]
        over = self.ticks.passed >= after
        return {
            "id": id,
            "created_at": 1 + list(self.ends).index(id),
            "status": status if over else self.status(id),
            "fine_tuned_model": f"ft:{id}" if over and status == "succeeded" else None,
            "error": {"message": "the data is bad", "code": "bad"} if over and status == "failed" else {},
            "events": [{"message": "Error: the data is bad", "level": "error"}] if over and status == "failed" else [],
        }

    @property
    def lists(self) -> int:
        """How many pages of the list were asked for."""
        return len([target for target in self.targets if target.partition("?")[0].endswith(self.root)])

    @property
    def singles(self) -> list[str]:
        """The jobs that were asked for by themselves."""
        return [target.rpartition("/")[2] for target in self.targets if f"{self.root}/" in target]

    def __call__(self, received: Received) -> Answer:
        told = f"{received.method} {received.target.removeprefix('/v1/')}"
        self.targets.append(told)
        other = self.instead(told)
        if other is not None:
            return other
        if f"{self.root}/" not in told:
            return [reply(200, self._page(parse_qs(received.target.partition("?")[2])))]
        id = told.rpartition("/")[2]
        return [reply(200, self.job(id)) if id in self.ends else refusal(404, f"no such job: {id}")]

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        ids = [id for id in self.ends if id not in self.hidden]
        ids = ids if self.oldest_first or self.root == "fine-tunes" else ids[::-1]
        size = min(int(query["limit"][0]), self.largest_page) if "limit" in query else len(ids)
        begin = 1 + ids.index(query["after"][0]) if "after" in query and self.heeds_after else 0
        rows = [*self.before, *(self.row(self.job(id)) for id in ids[begin : begin + size])]
        return {"object": "list", "data": rows, **({"has_more": begin + size < len(ids)} if self.says_more else {})}


def watching(server: Loopback, host: Host | None = None, **options: Any) -> AsyncClient:
    """Return a client of the server; with the host given, one that sleeps by the host's clock."""
    client = client_of(server, **options)
    if host is not None:
        client._settings = client._settings._replace(clock=Clock(host.ticks.now, host.ticks.skip))
    return client


def jobs_of(client: AsyncClient, host: Host) -> Any:
    """Return the client's resource for the API that the host speaks."""
    return client.fine_tunes if host.root == "fine-tunes" else client.fine_tuning.jobs


def names(count: int, start: int = 0) -> list[str]:
    """Return so many ids."""
    return [f"job-{number}" for number in range(start, start + count)]


async def all_of(iterator: Any) -> list[Any]:
    """Return what an iterator yields and raises, to its end or to the error of a time-out."""
    seen: list[Any] = []
    while True:
        try:
            seen.append(await anext(iterator))
        except StopAsyncIteration:
            return seen
        except APIError as error:
            seen.append(error)


def on(target: str, *answers: Answer) -> Callable[[str], Answer | None]:
    """Return what gives these answers, the last of them for ever, to requests that begin so."""
    left = list(answers)
    return lambda told: (left.pop(0) if len(left) > 1 else left[0]) if told.startswith(target) else None
