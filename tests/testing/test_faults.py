"""What a test may let go wrong, as clients see it."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from openft import (
    APIConnectionError,
    AsyncClient,
    Client,
    ConflictError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    WebhookVerificationError,
)
from openft.testing import Altered, Cut, Dropped, FakeAPI, Fault, Lost, Refused, Slow, Status
from testing.asking import CHAT, ROWS, raw

LOSSES = pytest.mark.parametrize(
    "fault", [Refused(), Dropped(), Lost(), Cut(5)], ids=lambda fault: type(fault).__name__
)


def create(client: Client) -> Any:
    file = client.files.create(file=("train.jsonl", CHAT))
    return client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)


def test_a_scripted_status_has_the_four_keys_and_its_headers(openft_api: FakeAPI) -> None:
    fault = Status(503, retry_after=2, message="busy", code="overloaded", param="model", headers={"x-odd": "1"})
    openft_api.fail_next(fault)
    answer = raw(openft_api).http.get("/models")
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["x-odd"]) == (503, "2", "1")
    error = answer.json()["error"]
    assert error == {"message": "busy", "type": "server_error", "param": "model", "code": "overloaded"}


def test_a_status_passes_and_the_client_tries_again_in_the_time_of_the_api(openft_api: FakeAPI) -> None:
    happened = openft_api.fail_next(Status(429, retry_after=20), times=2)
    before = openft_api.now
    assert openft_api.client().models.list().data
    assert happened.hits == 2
    assert openft_api.now - before == pytest.approx(40, abs=0.01)


def test_a_status_that_stays_is_the_clients_error(openft_api: FakeAPI) -> None:
    openft_api.fail_next(Status(500), times=10)
    with pytest.raises(InternalServerError, match="scripted by the test"):
        openft_api.client().models.list().data  # noqa: B018


def test_a_fault_hits_only_what_it_is_meant_for(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job = ask.job()
    openft_api.fail_next(Status(409), method="POST", path="/fine_tuning/jobs/*", after=1)
    assert ask("GET", f"/fine_tuning/jobs/{job}")
    assert ask("GET", "/fine-tunes")
    assert ask("POST", f"/fine_tuning/jobs/{job}/pause")
    assert ask.refused("POST", f"/fine_tuning/jobs/{job}/resume")[0] == 409
    assert ask("POST", f"/fine_tuning/jobs/{job}/resume")


@LOSSES
def test_a_read_survives_every_loss(openft_api: FakeAPI, fault: Fault) -> None:
    happened = openft_api.fail_next(fault)
    assert openft_api.client().models.list().data
    assert happened.hits == 1


@LOSSES
def test_a_create_survives_every_loss_and_makes_one_job(openft_api: FakeAPI, fault: Fault) -> None:
    happened = openft_api.fail_next(fault, path="/fine_tuning/jobs")
    create(openft_api.client())
    assert happened.hits == 1
    assert len(openft_api.jobs) == 1


def test_a_host_without_keys_makes_the_client_careful() -> None:
    api = FakeAPI(keeps_keys=False)
    api.fail_next(Lost(), method="POST", path="/fine_tuning/jobs")
    with pytest.raises(APIConnectionError):
        create(api.client())
    assert len(api.jobs) == 1


def test_a_refused_connection_is_told_from_a_lost_answer(openft_api: FakeAPI) -> None:
    http = httpx.Client(transport=openft_api.transport())
    for fault, kind in ((Refused(), httpx.ConnectError), (Dropped(), httpx.RemoteProtocolError)):
        openft_api.fail_next(fault)
        with pytest.raises(kind):
            http.get("http://testing/v1/models")


def test_nothing_is_done_before_a_drop(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    openft_api.fail_next(Dropped(), path="/fine-tunes")
    with pytest.raises(httpx.RemoteProtocolError):
        ask.fine_tune()
    assert openft_api.jobs == []


def test_a_stream_is_cut_behind_some_events(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job = ask.fine_tune()
    openft_api.fail_next(Cut(after=2))
    got: list[bytes] = []
    with (
        ask.http.stream("GET", f"/fine-tunes/{job}/events?stream=true") as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        got.extend(answer.iter_raw())
    assert b"".join(got).count(b"data: ") == 2


def test_a_follow_goes_on_behind_a_cut(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    file = client.files.create(file=("train.jsonl", ROWS))
    job_id = client.fine_tunes.create(training_file=file.id, model="ada").id
    happened = openft_api.fail_next(Cut(after=2), path="/fine-tunes/*/events", times=2)
    told = [event.message for event in client.fine_tunes.follow(job_id)]
    assert happened.hits == 2
    assert len(told) == len(set(told))
    assert told[-1] == "Fine-tune succeeded"


def test_a_cut_beyond_the_end_changes_nothing(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job = ask.fine_tune()
    openft_api.fail_next(Cut(after=10_000))
    assert ask.stream("GET", f"/fine-tunes/{job}/events?stream=true")


def test_a_refusal_that_is_scripted_has_its_class(openft_api: FakeAPI) -> None:
    client = openft_api.client(max_retries=0)
    for status, kind in ((409, ConflictError), (429, RateLimitError)):
        openft_api.fail_next(Status(status))
        with pytest.raises(kind):
            client.models.retrieve("ada")


@pytest.mark.anyio
@LOSSES
async def test_an_async_create_survives_every_loss_and_makes_one_job(openft_api: FakeAPI, fault: Fault) -> None:
    openft_api.fail_next(fault, path="/fine_tuning/jobs")
    openft_api.fail_next(Slow(1), path="/fine_tuning/jobs", after=1)
    async with openft_api.async_client() as client:
        file = await client.files.create(file=("train.jsonl", CHAT))
        await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    assert len(openft_api.jobs) == 1


@pytest.mark.anyio
async def test_an_async_stream_is_cut_and_followed_on(openft_api: FakeAPI) -> None:
    job_id = raw(openft_api).fine_tune()
    openft_api.fail_next(Cut(after=3), path="*/events")
    async with openft_api.async_client() as client:
        told = [event.message async for event in client.fine_tunes.follow(job_id)]
    assert len(told) == len(set(told)) == len(openft_api.job(job_id).facts) - told_by_today_alone(openft_api, job_id)


def told_by_today_alone(api: FakeAPI, job_id: str) -> int:
    return sum(fact.kind in {"validating", "validated", "step"} for fact in api.job(job_id).facts)


@pytest.mark.anyio
async def test_another_librarys_async_client_is_brought_here(openft_api: FakeAPI) -> None:
    headers = {"authorization": "Bearer sk-x"}
    async with httpx.AsyncClient(transport=openft_api.async_transport(), headers=headers) as http:
        assert (await http.get("http://anywhere/v1/models")).json()["object"] == "list"


@pytest.mark.anyio
async def test_a_cancelled_request_leaves_the_client_usable(openft_api: FakeAPI) -> None:
    client: AsyncClient = openft_api.async_client(skip=False)
    openft_api.fail_next(Slow(60))
    with anyio.move_on_after(0.02) as scope:
        await client.models.list()
    assert scope.cancelled_caught
    assert (await client.models.list()).data


def test_an_answer_is_altered(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    job = create(client)
    openft_api.fail_next(Altered(lambda shown: {**shown, "status": "dreaming", "error": {}}), path="*/jobs/*")
    shown = client.fine_tuning.jobs.retrieve(job.id)
    assert (shown.status, shown.finished, shown.error) == ("dreaming", False, None)
    openft_api.fail_next(Altered(lambda shown: []), path="/files/*/content")
    assert client.files.content(job.training_file).content == CHAT


def test_a_webhook_tells_of_a_jobs_end(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    job = create(client)
    with pytest.raises(ValueError, match="is validating_files"):
        openft_api.webhook(job.id)
    openft_api.end(job.id, outcome="failed")
    openft_api.advance(hours=3)
    sent = openft_api.webhook(job.id)
    event = client.webhooks.unwrap(sent.content, sent.headers)
    assert (event.type, event.job_id) == ("fine_tuning.job.failed", job.id)
    with pytest.raises(WebhookVerificationError):
        client.webhooks.unwrap(sent.content + b" ", sent.headers)
    openft_api.advance(minutes=6)
    with pytest.raises(WebhookVerificationError):
        openft_api.client().webhooks.unwrap(sent.content, sent.headers)


@pytest.mark.parametrize("fault", [503, Lost], ids=str)
def test_a_fault_that_is_none_is_refused(openft_api: FakeAPI, fault: Any) -> None:
    with pytest.raises(TypeError, match=r"a fault is Status\(503\)"):
        openft_api.fail_next(fault)


@pytest.mark.parametrize("path", ["/v1/models", "models", "/models"])
def test_a_path_is_understood_however_it_is_written(openft_api: FakeAPI, path: str) -> None:
    scripted = openft_api.fail_next(Status(404), method="get", path=path)
    with openft_api.client() as client, pytest.raises(NotFoundError):
        client.models.list()
    assert scripted.hits == 1


def test_a_fate_that_is_none_is_refused(openft_api: FakeAPI) -> None:
    wrong: Any = {"hour": 3}
    with pytest.raises(ValueError, match="a job's script has no hour; it may have hours, minutes"):
        openft_api.next_job(**wrong)
    wrong = {"outcome": "fail"}
    with pytest.raises(ValueError, match="outcome must be one of succeeded, failed, cancelled, not 'fail'"):
        openft_api.next_job(**wrong)


def test_a_fault_on_a_path_that_nothing_answers_at_is_refused(openft_api: FakeAPI) -> None:
    with pytest.raises(ValueError, match=r"nothing answers at /fine_tuning/job, .*did you mean /fine_tuning/jobs\?"):
        openft_api.fail_next(Lost(), path="/fine_tuning/job")
    openft_api.fail_next(Lost(), path="/v1/fine_tuning/jobs/ftjob-1/cancel")


@pytest.mark.parametrize("name", ["hours", "seconds", "queued", "loading"])
def test_a_job_of_less_than_no_time_is_refused(openft_api: FakeAPI, name: str) -> None:
    script: Any = {name: -3}
    with pytest.raises(ValueError, match="a job's times are at least 0"):
        openft_api.next_job(**script)


@pytest.mark.parametrize(
    ("fault", "options", "said"),
    [
        (Lost(), {"method": "PSOT"}, "no request has the method 'PSOT'; GET, POST"),
    ],
)
def test_a_fault_that_cannot_happen_is_refused(
    openft_api: FakeAPI, fault: Fault, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        openft_api.fail_next(fault, **options)


def test_answers_that_are_neither_a_mapping_nor_a_function_are_refused(openft_api: FakeAPI) -> None:
    wrong: Any = 5
    with pytest.raises(TypeError, match="answers are a mapping or a function, not 5"):
        openft_api.answer_with(wrong)


def test_a_job_that_is_not_there_is_named(openft_api: FakeAPI) -> None:
    with pytest.raises(KeyError, match=r"there is no job nope; api\.jobs has them all"):
        openft_api.end("nope")


def test_what_is_older_than_a_lost_create_by_the_apis_time_is_not_taken_for_it() -> None:
    api = FakeAPI(keeps_keys=False)
    client = api.client()
    file = client.files.create(file=("train.jsonl", CHAT))
    api.client().fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    api.advance(seconds=4000)
    api.fail_next(Dropped(), method="POST")
    with pytest.raises(APIConnectionError) as caught:
        client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    assert client.reconcile(caught.value) is None


@pytest.mark.parametrize("status", [200, 399, 600])
def test_a_status_that_is_no_error_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match=f"a status that goes wrong is 400 to 599, not {status}"):
        Status(status)


@pytest.mark.parametrize("status", ["503", None, 503.0, True])
def test_a_status_that_is_no_number_is_refused_at_once(status: Any) -> None:
    with pytest.raises(TypeError, match=f"a status is a whole number, as in Status\\(503\\), not {status!r}"):
        Status(status)


@pytest.mark.parametrize("seconds", ["3", None, -1, float("nan")])
def test_a_fault_takes_seconds(seconds: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=f"Slow takes seconds, 0 or more, not {seconds!r}"):
        Slow(seconds)
