"""Waiting for many jobs: one poller for all, each told once, whatever the host is like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from math import inf, nan
from typing import Any

import pytest

from _async.jobs_host import ROOTS, Host, all_of, jobs_of, names, watching
from _async.support import client_of
from loopback import HANG, KEY, Answer, Loopback, Pause, refusal, reply
from openft import (
    AsyncClient,
    ConfigError,
    InternalServerError,
    JobCancelled,
    JobFailed,
    NotFoundError,
    WaitTimeout,
)
from openft._runtime import aio
from openft.types.info import ResponseInfo

both = pytest.mark.parametrize("root", ROOTS)
FATES = {"job-0": "succeeded", "job-1": "failed", "job-2": "cancelled"}


# What comes back


@pytest.mark.anyio
@both
async def test_each_job_comes_once_whatever_its_fate(root: str) -> None:
    host = Host(root)
    for id, fate in FATES.items():
        host.add(id, after=7.0, status=fate)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = jobs_of(client, host).as_completed([*FATES, *FATES])
            assert jobs.left == FATES.keys()
            seen = [job async for job in jobs]
            assert {job.id: job.status for job in seen} == FATES
            assert len(seen) == 3
            assert jobs.left == frozenset()
            assert [job async for job in jobs] == []
    assert host.ticks.passed < 7 + 5


@pytest.mark.anyio
@both
async def test_jobs_come_as_they_end(root: str) -> None:
    host = Host(root)
    for number, id in enumerate(names(6)):
        host.add(id, after=100.0 - 10 * number)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = jobs_of(client, host).as_completed(names(6))
            assert [job.id async for job in jobs] == names(6)[::-1]


@pytest.mark.anyio
@both
async def test_each_wait_has_its_own_outcome(root: str) -> None:
    host = Host(root).add(*names(3), after=3)
    host.ends["job-1"] = (3, "failed")
    host.ends["job-2"] = (3, "cancelled")
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = jobs_of(client, host)
            done, failed, cancelled, missing = await host.ticks.together(
                [partial(jobs.wait, id) for id in [*names(3), "job-9"]]
            )
    assert done.fine_tuned_model == "ft:job-0"
    assert isinstance(failed, JobFailed)
    assert "job-1 failed: the data is bad" in str(failed)
    assert isinstance(cancelled, JobCancelled)
    assert isinstance(missing, NotFoundError)


@pytest.mark.anyio
@both
async def test_an_unknown_job_is_told_once_and_the_others_go_on(root: str) -> None:
    host = Host(root).add(*names(5), after=20)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = jobs_of(client, host).as_completed([*names(5), "job-9"])
            with pytest.raises(NotFoundError, match="no such job: job-9"):
                await anext(jobs)
            assert jobs.left == set(names(5))
            assert {job.id async for job in jobs} == set(names(5))


@pytest.mark.anyio
async def test_no_jobs_are_no_requests() -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            assert [job async for job in client.fine_tuning.jobs.as_completed([])] == []
    assert server.requests == []


@pytest.mark.anyio
async def test_what_waits_shows_how_many_are_left() -> None:
    host = Host().add(*names(2))
    host.end("job-0")
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs.as_completed(names(2))
            await anext(jobs)
            assert repr(jobs) == f"<{type(jobs).__name__}: 1 job left>"


# How often is asked


@pytest.mark.anyio
async def test_many_waits_ask_for_pages_of_the_list() -> None:
    host = Host().add(*names(200), after=60)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs
            done = await host.ticks.together([partial(jobs.wait, id, poll=10) for id in names(200)])
    assert [job.id for job in done] == names(200)
    assert len(host.targets) < 200  # each by itself would be 1,400


@pytest.mark.anyio
async def test_a_few_waits_ask_for_each_job() -> None:
    host = Host().add(*names(500), after=60)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            done = [job.id async for job in client.fine_tuning.jobs.as_completed(names(3), poll=10)]
    assert set(done) == set(names(3))
    assert (host.lists, len(host.singles)) == (0, 3 * 8)


@pytest.mark.anyio
async def test_the_whole_list_comes_at_once_on_the_older_api() -> None:
    host = Host("fine-tunes").add(*names(100), after=60)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            done = [job.id async for job in client.fine_tunes.as_completed(names(100), poll=10)]
    assert len(done) == 100
    assert (host.lists, host.singles) == (8, [])
    assert all("limit" not in target for target in host.targets)


@pytest.mark.anyio
async def test_the_list_is_read_no_further_than_to_the_oldest_that_is_watched() -> None:
    host = Host().add(*names(1000, 1000)).add(*names(100), after=60)
    host.hidden = {"job-0"}
    with Loopback(host) as server:
        async with watching(server, host) as client:
            await all_of(client.fine_tuning.jobs.as_completed(names(100), poll=10))
    assert host.lists <= 11 + 7  # the first time through all, for the one that is hidden
    assert len(host.singles) <= 8


@pytest.mark.anyio
async def test_jobs_far_apart_are_asked_for_one_by_one_where_that_is_cheaper() -> None:
    host = Host().add(*names(1200))
    few = names(1200)[::150]
    host.ends |= dict.fromkeys(few, (60, "succeeded"))
    with Loopback(host) as server:
        async with watching(server, host) as client:
            await all_of(client.fine_tuning.jobs.as_completed(few, poll=10))
    assert host.lists <= 4
    assert len(host.singles) <= 8 * 8


@pytest.mark.anyio
async def test_a_job_that_joins_is_looked_at_at_once_and_the_others_in_their_time() -> None:
    host = Host().add("job-0", after=50).add("job-1", after=0)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs
            joined: list[Any] = []

            async def join() -> None:
                while host.ticks.passed < 15:
                    await aio.sleep(0.005)
                joined.append(await jobs.wait("job-1", poll=1000))

            host.ticks.on_skip = lambda _: None
            await host.ticks.together([partial(jobs.wait, "job-0", poll=10), join])
    assert joined[0].id == "job-1"
    assert host.singles.count("job-1") == 1
    assert host.singles.count("job-0") <= 8


@pytest.mark.anyio
@pytest.mark.parametrize("poll", [0, 0.0, 1e-9])
async def test_no_pause_at_all_is_a_short_one(poll: float) -> None:
    host = Host().add("job-0", after=1)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            await client.fine_tuning.jobs.wait("job-0", poll=poll)
    assert 90 <= len(host.targets) <= 110


@pytest.mark.anyio
async def test_a_look_is_one_turn() -> None:
    host = Host().add(*names(50), after=95)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            await host.ticks.together([partial(client.fine_tuning.jobs.wait, id, poll=10) for id in names(50)])
    assert host.ticks.turns <= 13


# Failing


@pytest.mark.anyio
async def test_code_of_the_callers_that_fails_is_told_to_each() -> None:
    def fail(_: ResponseInfo) -> None:
        raise LookupError

    host = Host().add(*names(3))
    with Loopback(host) as server:
        async with watching(server, on_response=fail) as client:
            failures = await host.ticks.together([partial(client.fine_tuning.jobs.wait, id) for id in names(3)])
    assert [type(failure) for failure in failures] == [ConfigError] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["wait", "as_completed", "follow", "models.wait", "files.wait_for_processing"])
async def test_an_interruption_is_told_without_the_way_through_the_client(how: str) -> None:
    def interrupt(_: ResponseInfo) -> None:
        raise KeyboardInterrupt

    host = Host().add("job-0")
    with Loopback(host) as server:
        async with watching(server, on_response=interrupt) as client:
            jobs = client.fine_tuning.jobs
            calls: dict[str, Callable[[], Awaitable[object]]] = {
                "wait": lambda: jobs.wait("job-0"),
                "as_completed": lambda: anext(jobs.as_completed(["job-0"])),
                "follow": lambda: anext(jobs.follow("job-0")),
                "models.wait": lambda: client.models.wait("ada"),
                "files.wait_for_processing": lambda: client.files.wait_for_processing("file-1"),
            }
            with pytest.raises(KeyboardInterrupt) as caught:
                await calls[how]()
    assert len(caught.traceback) <= 5
    assert caught.value.__suppress_context__


# Time


@pytest.mark.anyio
@both
@pytest.mark.parametrize("count", [1, 2, 30])
async def test_a_timeout_says_which_have_not_ended(root: str, count: int) -> None:
    host = Host(root).add(*names(count))
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = jobs_of(client, host).as_completed(names(count), timeout=20)
            with pytest.raises(WaitTimeout) as caught:
                await anext(jobs)
            assert jobs.left == set(names(count))
            with pytest.raises(WaitTimeout):
                await anext(jobs)
    noun = "fine-tune" if root == "fine-tunes" else "job"
    said = {
        1: f"{noun} job-0 is still running after 20 s; wait longer or cancel it",
        2: f"{noun}s job-0, job-1 have not ended after 20 s (2 running); wait longer or cancel them",
        30: f"{noun}s job-0, job-1, job-10 and 27 more have not ended after 20 s (30 running); "
        "wait longer or cancel them",
    }
    assert str(caught.value) == said[count]
    assert caught.value.ids == tuple(sorted(names(count)))
    assert caught.value.__cause__ is None
    assert host.ticks.passed == 20


@pytest.mark.anyio
@pytest.mark.parametrize("others", [0, 9], ids=["alone", "among others"])
@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("queued", "is still queued after 20 s; wait longer or cancel it"),
        ("pending", "is still pending after 20 s; wait longer or cancel it"),
        ("validating_files", "is still validating files after 20 s; wait longer or cancel it"),
        ("paused", "is still paused after 20 s; resume it or cancel it"),
        ("resting", "is still resting after 20 s; wait longer or cancel it"),
        ("a\nb" * 50, f"is still {('a' + chr(10) + 'b') * 13 + 'a'!r} after 20 s; wait longer or cancel it"),
    ],
)
async def test_a_timeout_says_how_far_the_job_was(status: str, said: str, others: int) -> None:
    host = Host().add("job-0", after=inf, status="running").add(*names(others, 1))
    host.status = lambda name: status if name == "job-0" else "running"
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs
            waits = [partial(jobs.wait, id, timeout=20) for id in names(1 + others)]
            failures = await host.ticks.together(waits)
    assert str(failures[0]) == f"job job-0 {said}"
    assert (host.lists > 0) == (others > 0)


@pytest.mark.anyio
async def test_a_timeout_of_many_counts_how_far_they_are() -> None:
    host = Host().add(*names(9))
    odd = {"job-3": "queued", "job-4": "paused", "job-5": "paused"}
    host.status = lambda name: odd.get(name, "running")
    with Loopback(host) as server:
        async with watching(server, host) as client:
            with pytest.raises(WaitTimeout) as caught:
                await anext(client.fine_tuning.jobs.as_completed(names(9), timeout=20))
    assert "(6 running, 2 paused, 1 queued); wait longer or cancel them" in str(caught.value)


@pytest.mark.anyio
async def test_a_timeout_of_jobs_that_all_are_paused_says_to_resume_them() -> None:
    host = Host().add(*names(2))
    host.status = lambda _: "paused"
    with Loopback(host) as server:
        async with watching(server, host) as client:
            with pytest.raises(WaitTimeout, match=r"after 0 s \(2 paused\); resume them or cancel them"):
                await anext(client.fine_tuning.jobs.as_completed(names(2), timeout=0))


@pytest.mark.anyio
async def test_a_timeout_of_zero_is_one_look_for_all() -> None:
    host = Host().add(*names(10))
    host.end("job-1", "job-2")
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs
            seen = await host.ticks.together([partial(jobs.wait, id, timeout=0) for id in names(10)])
            assert [type(each).__name__ for each in seen].count("WaitTimeout") == 8
            iterator = jobs.as_completed(names(10), timeout=0)
            assert {(await anext(iterator)).id, (await anext(iterator)).id} == {"job-1", "job-2"}
            with pytest.raises(WaitTimeout, match="after 0 s"):
                await anext(iterator)
    assert host.ticks.passed == 0


@pytest.mark.anyio
async def test_those_with_less_time_leave_and_the_others_stay() -> None:
    host = Host().add(*names(10), after=100)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs
            calls = [partial(jobs.wait, id, timeout=20 if number % 2 else None) for number, id in enumerate(names(10))]
            seen = await host.ticks.together(calls)
    assert [isinstance(each, WaitTimeout) for each in seen] == [False, True] * 5


@pytest.mark.anyio
async def test_an_iterator_that_comes_back_late_looks_once_more() -> None:
    host = Host().add(*names(3))
    host.end("job-0")
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs.as_completed(names(3), timeout=30)
            await anext(jobs)
            host.ticks.skip(1000)
            host.end("job-1")
            assert (await anext(jobs)).id == "job-1"
            with pytest.raises(WaitTimeout, match="job job-2 is still running after 30 s"):
                await anext(jobs)


@pytest.mark.anyio
@pytest.mark.parametrize("slow", ["list", "jobs"])
async def test_a_slow_look_ends_with_the_time_of_who_leads(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._async.watch.LOOK", 0.3)
    host = Host().add(*names(300))
    host.hidden = set(names(300)) if slow == "jobs" else set()

    def answer(told: str) -> Answer | None:
        if slow == "list":
            return [Pause(0.05), reply(200, {"data": [{"id": f"x{len(host.targets)}"}], "has_more": True})]
        return [Pause(0.05), reply(200, host.job(told.rpartition("/")[2]))] if "/job-" in told else None

    host.instead = answer
    with Loopback(host) as server:
        async with client_of(server) as client:
            with pytest.raises(WaitTimeout, match=r"and 297 more have not ended after 0\.1 s; wait longer"):
                await anext(client.fine_tuning.jobs.as_completed(names(300), timeout=0.1))
    assert 5 < len(host.targets) < 100


@pytest.mark.anyio
async def test_a_server_that_is_away_at_the_end_of_the_time_is_named() -> None:
    host = Host().add(*names(2))
    host.instead = lambda told: [refusal(503, "closed")] if host.ticks.passed > 10 else None
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            with pytest.raises(
                WaitTimeout, match=r"jobs job-0, job-1 cannot be reached \(.*closed.*\) after 20 s"
            ) as caught:
                await anext(client.fine_tuning.jobs.as_completed(names(2), timeout=20))
    assert isinstance(caught.value.__cause__, InternalServerError)


@pytest.mark.anyio
@pytest.mark.parametrize("times", [{"timeout": -1}, {"timeout": nan}, {"poll": -1}, {"poll": inf}, {"poll": "5"}])
async def test_times_that_make_no_sense_are_refused_before_anything_is_sent(times: dict[str, Any]) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="must be a number of seconds"):
                await client.fine_tuning.jobs.wait("job-0", **times)
            with pytest.raises(ConfigError, match="must be a number of seconds"):
                client.fine_tuning.jobs.as_completed(["job-0"], **times)
    assert server.requests == []


@pytest.mark.anyio
@pytest.mark.parametrize("id", ["", "..", "a\nb"])
async def test_an_id_that_cannot_be_one_harms_nobody_else(id: str) -> None:
    host = Host().add("job-0", after=20)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs
            done, wrong = await host.ticks.together([partial(jobs.wait, "job-0"), partial(jobs.wait, id)])
            with pytest.raises(ConfigError):
                jobs.as_completed(["job-0", id])
    assert done.succeeded
    assert isinstance(wrong, ConfigError)


# Sharing an iterator


@pytest.mark.anyio
async def test_several_may_share_an_iterator() -> None:
    host = Host()
    for number, id in enumerate(names(30)):
        host.add(id, after=number * 2.0)
    with Loopback(host) as server:
        async with watching(server, host) as client:
            iterator = client.fine_tuning.jobs.as_completed(names(30))

            async def work() -> list[str]:
                return [job.id async for job in iterator]

            seen = await host.ticks.together([work] * 4)
    assert sorted(id for each in seen for id in each) == sorted(names(30))


@pytest.mark.anyio
async def test_one_id_is_not_taken_for_its_letters() -> None:
    async with AsyncClient(api_key=KEY, base_url="http://127.0.0.1:9/v1") as client:
        with pytest.raises(ConfigError, match=r"takes several ids, not one; pass \['job-1'\], or use wait"):
            client.fine_tunes.as_completed("job-1")


@pytest.mark.anyio
async def test_a_look_that_hangs_ends_though_the_client_has_no_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._async.looker.LIMIT", 0.3)
    done = {"id": "job-1", "status": "succeeded", "fine_tuned_model": "ada:ft-1"}
    with Loopback([[HANG], [reply(200, done)]]) as server:
        async with client_of(server, timeout=inf, max_retries=0) as client:
            assert (await client.fine_tunes.wait("job-1", poll=0.01)).fine_tuned_model == "ada:ft-1"
