"""Time passes in the API when somebody lets it, and with it jobs go on."""

from __future__ import annotations

import threading
import time
from functools import partial

import anyio
import pytest

from openft import AsyncClient, Client, JobCancelled, JobFailed, WaitTimeout
from openft.testing import FakeAPI
from testing.asking import CHAT, ROWS, raw

THREE_HOURS = 3 * 3600


def new_job(api: FakeAPI, client: Client) -> str:
    file = client.files.create(file=("train.jsonl", CHAT))
    return client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id).id


def test_a_job_of_three_hours_is_waited_for_at_once(openft_api: FakeAPI) -> None:
    openft_api.every_job(hours=3)
    client = openft_api.client()
    began, before = time.monotonic(), openft_api.now
    job_id = new_job(openft_api, client)
    job = client.fine_tuning.jobs.wait(job_id, poll=20)
    assert job.fine_tuned_model in {model.id for model in client.models.list()}
    assert THREE_HOURS <= openft_api.now - before < THREE_HOURS + 60
    assert job.finished_at == int(before + THREE_HOURS)
    assert time.monotonic() - began < 20


def test_hours_minutes_and_seconds_add_up(openft_api: FakeAPI) -> None:
    openft_api.every_job(hours=1, minutes=1, seconds=1)
    begun = openft_api.now
    job = openft_api.advance_to_end(raw(openft_api).job())
    assert job.finished_at == begun + 3661


def test_a_wait_ends_when_its_time_is_over_in_the_time_of_the_api(openft_api: FakeAPI) -> None:
    openft_api.every_job(hours=3)
    client = openft_api.client()
    job_id = new_job(openft_api, client)
    with pytest.raises(WaitTimeout):
        client.fine_tuning.jobs.wait(job_id, timeout=3600, poll=60)
    assert not openft_api.job(job_id).finished


