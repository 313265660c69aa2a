"""Following a job of today's API: pages of events, newest first, looked through again and again; each is told once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import pytest

from _async.jobs_host import Ticks
from _async.support import client_of
from loopback import RESET, Answer, Loopback, Received, refusal, reply
from openft import APIError, APIResponseValidationError, AsyncClient, ConfigError, InternalServerError, NotFoundError
from openft._runtime import aio
from openft.config import Clock
from openft.types import FineTuningJobEvent


@dataclass
class Teller:
    """A host of one job. Each look at the job lets the next events happen; after the last of them it has ended."""

    plan: Iterator[int]
    """How many events there are at each look."""
    page: int = 100
    during: int = 0
    """How many more happen after each page of events."""
    heeds_after: bool = True
    event: Callable[[int], dict[str, Any]] = lambda number: {"id": f"ftevent-{number}", "message": f"event {number}"}
    instead: Callable[[str], Answer | None] = lambda _: None
    ticks: Ticks = field(default_factory=Ticks)
    count: int = 0
    trimmed: int = 0
    """How many of the oldest are no longer there."""
    over: bool = False
    targets: list[str] = field(default_factory=list[str])

    def __call__(self, received: Received) -> Answer:
        told = received.target.removeprefix("/v1/fine_tuning/jobs/")
        self.targets.append(told)
        other = self.instead(told)
        if other is not None:
            return other
        if "/events" in told:
            return [reply(200, self._events(parse_qs(told.partition("?")[2])))]
        self.count = next(self.plan, self.count)
        return [reply(200, {"id": "job-1", "status": "succeeded" if self.over else "running", "fine_tuned_model": "m"})]

    def _events(self, query: dict[str, list[str]]) -> dict[str, Any]:
        told = [self.event(number) for number in range(self.count, self.trimmed, -1)]
        ids = [event.get("id") for event in told]
        begin = 1 + ids.index(query["after"][0]) if "after" in query and self.heeds_after else 0
        self.count += self.during
        size = min(self.page, int(query["limit"][0]))
        return {"data": told[begin : begin + size], "has_more": begin + size < len(told)}


def teller(*counts: int, **changes: Any) -> Teller:
    """Return a host with so many events at each look, the last of which finds the job ended."""
    host = Teller(iter(()), **changes)

    def plan() -> Iterator[int]:
        for number, count in enumerate(counts, 1):
            host.over = host.over or number == len(counts)
            yield count

    host.plan = plan()
    return host


def follower(server: Loopback, host: Teller, **options: Any) -> AsyncClient:
    """Return a client that sleeps by the host's clock."""
    client = client_of(server, **options)
    client._settings = client._settings._replace(clock=Clock(host.ticks.now, host.ticks.skip))
    return client


async def followed(host: Teller, after: str | None = None, **options: Any) -> list[str]:
    """Return the messages that a follower of the host's job is told."""
    with Loopback(host) as server:
        async with follower(server, host, **options) as client:
            events = client.fine_tuning.jobs.follow("job-1", after=after)
            messages = [event.message async for event in events]
            assert events.job is not None
            assert events.job.succeeded
            assert [event async for event in events] == []
            return messages


def story(count: int, start: int = 1) -> list[str]:
    return [f"event {number}" for number in range(start, count + 1)]


@pytest.mark.anyio
async def test_every_event_comes_once_oldest_first() -> None:
    host = teller(2, 2, 5, 9)
    assert await followed(host) == story(9)
    assert host.targets == ["job-1", "job-1/events?limit=100"] * 4
    assert host.ticks.passed == 3 * 4.5


@pytest.mark.anyio
async def test_a_job_that_has_ended_is_told_without_a_pause() -> None:
    host = teller(3)
    assert await followed(host) == story(3)
    assert host.ticks.passed == 0


@pytest.mark.anyio
@pytest.mark.parametrize("counts", [(250,), (20, 250), (250, 260, 600)])
async def test_events_come_in_pages(counts: tuple[int, ...]) -> None:
    assert await followed(teller(*counts)) == story(counts[-1])


@pytest.mark.anyio
async def test_events_may_happen_while_others_are_read() -> None:
    host = teller(30, 60, 90, 120, page=10, during=3)
    messages = await followed(host)
    assert messages == story(len(messages))
    assert len(messages) >= 120


@pytest.mark.anyio
async def test_an_event_in_place_of_its_cursor_is_refused() -> None:
    wrong: Any = FineTuningJobEvent(id="event-1")
    with pytest.raises(ConfigError, match=r"not a FineTuningJobEvent; pass event\.cursor"):
        await followed(teller(1, 2), after=wrong)


