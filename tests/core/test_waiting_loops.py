"""Waiting on event loops: cancelled anywhere, on several loops at a time, and asleep where there is nothing to do."""

from __future__ import annotations

import asyncio
import gc
import random
import selectors
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from time import monotonic
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio

from _async.jobs_host import Host, names, watching
from loopback import Loopback, Pause, reply
from openft import AsyncClient, ConfigError, NotFoundError, WaitTimeout
from openft.types.info import ResponseInfo

POLL = 0.02


def seats(client: AsyncClient) -> int:
    """Return how many are still waiting."""
    return sum(len(watch._seats) for watch in client.fine_tuning.jobs._watches.all())


async def until(true: Callable[[], bool]) -> None:
    end = monotonic() + 10
    while not true():
        assert monotonic() < end
        await anyio.sleep(0.002)


# Cancelled


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(3))
async def test_waits_are_cancelled_at_any_moment_and_each_job_is_told_once(seed: int) -> None:
    host, chance, told = Host().add(*names(40)), random.Random(seed), Counter[str]()
    with Loopback(host) as server:
        async with watching(server) as client:

            async def insist(id: str) -> None:
                while not told[id]:
                    with anyio.move_on_after(chance.uniform(0, 0.1)):
                        told[(await client.fine_tuning.jobs.wait(id, poll=POLL)).id] += 1

            async def work() -> None:
                for id in chance.sample(names(40), 40):
                    await anyio.sleep(0.01)
                    host.end(id)

            async with anyio.create_task_group() as group:
                group.start_soon(work)
                for id in names(40):
                    group.start_soon(insist, id)
            assert seats(client) == 0
    assert told == Counter(names(40))


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(3))
async def test_an_iterator_that_is_cancelled_at_any_moment_loses_no_job(seed: int) -> None:
    host, chance = Host().add(*names(40)), random.Random(seed)
    with Loopback(host) as server:
        async with watching(server) as client:
            jobs = client.fine_tuning.jobs.as_completed(names(40), poll=POLL)
            seen: list[str] = []

            async def work() -> None:
                for id in chance.sample(names(40), 40):
                    await anyio.sleep(0.01)
                    host.end(id)

            async with anyio.create_task_group() as group:
                group.start_soon(work)
                while jobs.left:
                    with anyio.move_on_after(chance.uniform(0, 0.04)):
                        async for job in jobs:
                            seen.append(job.id)  # noqa: PERF401 - kept when it is cancelled
    assert sorted(seen) == sorted(names(40))


@dataclass
class Leader:
    """Two wait, the first of them leads; then something ends its wait."""

    host: Host = field(default_factory=lambda: Host().add("job-0", "job-1", "job-2"))
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    broken: Event = field(default_factory=Event)
    timeout: float | None = None

    def heard(self, _: ResponseInfo) -> None:
        if self.broken.is_set():
            self.broken.clear()
            raise LookupError

    async def lead(self, client: AsyncClient) -> None:
        with self.scope, suppress(WaitTimeout, ConfigError, NotFoundError):
            await anext(client.fine_tuning.jobs.as_completed(["job-0", "job-2"], poll=POLL, timeout=self.timeout))

    async def hands_over(self, end: Callable[[], object]) -> list[str]:
        """Return who was told behind the end of the leader."""
        told: list[str] = []
        with Loopback(self.host) as server:
            async with watching(server, on_response=self.heard) as client, anyio.create_task_group() as group:

                async def follow() -> None:
                    told.append((await client.fine_tuning.jobs.wait("job-1", poll=POLL)).id)

                group.start_soon(self.lead, client)
                await until(lambda: bool(self.host.targets))
                group.start_soon(follow)
                await until(lambda: "job-1" in self.host.singles)
                end()
                await until(lambda: seats(client) == 1)
                self.host.end("job-1")
        return told


@pytest.mark.anyio
async def test_a_leader_whose_job_has_ended_hands_over() -> None:
    leader = Leader()
    assert await leader.hands_over(partial(leader.host.end, "job-0")) == ["job-1"]


@pytest.mark.anyio
async def test_a_leader_whose_time_is_over_hands_over() -> None:
    leader = Leader(timeout=0.3)
    assert await leader.hands_over(list) == ["job-1"]


@pytest.mark.anyio
async def test_a_leader_who_is_cancelled_hands_over() -> None:
    leader = Leader()
    assert await leader.hands_over(leader.scope.cancel) == ["job-1"]