def test_a_follow_shows_the_whole_story_at_once(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    file = client.files.create(file=("train.jsonl", ROWS))
    job_id = client.fine_tunes.create(training_file=file.id, model="ada", n_epochs=2).id
    told = [event.message for event in client.fine_tunes.follow(job_id)]
    assert told[:2] == [f"Created fine-tune: {job_id}", "Fine-tune costs $0.00"]
    assert told[3:6] == ["Fine-tune started", "Completed epoch 1/2", "Completed epoch 2/2"]
    assert told[-1] == "Fine-tune succeeded"


def test_a_job_goes_on_step_by_step(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    openft_api.next_job(hours=1, queued=600)
    job = f"/fine_tuning/jobs/{ask.job()}"
    seen = [ask("GET", job)["status"]]
    for _ in range(3):
        openft_api.advance(minutes=6)
        seen.append(ask("GET", job)["status"])
    openft_api.advance(hours=1)
    seen.append(ask("GET", job)["status"])
    assert seen == ["validating_files", "queued", "running", "running", "succeeded"]


def test_time_stands_still_for_a_client_that_does_not_skip(openft_api: FakeAPI) -> None:
    client = openft_api.client(skip=False)
    before = openft_api.now
    job_id = new_job(openft_api, client)
    with pytest.raises(WaitTimeout):
        client.fine_tuning.jobs.wait(job_id, timeout=0.05, poll=0.01)
    assert openft_api.now == before


def test_a_client_that_does_not_skip_sees_what_the_test_lets_happen(openft_api: FakeAPI) -> None:
    client = openft_api.client(skip=False)
    file = client.files.create(file=("train.jsonl", ROWS))
    job_id = client.fine_tunes.create(training_file=file.id, model="ada").id
    told: list[str] = []
    follower = threading.Thread(target=lambda: told.extend(map(str, client.fine_tunes.follow(job_id))))
    follower.start()
    openft_api.advance_to_end(job_id)
    follower.join(10)
    assert told[-1] == "Fine-tune succeeded"


def test_time_may_run_by_itself() -> None:
    api = FakeAPI(speed=100_000)
    client = api.client(skip=False)
    assert client.fine_tuning.jobs.wait(new_job(api, client), poll=0.01, timeout=10).succeeded


def test_each_look_at_a_job_may_let_time_pass() -> None:
    api = FakeAPI(step=200)
    ask = raw(api, skip=False)
    job = f"/fine-tunes/{ask.fine_tune()}"
    assert [ask("GET", job)["status"] for _ in range(3)] == ["running", "running", "succeeded"]
    ended = api.now
    ask("GET", job)
    assert api.now == ended
    other = ask.fine_tune()
    told = ask.stream("GET", f"/fine-tunes/{other}/events", params={"stream": "true"})
    assert told[-1]["message"] == "Fine-tune succeeded"


def test_a_job_fails_as_the_test_says(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    openft_api.next_job(outcome="failed", message="the loss is not a number", code="server_error")
    job_id = new_job(openft_api, client)
    with pytest.raises(JobFailed, match="the loss is not a number") as caught:
        client.fine_tuning.jobs.wait(job_id)
    assert caught.value.job.error is not None
    assert caught.value.job.error.code == "server_error"
    assert openft_api.models == []


def test_a_bad_file_fails_a_job_before_its_training(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    openft_api.next_job(outcome="failed", code="invalid_training_file", param="training_file", message="too long")
    job_id = ask.fine_tune()
    openft_api.advance_to_end(job_id)
    told = ask("GET", f"/fine-tunes/{job_id}")
    assert (told["status"], told["events"][-1]["message"]) == ("failed", "Error: too long")
    assert "Fine-tune started" not in [event["message"] for event in told["events"]]
    error = ask("GET", f"/fine_tuning/jobs/{job_id}")["error"]
    assert error == {"code": "invalid_training_file", "message": "too long", "param": "training_file"}


def test_the_host_cancels_a_job(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    openft_api.next_job(outcome="cancelled")
    with pytest.raises(JobCancelled):
        client.fine_tuning.jobs.wait(new_job(openft_api, client))


def test_scripts_are_used_up_in_order(openft_api: FakeAPI) -> None:
    openft_api.every_job(seconds=100)
    openft_api.next_job(seconds=200)
    openft_api.next_job(outcome="failed")
    ask = raw(openft_api)
    jobs = [ask.job() for _ in range(3)]
    ended = [openft_api.advance_to_end(job_id) for job_id in jobs]
    assert [(job.status, (job.finished_at or 0) - job.created_at) for job in ended] == [
        ("succeeded", 200), ("failed", 100), ("succeeded", 100),
    ]  # fmt: skip


def test_a_job_at_work_changes_its_fate(openft_api: FakeAPI) -> None:
    job_id = raw(openft_api).job()
    openft_api.advance(300)
    openft_api.change(job_id, hours=1)
    openft_api.advance(300)
    assert openft_api.job(job_id).status == "running"
    openft_api.change(job_id, outcome="failed", seconds=1)
    openft_api.advance(1)
    assert openft_api.job(job_id).status == "failed"


def test_a_job_ends_now(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    before = openft_api.now
    assert openft_api.end(ask.job()).status == "succeeded"
    assert openft_api.end(ask.job(), outcome="failed").status == "failed"
    paused = ask.job()
    ask("POST", f"/fine_tuning/jobs/{paused}/pause")
    assert openft_api.end(paused).epochs_done
    assert openft_api.now == before


def test_what_has_ended_cannot_be_changed(openft_api: FakeAPI) -> None:
    job_id = raw(openft_api).job()
    assert openft_api.advance_to_end(job_id) is openft_api.advance_to_end(job_id)
    with pytest.raises(ValueError, match=f"{job_id} has already succeeded"):
        openft_api.end(job_id)


def test_a_client_may_wait_long_for_what_is_going_to_happen(openft_api: FakeAPI) -> None:
    openft_api.every_job(hours=24 * 500)
    client = openft_api.client()
    assert client.fine_tuning.jobs.wait(new_job(openft_api, client), poll=24 * 3600).succeeded


def test_time_begins_where_the_test_says() -> None:
    api = FakeAPI(start=1_700_000_000)
    ask = raw(api)
    openft = ask("GET", f"/fine-tunes/{ask.fine_tune(suffix='Mood swings')}")
    assert openft["created_at"] == 1_700_000_000
    job = api.advance_to_end(openft["id"])
    assert job.fine_tuned_model == "ada:ft-personal:mood-swings-2023-11-14-22-23-20"


def test_models_that_end_in_one_second_have_different_names() -> None:
    api = FakeAPI(start=1_700_000_000)
    ask = raw(api)
    for _ in range(3):
        ask.fine_tune()
    api.advance(600)
    assert [model.name[-2:] for model in api.models] == ["20", "21", "22"]


async def many(api: FakeAPI, client: AsyncClient, count: int) -> list[str]:
    file = await client.files.create(file=("train.jsonl", CHAT))
    created = [await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id) for _ in range(count)]
    return [job.id for job in created]


@pytest.mark.anyio
async def test_many_waits_side_by_side_let_no_more_time_pass_than_one(openft_api: FakeAPI) -> None:
    openft_api.every_job(hours=3)
    before = openft_api.now
    async with openft_api.async_client() as client:
        wait_by_the_minute = partial(client.fine_tuning.jobs.wait, poll=60)
        async with anyio.create_task_group() as tasks:
            for job_id in await many(openft_api, client, 20):
                tasks.start_soon(wait_by_the_minute, job_id)
    assert THREE_HOURS <= openft_api.now - before < THREE_HOURS + 120


@pytest.mark.anyio
async def test_clients_that_sleep_side_by_side_share_the_time(openft_api: FakeAPI) -> None:
    before = openft_api.now

    async def sleeper(client: AsyncClient) -> None:
        for _ in range(10):
            await client.models.list()
            await client.transport.sleep(60)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(sleeper, openft_api.async_client())
    assert openft_api.now - before < 1500  # and not 3,000; whoever comes late sleeps from a later moment


def test_a_client_sleeps_from_when_it_last_looked(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    client.transport.sleep(60)
    openft_api.advance(hours=1)
    client.models.list().data  # noqa: B018
    before = openft_api.now
    client.transport.sleep(60)
    assert openft_api.now - before == pytest.approx(60)


@pytest.mark.anyio
async def test_jobs_are_completed_in_the_order_of_their_ends(openft_api: FakeAPI) -> None:
    for minutes in (30, 10, 20):
        openft_api.next_job(minutes=minutes)
    async with openft_api.async_client() as client:
        ids = await many(openft_api, client, 3)
        done = [job.id async for job in client.fine_tuning.jobs.as_completed(ids, poll=60)]
    assert done == [ids[1], ids[2], ids[0]]


@pytest.mark.anyio
async def test_an_async_follow_shows_the_story_of_both_wires(openft_api: FakeAPI) -> None:
    async with openft_api.async_client() as client:
        (job_id,) = await many(openft_api, client, 1)
        today = [event.message async for event in client.fine_tuning.jobs.follow(job_id)]
        legacy = [event.message async for event in client.fine_tunes.follow(job_id)]
    assert today[-1] == "The job has successfully completed"
    assert legacy[-1] == "Fine-tune succeeded"


@pytest.mark.anyio
async def test_an_async_follow_that_does_not_skip_sees_what_the_test_lets_happen(openft_api: FakeAPI) -> None:
    async with openft_api.async_client(skip=False) as client, anyio.create_task_group() as tasks:
        file = await client.files.create(file=("train.jsonl", ROWS))
        job_id = (await client.fine_tunes.create(training_file=file.id, model="ada")).id
        told: list[str] = []

        async def follow() -> None:
            told.extend([event.message async for event in client.fine_tunes.follow(job_id)])

        tasks.start_soon(follow)
        while not told and not openft_api.job(job_id).finished:
            await anyio.sleep(0.02)
            openft_api.advance(100)
    assert told[-1] == "Fine-tune succeeded"
