"""Notice of a job, as from a webhook: it is looked at now, alone, by whoever waits for it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from _async.jobs_host import ROOTS, Host, jobs_of, names, on, watching
from _async.support import client_of
from loopback import Loopback, refusal, reply
from openft import ConfigError, WaitTimeout
from openft._runtime import aio

both = pytest.mark.parametrize("root", ROOTS)


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
async def test_notice_of_a_job_that_has_ended_meanwhile_is_no_request() -> None:
    host = Host().add(*names(8))
    host.end("job-0")
    with Loopback(host) as server:
        async with watching(server, host) as client:
            iterator = client.fine_tuning.jobs.as_completed(names(8), timeout=5, poll=1000)
            await anext(iterator)
            iterator._waiter.noticed.add("job-0")  # it came just before the end was seen
            with pytest.raises(WaitTimeout):
                await anext(iterator)
    assert host.singles == []


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
@pytest.mark.parametrize("id", [None, 5, "", ".."], ids=repr)
async def test_notice_of_what_is_no_id_is_refused(id: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            for jobs in (client.fine_tuning.jobs, client.fine_tunes):
                with pytest.raises(ConfigError):
                    jobs.notify(id)


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
