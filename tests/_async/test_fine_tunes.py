"""Fine-tunes: waiting for them, and their results."""

from __future__ import annotations

import pickle
from time import monotonic
from typing import Any

import pytest

from _async.support import DONE_JOB, JOB, client_of, job, told
from loopback import RESET, Answer, Loopback, Pause, again, refusal, reply
from openft import (
    APIResponseValidationError,
    InternalServerError,
    JobCancelled,
    JobFailed,
    NotFoundError,
    Unsupported,
    WaitTimeout,
)


def states(*statuses: str) -> list[Answer]:
    return [[reply(200, job(status))] for status in statuses]


@pytest.mark.anyio
async def test_fine_tunes_are_created_listed_retrieved_cancelled_and_deleted() -> None:
    answers = [JOB, {"object": "list", "data": [JOB]}, JOB, job("cancelled"), {"id": "ft-1", "deleted": True}]
    with Loopback([[reply(200, answer)] for answer in answers]) as server:
        async with client_of(server) as client:
            assert (await client.fine_tunes.create(training_file="file-1", model="ada")).status == "running"
            assert [each.id async for each in client.fine_tunes.list()] == ["ft-1"]
            assert (await client.fine_tunes.retrieve("ft-1")).id == "ft-1"
            assert (await client.fine_tunes.cancel("ft-1")).finished
            assert (await client.fine_tunes.delete("ft-1")).deleted
    assert server.asked == [
        "POST /fine-tunes",
        "GET /fine-tunes",
        "GET /fine-tunes/ft-1",
        "POST /fine-tunes/ft-1/cancel",
        "DELETE /fine-tunes/ft-1",
    ]


# Waiting


@pytest.mark.anyio
async def test_waiting_returns_the_job_with_its_model() -> None:
    with Loopback([*states("pending", "running", "resting"), [reply(200, DONE_JOB)]]) as server:
        async with client_of(server) as client:
            done = await client.fine_tunes.wait("ft-1", poll=0.01)
    assert (done.fine_tuned_model, len(server.requests)) == ("ada:ft-me", 4)


@pytest.mark.anyio
async def test_waiting_for_a_job_that_fails_says_why() -> None:
    events = [told("Error: first", level="error"), told("Error: the data is bad", level="error"), told("bye")]
    with Loopback([[reply(200, job("failed", events=events))]]) as server:
        async with client_of(server) as client:
            with pytest.raises(JobFailed, match="fine-tune ft-1 failed: the data is bad") as caught:
                await client.fine_tunes.wait("ft-1")
    assert caught.value.job.status == "failed"
    assert pickle.loads(pickle.dumps(caught.value)).job == caught.value.job


@pytest.mark.anyio
async def test_waiting_for_a_job_that_fails_without_a_word_says_so() -> None:
    with Loopback(states("failed")) as server:
        async with client_of(server) as client:
            with pytest.raises(JobFailed, match="the server gave no reason"):
                await client.fine_tunes.wait("ft-1")


@pytest.mark.anyio
async def test_waiting_for_a_job_that_is_cancelled_says_so() -> None:
    with Loopback(states("running", "cancelled")) as server:
        async with client_of(server) as client:
            with pytest.raises(JobCancelled, match="fine-tune ft-1 was cancelled") as caught:
                await client.fine_tunes.wait("ft-1", poll=0.01)
    assert caught.value.job.id == "ft-1"


@pytest.mark.anyio
async def test_a_success_without_a_model_is_a_broken_promise() -> None:
    with Loopback(states("succeeded")) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="the server names no model"):
                await client.fine_tunes.wait("ft-1")


@pytest.mark.anyio
async def test_a_timeout_of_zero_looks_once() -> None:
    with Loopback(states("running")) as server:
        async with client_of(server) as client:
            with pytest.raises(WaitTimeout, match="is still running after 0 s"):
                await client.fine_tunes.wait("ft-1", timeout=0)
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_a_timeout_of_zero_is_enough_for_a_job_that_is_done() -> None:
    with Loopback([[reply(200, DONE_JOB)]]) as server:
        async with client_of(server) as client:
            assert (await client.fine_tunes.wait("ft-1", timeout=0)).succeeded


