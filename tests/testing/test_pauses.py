"""Jobs that are paused, and those who wait for them."""

from __future__ import annotations

from contextlib import suppress

import pytest

from openft import Client, WaitTimeout
from openft.testing import FakeAPI, Refused
from testing.asking import CHAT, raw

YEAR = 365 * 24 * 3600


def new_job(client: Client) -> str:
    file = client.files.create(file=("train.jsonl", CHAT))
    return client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id).id


def wait_again_and_again(client: Client, job_id: str) -> None:
    while True:
        with suppress(WaitTimeout):
            client.fine_tuning.jobs.wait(job_id, timeout=3600, poll=600)


def test_a_paused_job_waits_and_goes_on(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    openft_api.every_job(seconds=1000)
    job_id = ask.job()
    one = f"/fine_tuning/jobs/{job_id}"
    begun = openft_api.now
    openft_api.advance(500)
    assert ask("POST", f"{one}/pause")["status"] == "paused"
    with pytest.raises(ValueError, match="is paused"):
        openft_api.advance_to_end(job_id)
    openft_api.advance(10_000)
    assert ask("GET", one)["status"] == "paused"
    assert ask.refused("POST", f"{one}/pause") == (400, None, "id")
    assert ask("POST", f"{one}/resume")["status"] == "queued"
    assert ask("GET", one)["status"] == "running"
    assert ask.refused("POST", f"{one}/resume") == (400, None, "id")
    assert openft_api.advance_to_end(job_id).finished_at == begun + 11_000


def test_a_job_paused_in_the_queue_goes_back_there(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    one = f"/fine_tuning/jobs/{ask.job()}"
    ask("POST", f"{one}/pause")
    assert ask("GET", one.replace("_tuning/jobs/ftjob", "-tunes/ft"))["status"] == "pending"
    assert ask("POST", f"{one}/resume")["status"] == "validating_files"
    openft_api.advance(40)
    ask("POST", f"{one}/pause")
    assert ask("POST", f"{one}/resume")["status"] == "queued"


def test_a_client_that_would_wait_for_ever_is_told_of_the_paused_job(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    paused, other = new_job(client), new_job(client)
    client.fine_tuning.jobs.pause(paused)
    client.fine_tuning.jobs.pause(other)
    before = openft_api.now
    remedy = f"{paused} and 1 more are paused.*resume\\('{paused}'\\).*timeout"
    with pytest.raises(AssertionError, match=remedy):
        client.fine_tuning.jobs.wait(paused)
    assert openft_api.now - before > 10 * YEAR
    assert len(openft_api.requests) < 2000  # 18,000 took six seconds


@pytest.mark.parametrize("wire", ["fine_tunes", "fine_tuning"])
def test_a_follow_that_would_never_end_is_told_of_the_paused_job(openft_api: FakeAPI, wire: str) -> None:
    client = openft_api.client()
    job_id = new_job(client)
    client.fine_tuning.jobs.pause(job_id)
    jobs = client.fine_tunes if wire == "fine_tunes" else client.fine_tuning.jobs
    with pytest.raises(AssertionError, match=f"{job_id} is paused"):
        list(jobs.follow(job_id))


def test_a_job_at_work_for_days_is_waited_for_beside_a_paused_one(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    client.fine_tuning.jobs.pause(new_job(client))
    openft_api.next_job(hours=72)
    job_id, before = new_job(client), openft_api.now
    assert client.fine_tuning.jobs.wait(job_id, poll=600).succeeded
    assert openft_api.now - before <= 72 * 3600 + 1200


def test_a_wait_of_a_day_for_a_paused_job_ends_as_it_would_elsewhere(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    job_id = new_job(client)
    client.fine_tuning.jobs.pause(job_id)
    openft_api.advance(hours=40)
    with pytest.raises(WaitTimeout):
        client.fine_tuning.jobs.wait(job_id, timeout=24 * 3600, poll=600)


@pytest.mark.parametrize("days", [2, 30, 3 * 365])
def test_a_longer_wait_for_a_paused_job_gets_its_timeout_too(openft_api: FakeAPI, days: int) -> None:
    client = openft_api.client()
    job_id = new_job(client)
    client.fine_tuning.jobs.pause(job_id)
    limit, before = days * 24 * 3600, openft_api.now
    with pytest.raises(WaitTimeout):
        client.fine_tuning.jobs.wait(job_id, timeout=limit, poll=600)
    assert limit <= openft_api.now - before <= limit * 1.03


def test_one_wait_after_the_other_for_a_paused_job_gets_its_timeout(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    job_id = new_job(client)
    client.fine_tuning.jobs.pause(job_id)
    for _ in range(40):
        with pytest.raises(WaitTimeout):
            client.fine_tuning.jobs.wait(job_id, timeout=3600, poll=600)


def test_who_waits_without_end_for_a_paused_job_again_and_again_is_told(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    job_id = new_job(client)
    client.fine_tuning.jobs.pause(job_id)
    with pytest.raises(AssertionError, match=f"{job_id} is paused"):
        wait_again_and_again(client, job_id)


def test_a_short_outage_after_days_of_waiting_for_a_paused_job_is_borne(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    job_id = new_job(client)
    client.fine_tuning.jobs.pause(job_id)
    with pytest.raises(WaitTimeout):
        client.fine_tuning.jobs.wait(job_id, timeout=48 * 3600, poll=600)
    openft_api.fail_next(Refused(), times=12)
    with pytest.raises(WaitTimeout):
        client.fine_tuning.jobs.wait(job_id, timeout=24 * 3600, poll=600)


def test_a_long_sleep_beside_a_paused_job_lets_no_more_time_pass_than_it_takes(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    client.fine_tuning.jobs.pause(new_job(client))
    before = openft_api.now
    client.transport.sleep(100 * 3600)
    assert openft_api.now - before == 100 * 3600


def test_a_file_that_is_still_to_be_processed_is_waited_for_beside_a_paused_job(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    client.fine_tuning.jobs.pause(new_job(client))
    openft_api.files_take(100 * 3600)
    file = client.files.create(file=("train.jsonl", CHAT))
    for _ in range(101):
        client.transport.sleep(3600)
    assert client.files.retrieve(file.id).status == "processed"


def test_a_look_at_the_events_of_a_paused_job_takes_no_time(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    job_id = new_job(client)
    client.fine_tuning.jobs.pause(job_id)
    before = openft_api.now
    for _ in range(3):
        assert client.fine_tuning.jobs.list_events(job_id).data
    assert openft_api.now == before


def test_a_client_that_sleeps_for_ten_years_in_which_nothing_happens_is_told(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    with pytest.raises(AssertionError, match="for ten years in which nothing happened"):
        client.transport.sleep(11 * YEAR)
