"""Waiting for jobs on hosts that are different, and on such as are away for a while."""

from __future__ import annotations

import re
from functools import partial
from math import inf
from typing import Any

import pytest

from _async.jobs_host import ROOTS, Host, all_of, jobs_of, names, on, watching
from loopback import RESET, Answer, Loopback, refusal, reply
from openft import (
    APIError,
    APIResponseValidationError,
    AuthenticationError,
    InternalServerError,
    WaitTimeout,
)

both = pytest.mark.parametrize("root", ROOTS)


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
    ("change", "says"),
    [
        ({"fine_tuned_model": None}, ""),
        ({"status": {}}, ""),
        ({"status": None}, ""),
        ({"status": ""}, ""),
        ({"status": "resting"}, "job-1 is still resting"),
        ({"hyperparameters": 7}, ""),
    ],
    ids=["no model", "odd status", "no status", "empty status", "new status", "wrong type"],
)
async def test_a_row_that_says_too_little_is_asked_for_by_itself(change: dict[str, Any], says: str) -> None:
    host = Host().add(*names(8), after=0)
    host.row = lambda row: {**row, **change, "created_at": "yesterday"} if row["id"] == "job-1" else row
    if not says:
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
                with pytest.raises(WaitTimeout, match=says):
                    await anext(jobs)


@pytest.mark.anyio
@both
@pytest.mark.parametrize("status", [None, ""])
async def test_a_job_that_never_says_how_far_it_is_is_told_and_holds_up_no_other(root: str, status: str | None) -> None:
    host = Host(root).add(*names(8), after=20)
    host.status = lambda name: status if name == "job-1" else "running"
    with Loopback(host) as server:
        async with watching(server, host) as client:
            jobs = jobs_of(client, host)
            seen = await all_of(jobs.as_completed(names(8), poll=5))
            host.ends["job-1"] = (inf, "succeeded")
            with pytest.raises(APIResponseValidationError):
                await jobs.wait("job-1")
    errors = [each for each in seen if isinstance(each, APIError)]
    assert len(seen) == 8
    assert [type(error) for error in errors] == [APIResponseValidationError]
    assert "job-1 has no status" in str(errors[0])


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
            failures = await host.ticks.together([partial(jobs.wait, name) for name in names(10)])
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
    host.instead = lambda _: [refusal(401)] if len(host.singles) == 5 else None
    with Loopback(host) as server:
        async with watching(server, host) as client:
            with pytest.raises(AuthenticationError):
                await anext(client.fine_tuning.jobs.as_completed(names(10)))


@pytest.mark.anyio
async def test_a_slow_host_is_not_asked_for_more_jobs_past_the_end_of_the_time() -> None:
    host = Host().add(*names(40))
    host.hidden = set(names(40))

    def a_second_later(told: str) -> Answer | None:
        host.ticks.skip(1.0)
        return None

    host.instead = a_second_later
    with Loopback(host) as server:
        async with watching(server, host) as client:
            with pytest.raises(WaitTimeout):
                await anext(client.fine_tuning.jobs.as_completed(names(40), timeout=10, poll=5))
    assert len(host.singles) < 30


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
            assert len(host.targets) < 300  # ten for each look would be more than 800
            host.end("job-1")
            host.instead = on("GET", answer, answer, [reply(200, host.job("job-1"))])
            assert (await jobs.wait("job-1")).succeeded  # whoever comes later has ten minutes of his own


@pytest.mark.anyio
@pytest.mark.parametrize("count", [1, 10], ids=["one", "list"])
async def test_a_server_that_is_away_is_told_of_now_and_then_and_once_when_it_is_back(
    count: int, caplog: pytest.LogCaptureFixture
) -> None:
    host = Host().add(*names(count), after=500)
    host.instead = lambda _: [refusal(503, "closed", x_should_retry="true")] if host.ticks.passed < 400 else None
    with Loopback(host) as server, caplog.at_level("INFO", "openft"):
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(count)))
    assert len(seen) == count
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    tries = [said for said in warned if said.startswith("trying again in ")]
    news = [said for said in warned if said.startswith("no news of jobs")]
    assert len(tries) == 2  # of the first look
    assert 5 <= len(news) <= 7
    assert len(warned) == len(tries) + len(news)
    assert all("the server answered 503" in said and "closed" not in said for said in warned)
    told = [record.getMessage() for record in caplog.records if "again after" in record.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("news of jobs again after 40")


@pytest.mark.anyio
async def test_a_look_that_has_been_answered_is_tried_again_where_it_fails() -> None:
    host = Host().add(*names(40), after=100)
    host.largest_page = 4
    answered = [0]

    def odd(_: str) -> Answer | None:
        answered[0] += 1
        return None if host.ticks.passed > 5 and answered[0] % 2 else [refusal(503, retry_after="0")]

    host.instead = odd
    with Loopback(host) as server:
        async with watching(server, host) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(40), poll=10))
    assert {job.id for job in seen} == set(names(40))
    assert len(host.singles) <= 5  # those of the beginning