@pytest.mark.anyio
async def test_waiting_ends_after_its_timeout_with_a_last_look() -> None:
    with Loopback(lambda _: [reply(200, JOB)]) as server:
        async with client_of(server) as client:
            began = monotonic()
            with pytest.raises(TimeoutError, match=r"after 0\.5 s; wait longer or cancel it"):
                await client.fine_tunes.wait("ft-1", timeout=0.5, poll=60)
    assert 0.4 < monotonic() - began < 3
    assert len(server.requests) == 2


@pytest.mark.anyio
async def test_a_lost_connection_is_borne_while_waiting() -> None:
    lost: list[Answer] = [[RESET], [refusal(500)], [reply(200, JOB)], [again(429)], [refusal(408)]]
    with Loopback([*lost, [reply(200, DONE_JOB)]]) as server:
        async with client_of(server, max_retries=0) as client:
            assert (await client.fine_tunes.wait("ft-1", poll=0.01)).succeeded
    assert len(server.requests) == 6


@pytest.mark.anyio
async def test_a_job_that_is_gone_ends_the_waiting() -> None:
    with Loopback([*states("running"), [refusal(404)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError):
                await client.fine_tunes.wait("ft-1", poll=0.01)


@pytest.mark.anyio
async def test_waiting_for_a_server_that_is_away_says_so_at_its_timeout() -> None:
    with Loopback(lambda _: [refusal(500)]) as server:
        async with client_of(server, max_retries=0) as client:
            with pytest.raises(WaitTimeout, match=r"cannot be reached .* after 0\.3 s") as caught:
                await client.fine_tunes.wait("ft-1", timeout=0.3)
    assert isinstance(caught.value.__cause__, InternalServerError)


@pytest.mark.anyio
async def test_one_look_is_no_longer_than_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._async.watch.LOOK", 0.5)
    with Loopback(lambda _: [Pause(30)]) as server:
        async with client_of(server, max_retries=0) as client:
            began = monotonic()
            with pytest.raises(WaitTimeout):
                await client.fine_tunes.wait("ft-1", timeout=0.2)
    assert monotonic() - began < 5


# Results


def with_results(*ids: str) -> bytes:
    return reply(200, {**DONE_JOB, "result_files": [{"id": id} for id in ids]})


@pytest.mark.anyio
async def test_results_are_rows_with_their_bytes_beside_them() -> None:
    raw = b"step,elapsed_tokens,training_loss\n1,10,0.5\n2,20,\n"
    with Loopback([[with_results("file-7")], [reply(200, raw)]]) as server:
        async with client_of(server) as client:
            results = await client.fine_tunes.results("ft-1")
    assert [(row.step, row.elapsed_tokens, row.training_loss) for row in results.rows] == [(1, 10, 0.5), (2, 20, None)]
    assert (results.raw, results.file_id) == (raw, "file-7")
    assert server.asked == ["GET /fine-tunes/ft-1", "GET /files/file-7/content"]


@pytest.mark.anyio
async def test_a_job_without_results_says_why() -> None:
    with Loopback(states("running")) as server:
        async with client_of(server) as client:
            with pytest.raises(Unsupported, match="it is still running; wait until it has succeeded"):
                await client.fine_tunes.results("ft-1")


@pytest.mark.anyio
async def test_results_that_are_no_table_are_a_broken_promise() -> None:
    with Loopback([[with_results("file-7")], [reply(200, b"<html>")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="file file-7 is not a results file"):
                await client.fine_tunes.results("ft-1")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fields",
    [
        {"hyperparams": None, "events": None, "result_files": None, "updated_at": None},
        {"hyperparams": {"n_epochs": 4, "batch_size": None, "new": 1}},
        {"training_files": [{"id": "file-1", "status": "deleted", "status_details": {"a": 1}}]},
    ],
    ids=range(3),
)
async def test_old_and_new_shapes_of_a_job_are_read(fields: dict[str, Any]) -> None:
    with Loopback([[reply(200, {**JOB, **fields})]]) as server:
        async with client_of(server) as client:
            assert (await client.fine_tunes.retrieve("ft-1")).id == "ft-1"