@pytest.mark.anyio
async def test_following_goes_on_behind_a_saved_cursor() -> None:
    host = teller(250, 253)
    assert await followed(host, "ftevent-248") == story(253, 249)
    assert host.targets.count("job-1/events?limit=100") == 2
    assert len(host.targets) == 4


@pytest.mark.anyio
async def test_the_cursor_of_each_event_is_where_to_go_on() -> None:
    with Loopback(teller(6)) as server:
        async with client_of(server) as client:
            events = client.fine_tuning.jobs.follow("job-1")
            cursors = [event.cursor async for event in events]
    for seen, cursor in enumerate(cursors, 1):
        assert await followed(teller(6), cursor) == story(6, seen + 1)


@pytest.mark.anyio
async def test_a_cursor_that_is_gone_begins_with_what_there_is() -> None:
    assert await followed(teller(150, trimmed=20), "ftevent-7") == story(150, 21)


@pytest.mark.anyio
async def test_no_event_is_told_again_when_the_last_one_is_gone() -> None:
    host = teller(5, 5, 9)
    taken: list[int] = []

    def forget(told: str) -> None:
        taken.append(1)
        if len(taken) == 4:
            host.event = lambda number: {"id": f"ftevent-{number}", "message": f"event {number}"}
            host.count -= 1  # event 5 is taken back

    host.instead = forget
    assert await followed(host) == story(9)


@pytest.mark.anyio
async def test_events_may_have_no_ids() -> None:
    host = teller(2, 2, 5, event=lambda number: {"created_at": number // 2, "message": f"event {number}"})
    assert await followed(host) == story(5)
    assert await followed(teller(5, event=host.event), "1 event 3") == story(5, 4)


@pytest.mark.anyio
async def test_events_without_ids_may_be_equal() -> None:
    words = ["", "waiting", "step", "waiting", "waiting", "step", "waiting 1", "waiting"]
    host = teller(0, 1, 2, 4, 4, 7, event=lambda number: {"created_at": 5, "message": words[number]})
    assert await followed(host) == words[1:]


@pytest.mark.anyio
async def test_equal_events_are_told_again_rather_than_never_behind_a_saved_cursor() -> None:
    host = teller(3, event=lambda number: {"created_at": 5, "message": ["", "a", "b", "b"][number]})
    assert await followed(host, "5 b") == ["b"]
    assert await followed(teller(3, event=host.event), "5 a") == ["b", "b"]


@pytest.mark.anyio
async def test_an_event_with_an_id_comes_once_however_often_a_page_has_it() -> None:
    host = teller(4, 6, event=lambda number: {"id": f"ftevent-{number // 2}", "message": f"event {number // 2}"})
    assert await followed(host) == ["event 0", "event 1", "event 2", "event 3"]


@pytest.mark.anyio
async def test_pages_of_events_without_ids_end_with_the_first() -> None:
    host = teller(20, page=10, event=lambda number: {"created_at": number, "message": f"event {number}"})
    assert await followed(host) == story(20, 11)
    assert len(host.targets) == 2


@pytest.mark.anyio
async def test_a_host_may_give_the_same_page_again_and_again() -> None:
    host = teller(20, 25, page=10, heeds_after=False)
    assert await followed(host) == [*story(20, 11), *story(25, 21)]
    assert len(host.targets) == 5


@pytest.mark.anyio
async def test_a_page_may_be_empty() -> None:
    host = teller(0, 0, 1)
    assert await followed(host) == story(1)


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [[RESET], [refusal(503)], [refusal(429)]], ids=["reset", "503", "429"])
@pytest.mark.parametrize("where", ["job-1", "job-1/events"])
async def test_a_server_that_is_away_for_a_while_is_waited_for(answer: Answer, where: str) -> None:
    host = teller(2, 5, 9)
    lost = [2, 3, 4, 5, 8]

    def away(told: str) -> Answer | None:
        return answer if told.partition("?")[0] == where and len(host.targets) in lost else None

    host.instead = away
    assert await followed(host, max_retries=0) == story(9)


@pytest.mark.anyio
async def test_a_server_that_is_away_is_borne_for_ten_minutes() -> None:
    host = teller(2, 5, 9, instead=lambda _: [refusal(503)])
    with Loopback(host) as server:
        async with follower(server, host, max_retries=0) as client:
            events = client.fine_tuning.jobs.follow("job-1")
            with pytest.raises(InternalServerError, match="nothing was heard of job job-1 for 10 minutes") as caught:
                await anext(events)
            assert str(caught.value).endswith("; ask again, what was started goes on")
            assert 600 < host.ticks.passed < 620
            assert len(host.targets) < 100


@pytest.mark.anyio
async def test_following_that_has_given_up_may_go_on() -> None:
    host = teller(2)
    host.instead = lambda _: [refusal(503)]
    with Loopback(host) as server:
        async with follower(server, host, max_retries=0) as client:
            events = client.fine_tuning.jobs.follow("job-1")
            for _ in range(3):
                began = host.ticks.passed
                with pytest.raises(InternalServerError, match="for 10 minutes"):
                    await anext(events)
                assert 600 < host.ticks.passed - began < 620
            host.instead = lambda _: None
            assert [event.message async for event in events] == story(2)


@pytest.mark.anyio
async def test_a_server_that_is_away_is_told_of_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    host = teller(2, 5, 9)
    host.instead = lambda _: [refusal(503)] if 1 < host.ticks.passed < 400 else None
    assert await followed(host) == story(9)
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len([said for said in warned if said.startswith("no news of job job-1 for ")]) in range(5, 8)
    assert len(warned) <= 7 + 2


@pytest.mark.anyio
async def test_a_job_that_is_not_there_ends_the_following() -> None:
    with Loopback(teller(1, instead=lambda _: [refusal(404)])) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError):
                await anext(client.fine_tuning.jobs.follow("job-1"))