@pytest.mark.anyio
async def test_a_leader_whose_code_fails_hands_over() -> None:
    leader = Leader()
    assert await leader.hands_over(leader.broken.set) == ["job-1"]


@pytest.mark.anyio
async def test_a_leader_whose_job_is_gone_hands_over() -> None:
    leader = Leader()
    assert await leader.hands_over(partial(leader.host.ends.pop, "job-0")) == ["job-1"]


@pytest.mark.anyio
async def test_a_look_that_is_cancelled_is_taken_up_by_another() -> None:
    host = Host().add("job-0", "job-1")
    slow = [True]
    host.instead = lambda told: [Pause(0.2), reply(200, host.job("job-0"))] if slow and told.endswith("job-0") else None
    told: list[str] = []
    with Loopback(host) as server:
        async with watching(server) as client, anyio.create_task_group() as group:

            async def wait(id: str, scope: anyio.CancelScope) -> None:
                with scope:
                    told.append((await client.fine_tuning.jobs.wait(id, poll=1000)).id)

            first = anyio.CancelScope()
            group.start_soon(wait, "job-0", first)
            await until(lambda: bool(host.targets))
            group.start_soon(wait, "job-1", anyio.CancelScope())
            await anyio.sleep(0.02)
            host.end("job-1")
            first.cancel()
            slow.clear()
    assert told == ["job-1"]


@pytest.mark.anyio
async def test_notice_is_not_lost_with_who_would_have_looked() -> None:
    host = Host().add("job-0", "job-1")
    told: list[str] = []
    with Loopback(host) as server:
        async with watching(server) as client, anyio.create_task_group() as group:
            jobs = client.fine_tuning.jobs

            async def wait(id: str, scope: anyio.CancelScope) -> None:
                with scope:
                    told.append((await jobs.wait(id, poll=1000)).id)

            first = anyio.CancelScope()
            group.start_soon(wait, "job-0", first)
            await until(lambda: len(host.targets) == 1)
            group.start_soon(wait, "job-1", anyio.CancelScope())
            await until(lambda: len(host.targets) == 2)
            host.instead = lambda _: [Pause(0.3), reply(200, host.job("job-1"))]
            jobs.notify("job-1")
            await until(lambda: len(host.targets) == 3)
            host.end("job-1")
            host.instead = lambda _: None
            first.cancel()
    assert told == ["job-1"]
    assert len(host.targets) == 4


class Interrupted:
    """Leaving, interrupted the first time."""

    def __init__(self, watch: Any) -> None:
        self._watch = watch

    def __call__(self, bell: Any) -> None:
        del self._watch.__dict__["_leave"]
        raise MemoryError


@pytest.mark.anyio
async def test_an_interruption_while_leaving_leaves_nobody_asleep() -> None:
    host = Host().add("job-0", "job-1")
    with Loopback(host) as server:
        async with watching(server) as client, anyio.create_task_group() as group:

            async def lead() -> None:
                with pytest.raises(MemoryError):
                    await client.fine_tuning.jobs.wait("job-0", timeout=0.3, poll=POLL)

            group.start_soon(lead)
            await until(lambda: bool(host.targets))
            watch = client.fine_tuning.jobs._watches.get()
            watch.__dict__["_leave"] = Interrupted(watch)
            group.start_soon(partial(client.fine_tuning.jobs.wait, "job-1", poll=POLL))
            await until(lambda: "_leave" not in watch.__dict__)
            host.end("job-1")
        assert seats(client) == 0


@pytest.mark.anyio
async def test_a_follower_is_cancelled_while_it_asks() -> None:
    with Loopback(lambda _: [Pause(30)]) as server:
        async with watching(server) as client:
            with anyio.move_on_after(0.1) as scope:
                await anext(client.fine_tuning.jobs.follow("job-1"))
    assert scope.cancelled_caught