@pytest.mark.anyio
async def test_who_comes_after_all_have_left_is_told_anew(caplog: pytest.LogCaptureFixture) -> None:
    host = Host().add("job-0")
    host.instead = lambda _: [refusal(503)]
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            for _ in range(2):
                with pytest.raises(WaitTimeout):
                    await client.fine_tuning.jobs.wait("job-0", timeout=5)
                host.ticks.skip(1000)
    news = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert news == ["no news of jobs"] * 2


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [[RESET], [refusal(503, "closed")]], ids=["reset", "503"])
async def test_giving_up_names_the_job_the_time_and_what_to_do(answer: Answer) -> None:
    host = Host().add(*names(5))
    host.instead = lambda _: answer
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            with pytest.raises(APIError) as direct:
                await client.fine_tuning.jobs.retrieve("job-1")
            with pytest.raises(type(direct.value)) as one:
                await client.fine_tuning.jobs.wait("job-1")
            with pytest.raises(type(direct.value)) as all_five:
                await anext(client.fine_tuning.jobs.as_completed(names(5)))
    why = "the connection broke" if direct.value.status_code is None else "closed"
    ends = r".*\); ask again, what was started goes on"
    assert re.fullmatch(rf"nothing was heard of job job-1 for 10 minutes \({why}{ends}", str(one.value))
    assert one.value.message == str(one.value)
    assert re.match(r"nothing was heard of jobs job-0, job-1, job-2 and 2 more for 10 minutes", str(all_five.value))
    assert one.value.status_code == direct.value.status_code
    assert type(one.value.__cause__) is type(direct.value.__cause__)


@pytest.mark.anyio
async def test_giving_up_a_fine_tune_calls_it_so() -> None:
    host = Host("fine-tunes").add(*names(2))
    host.instead = lambda _: [refusal(503)]
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            with pytest.raises(InternalServerError, match="nothing was heard of fine-tune job-1 for 10 minutes"):
                await client.fine_tunes.wait("job-1")
            with pytest.raises(
                InternalServerError, match="nothing was heard of fine-tunes job-0, job-1 for 10 minutes"
            ):
                await anext(client.fine_tunes.as_completed(names(2)))


@pytest.mark.anyio
async def test_giving_up_one_of_several_names_that_one() -> None:
    host = Host().add(*names(6))
    host.instead = on("GET fine_tuning/jobs/job-3", [refusal(500)])
    host.hidden = {"job-3"}
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            with pytest.raises(InternalServerError, match="nothing was heard of job job-3 for 10 minutes"):
                await anext(client.fine_tuning.jobs.as_completed(names(6)))


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
async def test_one_job_that_always_fails_does_not_hide_those_of_the_list() -> None:
    host = Host().add(*names(9), after=500)
    host.hidden = {"job-8"}
    host.instead = on("GET fine_tuning/jobs/job-8", [refusal(500)])
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            jobs = client.fine_tuning.jobs.as_completed(names(9), poll=100)
            assert {(await anext(jobs)).id for _ in range(8)} == set(names(8))
            assert host.lists <= 8  # and not as often as where the server is away
            with pytest.raises(InternalServerError):
                await anext(jobs)
            assert jobs.left == {"job-8"}


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(3))
async def test_a_job_that_always_fails_hides_no_other_in_whatever_order_they_are_asked_for(seed: int) -> None:
    ids = [f"job-{seed}{number}" for number in range(3)]
    for bad in ids:
        host = Host().add(*ids, after=20)
        host.instead = lambda told, bad=bad: [refusal(500)] if told.endswith(bad) else None  # type: ignore[misc]
        with Loopback(host) as server:
            async with watching(server, host, max_retries=0) as client:
                jobs = client.fine_tuning.jobs.as_completed(ids, poll=10)
                assert {(await anext(jobs)).id for _ in range(2)} == {*ids} - {bad}
                assert host.ticks.passed < 40


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
    host.instead = lambda _: [refusal(503)] if len(host.singles) > 3 and host.ticks.passed == 0 else None
    asked: list[int] = []
    host.ticks.on_skip = lambda _: asked.append(len(host.singles))
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            seen = await all_of(client.fine_tuning.jobs.as_completed(names(100), poll=50))
    assert {job.id for job in seen} == set(names(100))
    assert asked[0] <= 3 + 2 * 8


@pytest.mark.anyio
async def test_an_error_keeps_its_cause_and_tells_each_waiter_his_own() -> None:
    host = Host().add(*names(2))
    host.instead = lambda _: [RESET]
    with Loopback(host) as server:
        async with watching(server, host, max_retries=0) as client:
            failures = await host.ticks.together([partial(client.fine_tuning.jobs.wait, id) for id in names(2)])
    assert all(failure.__cause__ is not None for failure in failures)
    assert failures[0] is not failures[1]