@pytest.mark.anyio
async def test_a_job_that_does_not_say_how_far_it_is_ends_the_following() -> None:
    host = teller(1, 2, instead=lambda told: None if "/events" in told else [reply(200, {"id": "job-1"})])
    with pytest.raises(APIResponseValidationError, match="job job-1 has no status"):
        await followed(host)


@pytest.mark.anyio
async def test_an_error_in_the_middle_loses_no_event() -> None:
    host = teller(3, 7)
    host.instead = lambda told: [refusal(400)] if len(host.targets) == 4 else None
    seen: list[str] = []
    with Loopback(host) as server:
        async with follower(server, host) as client:
            events = client.fine_tuning.jobs.follow("job-1")
            while events.job is None:
                try:
                    async for event in events:
                        seen.append(event.message)  # noqa: PERF401 - kept when an error comes
                except APIError:
                    pass
    assert seen == story(7)


# Leaving, and notice


async def together(calls: list[Callable[[], Awaitable[Any]]]) -> list[Any]:
    return await aio.gather(len(calls), calls)


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await aio.sleep(0.005)


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [None, [refusal(503, retry_after="100")]], ids=["between looks", "away"])
async def test_leaving_wakes_who_sleeps(answer: Answer | None) -> None:
    host, looks = teller(*[2] * 100), list[int]()
    host.instead = lambda _: answer if len(host.targets) > 2 else None
    with Loopback(host) as server:
        async with client_of(server, max_retries=0) as client, client.fine_tuning.jobs.follow("job-1") as events:
            assert [(await anext(events)).message for _ in range(2)] == story(2)

            async def heard(client: AsyncClient) -> None:
                while len(host.targets) == 2:
                    client.fine_tuning.jobs.notify("job-1")
                    await aio.sleep(0.005)

            async def leave() -> None:
                if answer is not None:
                    await heard(client)
                await aio.sleep(0.05)
                looks.append(len(host.targets))
                await events.aclose()

            async def rest() -> list[str]:
                return [event.message async for event in events]

            assert await together([rest, leave]) == [[], None]
            assert events.job is None
    assert [len(host.targets)] == looks


@pytest.mark.anyio
async def test_who_has_left_is_told_nothing_more() -> None:
    host = teller(2, 2)
    with Loopback(host) as server:
        async with client_of(server) as client:
            async with client.fine_tuning.jobs.follow("job-1") as events:
                pass
            assert [event async for event in events] == []
    assert host.targets == []


@pytest.mark.anyio
async def test_notice_wakes_who_follows() -> None:
    host = teller(2, 5, 6)
    with Loopback(host) as server:
        async with client_of(server) as client:
            jobs = client.fine_tuning.jobs
            seen: list[str] = []

            async def rest() -> None:
                async for event in jobs.follow("job-1"):
                    seen.append(event.message)  # noqa: PERF401 - looked at meanwhile

            async def hear() -> None:
                for count in (2, 5):
                    await until(partial(lambda count: len(seen) >= count, count))
                    await aio.sleep(0.05)
                    jobs.notify("job-2")
                    jobs.notify("job-1")

            await together([rest, hear])
    assert seen == story(6)
