"""Waiting for many jobs: one poller for all, each told once, whatever the host is like."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, nan
from typing import Any

import pytest

from _async.jobs_host import ROOTS, Host, jobs_of, names, watching
from _async.support import client_of
from loopback import RESET, Answer, Loopback, refusal, reply
from openft import (
    APIError,
    AuthenticationError,
    ConfigError,
    InternalServerError,
    JobCancelled,
    JobFailed,
    NotFoundError,
    WaitTimeout,
)
from openft._runtime import aio

pytestmark = pytest.mark.usefixtures("anyio_backend")
both = pytest.mark.parametrize("root", ROOTS)
FATES = {"job-0": "succeeded", "job-1": "failed", "job-2": "cancelled"}


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
    assert "job-1 has failed: the data is bad" in str(failed)
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
            assert repr(jobs) == f"<{type(jobs).__name__}: 1 jobs left>"


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


# Hosts that are different


@pytest.mark.anyio
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(
    "answer",
    [
        [refusal(404)],
        [refusal(405)],
        [refusal(400)],
        [refusal(403)],
        [reply(200, b"<html>")],
        [reply(200, {"data": {}})],
    ],
    ids=["404", "405", "400", "403", "html", "object"],
)
async def test_a_host_without_a_list_is_asked_for_each_job(root: str, answer: Answer) -> None:
    host = Host(root).add(*names(6), after=100)
    host.instead = lambda told: answer if f"{root}/" not in told else None
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            seen = await all_of(jobs_of(client, host).as_completed(names(6), poll=10))
    assert {job.id for job in seen} == set(names(6))
    assert host.lists <= 2
    assert host.ticks.passed <= 110


@pytest.mark.anyio
async def test_a_list_that_comes_back_is_used_again() -> None:
    host = Host().add(*names(40), after=1000)
    host.instead = on("GET fine_tuning/jobs?", [refusal(404)], [refusal(404)])
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs.as_completed(names(40), poll=10)
            host.ticks.on_skip = lambda passed: setattr(host, "instead", host.instead if passed < 50 else on("-", []))
            await all_of(jobs)
    assert host.lists > 70
    assert len(host.singles) < 15 * 40


@pytest.mark.anyio
@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_list_that_always_fails_does_not_hide_the_jobs(status: int) -> None:
    host = Host().add(*names(6), after=100)
    host.instead = on("GET fine_tuning/jobs?", [refusal(status)])
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(6), poll=10))
    assert {job.id for job in seen} == set(names(6))
    assert host.ticks.passed < 120


@pytest.mark.anyio
async def test_the_oldest_may_come_first() -> None:
    host = Host().add(*names(300, 1000)).add(*names(100), after=60)
    host.oldest_first = True
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(100), poll=10))
    assert {job.id for job in seen} == set(names(100))
    assert (host.lists, host.singles) == (4 * 8, [])


@pytest.mark.anyio
async def test_a_list_may_never_show_a_job() -> None:
    host = Host().add(*names(20), after=60)
    host.hidden = {"job-3", "job-7"}
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(20), poll=10))
    assert {job.id for job in seen} == set(names(20))
    assert set(host.singles) == host.hidden


@pytest.mark.anyio
async def test_pages_may_be_smaller_than_was_asked_for() -> None:
    host = Host().add(*names(100), after=0)
    host.largest_page = 20
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(100)))
    assert {job.id for job in seen} == set(names(100))
    assert (host.lists, host.singles) == (5, [])


@pytest.mark.anyio
@pytest.mark.parametrize("count", [150, 30])
async def test_a_list_may_not_say_whether_there_is_more(count: int) -> None:
    host = Host().add(*names(count), after=0)
    host.says_more = False
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(count)))
    assert {job.id for job in seen} == set(names(count))
    assert (host.lists, host.singles) == (-(-count // 100), [])


@pytest.mark.anyio
async def test_a_host_may_give_its_first_page_again_and_again() -> None:
    host = Host().add(*names(150), after=0)
    host.heeds_after = False
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(150)))
    assert {job.id for job in seen} == set(names(150))
    assert (host.lists, len(host.singles)) == (2, 50)


@pytest.mark.anyio
async def test_rows_may_be_junk() -> None:
    host = Host().add(*names(8), after=0)
    host.before = [None, 7, "row", [], {}, {"id": None}, {"id": ["job-1"]}, {"id": {"a": 1}, "status": "succeeded"}]
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(8)))
    assert {job.id for job in seen} == set(names(8))
    assert (host.lists, host.singles) == (1, [])


@pytest.mark.anyio
@pytest.mark.parametrize(
    "change",
    [
        {"fine_tuned_model": None},
        {"status": {}},
        {"status": None},
        {"status": "resting"},
        {"hyperparameters": 7},
    ],
    ids=["no model", "odd status", "no status", "new status", "wrong type"],
)
async def test_a_row_that_says_too_little_is_asked_for_by_itself(change: dict[str, Any]) -> None:
    host = Host().add(*names(8), after=0)
    host.row = lambda row: {**row, **change, "created_at": "yesterday"} if row["id"] == "job-1" else row
    if "model" in str(change) or "hyper" in str(change):
        with Loopback(host) as server:
            async with watching(server, host) as client:
                seen = await all_of(client.fine_tuning.jobs.as_completed(names(8)))
        assert {job.fine_tuned_model for job in seen} == {f"ft:{id}" for id in names(8)}
        assert host.singles == ["job-1"]
    else:  # it goes on, as far as the list knows
        with Loopback(host) as server:
            async with watching(server, host) as client:
                jobs = client.fine_tuning.jobs.as_completed(names(8), timeout=0)
                seen = [await anext(jobs) for _ in range(7)]
                assert jobs.left == {"job-1"}
                with pytest.raises(WaitTimeout, match="job job-1 is still running"):
                    await anext(jobs)


@pytest.mark.anyio
async def test_a_failed_job_of_the_older_api_comes_with_its_reason() -> None:
    host = Host("fine-tunes").add(*names(5), after=0, status="failed")
    host.row = lambda row: {name: value for name, value in row.items() if name not in {"events", "error"}}
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tunes.as_completed(names(5)))
    assert {job.error.message for job in seen} == {"the data is bad"}


# When the server is away


@pytest.mark.anyio
@both
async def test_a_key_that_is_refused_is_told_to_all_at_once(root: str) -> None:
    host = Host(root).add(*names(10))
    host.instead = lambda _: [refusal(401)]
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = jobs_of(client, host)
            failures = await host.ticks.together([partial(jobs.wait, id) for id in names(10)])
            assert all(isinstance(failure, AuthenticationError) for failure in failures)
            assert len({id(failure) for failure in failures}) == 10
            host.targets.clear()
            iterator = jobs.as_completed(names(10))
            with pytest.raises(AuthenticationError):
                await anext(iterator)
            assert len(host.targets) == 1
            host.instead = lambda _: None
            host.end(*names(10))
            assert {job.id async for job in iterator} == set(names(10))


@pytest.mark.anyio
async def test_a_key_that_is_refused_while_jobs_are_asked_for_is_told_to_all() -> None:
    host = Host().add(*names(10))
    host.hidden = set(names(10))
    host.instead = lambda told: [refusal(401)] if told.endswith("job-5") else None
    with Loopback(host) as server:
        async with watching(server, host) as client:
            with pytest.raises(AuthenticationError):
                await anext(client.fine_tuning.jobs.as_completed(names(10)))


@pytest.mark.anyio
@both
@pytest.mark.parametrize("answer", [[RESET], [refusal(503)]], ids=["reset", "503"])
async def test_a_server_that_is_away_is_borne_for_ten_minutes(root: str, answer: Answer) -> None:
    host = Host(root).add(*names(10))
    host.instead = lambda _: answer
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            jobs = jobs_of(client, host)
            failures = await host.ticks.together([partial(jobs.wait, id) for id in names(10)])
            assert all(isinstance(failure, APIError) for failure in failures)
            assert 600 < host.ticks.passed < 640
            assert len(host.targets) < 200
            host.end("job-1")
            host.instead = on("GET", answer, answer, [reply(200, host.job("job-1"))])
            assert (await jobs.wait("job-1")).succeeded  # whoever comes later has ten minutes of his own


@pytest.mark.anyio
async def test_an_iterator_that_has_given_up_may_go_on() -> None:
    host = Host().add(*names(10))
    host.instead = lambda _: [refusal(503)]
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            jobs = client.fine_tuning.jobs.as_completed(names(10))
            for _ in range(2):
                began = host.ticks.passed
                with pytest.raises(InternalServerError):
                    await anext(jobs)
                assert 600 < host.ticks.passed - began < 640
                assert jobs.left == set(names(10))
            host.instead = lambda _: None
            host.end(*names(10))
            assert len([job async for job in jobs]) == 10


@pytest.mark.anyio
@both
async def test_one_job_that_always_fails_does_not_hide_the_others(root: str) -> None:
    host = Host(root).add(*names(12), after=100).add("job-12")
    host.hidden = set(host.ends)
    host.instead = on(f"GET {root}/job-3", [refusal(500)])
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            jobs = jobs_of(client, host).as_completed([*names(12), "job-12"], poll=10)
            assert {(await anext(jobs)).id for _ in range(11)} == set(names(12)) - {"job-3"}
            assert host.ticks.passed < 120
            with pytest.raises(InternalServerError):
                await anext(jobs)
            assert 600 < host.ticks.passed < 640
            assert jobs.left == {"job-3", "job-12"}
            host.instead = lambda _: None
            host.end("job-12")
            assert {job.id async for job in jobs} == {"job-3", "job-12"}


@pytest.mark.anyio
async def test_a_job_that_fails_now_and_then_is_waited_for() -> None:
    host = Host().add(*names(6), after=2000)
    host.hidden = set(names(6))
    flaky = [[refusal(500)], [refusal(500)], [reply(200, host.job("job-3"))]] * 200
    host.instead = lambda told: flaky.pop(0) if told.endswith("job-3") and host.ticks.passed < 1900 else None
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(6), poll=100))
    assert {job.id for job in seen} == set(names(6))


@pytest.mark.anyio
async def test_a_server_that_goes_away_in_the_middle_is_not_asked_for_every_job() -> None:
    host = Host().add(*names(100), after=100)
    host.hidden = set(names(100))
    asked = {"count": 0}

    def away(told: str) -> Answer | None:
        if f"{host.root}/" in told:
            asked["count"] += 1
        return [refusal(503)] if 3 <= asked["count"] < 40 else None

    host.instead = away
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(100), poll=50))
    assert {job.id for job in seen} == set(names(100))
    assert asked["count"] < 40 + 5 * 100


@pytest.mark.anyio
async def test_an_error_keeps_its_cause_and_tells_each_waiter_his_own() -> None:
    host = Host().add(*names(2))
    host.instead = lambda _: [RESET]
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            failures = await host.ticks.together([partial(client.fine_tuning.jobs.wait, id) for id in names(2)])
    assert all(failure.__cause__ is not None for failure in failures)
    assert failures[0] is not failures[1]


# Time


@pytest.mark.anyio
@both
@pytest.mark.parametrize("count", [1, 2, 30])
async def test_a_timeout_says_which_are_still_running(root: str, count: int) -> None:
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
        2: f"{noun}s job-0, job-1 are still running after 20 s; wait longer or cancel them",
        30: f"{noun}s job-0, job-1, job-10 and 27 more are still running after 20 s; wait longer or cancel them",
    }
    assert str(caught.value) == said[count]
    assert caught.value.__cause__ is None
    assert host.ticks.passed == 20


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


# Notice


@pytest.mark.anyio
@both
async def test_a_job_is_looked_at_when_there_is_notice(root: str) -> None:
    host = Host(root).add(*names(20))
    with Loopback(host) as server:
        async with client_of(server) as client:
            jobs = jobs_of(client, host)

            async def hear() -> None:
                await looked(host, 20)
                before = len(host.targets)
                host.end("job-7")
                jobs.notify("job-7")
                while not done:
                    await aio.sleep(0.005)
                assert host.targets[before:] == [f"GET {root}/job-7"]
                host.end(*names(20))
                for id in names(20):
                    jobs.notify(id)

            done: list[str] = []

            async def wait(id: str) -> None:
                done.append((await jobs.wait(id, poll=1000)).id)

            await host.ticks.together([hear, *(partial(wait, id) for id in names(20))])
    assert (done[0], sorted(done)) == ("job-7", sorted(names(20)))


async def looked(host: Host, count: int) -> None:
    """Wait until all are being waited for and have been looked at."""
    size = -1
    while size < 1 or len(host.targets) > size:
        size = len(host.targets)
        await aio.sleep(0.1)


@pytest.mark.anyio
async def test_notice_between_two_steps_is_kept() -> None:
    host = Host().add(*names(8))
    host.end("job-0")
    with Loopback(host) as server:
        async with client_of(server) as client:
            jobs = client.fine_tuning.jobs
            iterator = jobs.as_completed(names(8), poll=1000)
            assert (await anext(iterator)).id == "job-0"
            before = len(host.targets)
            host.end("job-5")
            jobs.notify("job-5")
            assert (await anext(iterator)).id == "job-5"
    assert host.targets[before:] == ["GET fine_tuning/jobs/job-5"]


@pytest.mark.anyio
async def test_notice_of_a_job_that_goes_on_changes_nothing() -> None:
    host = Host().add(*names(8))
    host.end("job-0")
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = client.fine_tuning.jobs
            iterator = jobs.as_completed(names(8), poll=1000)
            await anext(iterator)
            host.ends["job-5"] = (500.0, "succeeded")
            jobs.notify("job-5")
            assert (await anext(iterator)).id == "job-5"
    assert host.singles == ["job-5"]
    assert host.ticks.passed == 900


@pytest.mark.anyio
async def test_notice_while_the_server_is_away_is_not_forgotten() -> None:
    host = Host().add(*names(8))
    host.end("job-0")
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            jobs = client.fine_tuning.jobs
            iterator = jobs.as_completed(names(8), poll=1000)
            await anext(iterator)
            host.end("job-5")
            host.instead = on("GET", [refusal(503)], [refusal(503)], [reply(200, host.job("job-5"))])
            jobs.notify("job-5")
            assert (await anext(iterator)).id == "job-5"
    assert host.ticks.passed < 10


@pytest.mark.anyio
async def test_notice_that_nobody_waits_for_is_no_request() -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            client.fine_tuning.jobs.notify("job-0")
            client.fine_tunes.notify("job-0")
    assert server.requests == []


@pytest.mark.anyio
async def test_notice_of_all_is_one_page() -> None:
    host = Host().add(*names(50))
    host.end("job-0")
    with Loopback(host) as server:
        async with client_of(server) as client:
            jobs = client.fine_tuning.jobs
            iterator = jobs.as_completed(names(50), poll=1000)
            await anext(iterator)
            before = len(host.targets)
            host.end(*names(50))
            for id in names(50):
                jobs.notify(id)
            assert len([job async for job in iterator]) == 49
    assert len(host.targets) == before + 1


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