def test_task_groups_and_timeouts_of_asyncio_end_waits_in_order() -> None:
    host, told = Host().add(*names(20)), list[str]()

    async def main() -> None:
        async with watching(server) as client:

            async def wait(id: str) -> None:
                told.append((await client.fine_tuning.jobs.wait(id, poll=POLL)).id)

            async def all_of(*ids: str) -> None:
                async with asyncio.timeout(0.5), asyncio.TaskGroup() as group:
                    tasks.extend(group.create_task(wait(id)) for id in ids)

            tasks: list[asyncio.Task[None]] = []
            with pytest.raises(TimeoutError):
                await all_of(*names(10))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.fine_tuning.jobs.wait("job-0", poll=POLL), 0.05)
            tasks.clear()
            with pytest.raises(ExceptionGroup) as caught:
                await all_of("job-0", "job-1", "job-99")
            assert [type(error) for error in caught.value.exceptions] == [NotFoundError]
            assert [task.cancelled() for task in tasks] == [True, True, False]
            assert seats(client) == 0
            asyncio.get_running_loop().call_later(0.05, host.end, *names(20))
            await all_of(*names(20))
            assert len(asyncio.all_tasks()) == 1

    with Loopback(host) as server:
        asyncio.run(main())
    assert sorted(told) == sorted(names(20))


# Several loops


def test_several_loops_in_several_threads_wait_with_one_client() -> None:
    host = Host().add(*names(40))

    async def wait(client: AsyncClient, ids: list[str]) -> list[str]:
        done = [job.id async for job in client.fine_tuning.jobs.as_completed(ids, poll=1000)]
        await client.aclose()
        return done

    with Loopback(host) as server, ThreadPoolExecutor(4) as threads:
        client = watching(server)
        calls = [
            threads.submit(lambda ids: asyncio.run(wait(client, ids)), names(10)),
            threads.submit(lambda ids: trio.run(wait, client, ids), names(10, 10)),
            threads.submit(lambda ids: asyncio.run(wait(client, ids)), names(10, 20)),
            threads.submit(lambda ids: trio.run(wait, client, ids), names(10, 30)),
        ]
        asyncio.run(until(lambda: host.lists + len(host.singles) >= 4 and seats(client) == 4))
        asyncio.run(asyncio.sleep(0.2))
        host.end(*names(40))
        for id in names(40):
            client.fine_tuning.jobs.notify(id)
        done = [call.result(10) for call in calls]
    assert sorted(id for ids in done for id in ids) == sorted(names(40))
    gc.collect()
    gc.collect()  # what the first one found has let go of the rest
    assert client.fine_tuning.jobs._watches.all() == []


def test_notice_for_a_loop_that_has_ended_does_no_harm() -> None:
    host = Host().add("job-0")

    async def wait(client: AsyncClient) -> None:
        with anyio.move_on_after(0.1):
            await client.fine_tuning.jobs.wait("job-0")

    with Loopback(host) as server:
        client = watching(server)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(wait(client))
        kept = client.fine_tuning.jobs._watches.all()
        task = loop.create_task(client.fine_tuning.jobs.wait("job-0"))
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.run_until_complete(client.aclose())
        seated = [bell for watch in kept for bell in watch._seats]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()
        client.fine_tuning.jobs.notify("job-0")
        for bell in seated:
            bell._rung = False
            bell.ring()
    assert len(kept) == 1


# Asleep


class Counting(selectors.DefaultSelector):
    """Counts the turns of a loop."""

    turns = 0

    def select(self, timeout: float | None = None) -> Any:
        self.turns += 1
        return super().select(timeout)


def test_a_loop_sleeps_while_there_is_nothing_to_do() -> None:
    host, selector = Host().add(*names(200)), Counting()

    async def main() -> None:
        async with watching(server) as client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.fine_tuning.jobs.wait(id, poll=1000)) for id in names(200)]
            tasks.append(group.create_task(client.fine_tuning.jobs.wait("job-0", timeout=1000, poll=1000)))
            await asyncio.sleep(0.5)
            begun = selector.turns
            requests = len(host.targets)
            await asyncio.sleep(0.5)
            assert selector.turns - begun <= 3
            assert len(host.targets) == requests
            for task in tasks:
                task.cancel()

    with Loopback(host) as server, asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(main())


@pytest.mark.anyio
async def test_jobs_that_ended_together_let_others_have_their_turn() -> None:
    host, turns = Host().add(*names(50)), list[int]()
    host.end(*names(50))
    with Loopback(host) as server:
        async with watching(server) as client, anyio.create_task_group() as group:

            async def other() -> None:
                while True:
                    turns.append(len(seen))
                    await anyio.lowlevel.checkpoint()

            seen: list[str] = []
            jobs = client.fine_tuning.jobs.as_completed(names(50))
            seen.append((await anext(jobs)).id)
            group.start_soon(other)
            seen.extend([job.id async for job in jobs])
            group.cancel_scope.cancel()
    assert len(seen) == 50
    assert len(turns) >= 40
