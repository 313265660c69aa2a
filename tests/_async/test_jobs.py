"""Today's job API, call by call: what goes out, and what becomes of the answers that hosts send."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from _async.one_call import GRADER, answered, page
from _async.support import FILE, OURS, client_of
from loopback import Answer, Loopback, Received, refusal, reply
from openft import APIResponseValidationError, AsyncClient, ConfigError, DataError, NotFoundError
from openft.types import FineTuningJob, JobError

JOB: dict[str, Any] = {"id": "ftjob-1", "object": "fine_tuning.job", "status": "running", "model": "ada"}
ROWS = b'{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}\n' * 10


# Jobs


@pytest.mark.anyio
async def test_a_job_is_created_with_what_was_given_and_nothing_else() -> None:
    sent, job = await answered(
        JOB, lambda client: client.fine_tuning.jobs.create(model="ada", training_file="file-1", suffix=None)
    )
    assert (sent.method, sent.target) == ("POST", "/v1/fine_tuning/jobs")
    assert sent.json() == {"model": "ada", "training_file": "file-1"}
    assert sent.headers["content-type"] == "application/json"
    assert (job.id, job.status, job.finished) == ("ftjob-1", "running", False)


@pytest.mark.anyio
async def test_a_job_is_created_with_all_that_can_be_said() -> None:
    sent, _ = await answered(
        JOB,
        lambda client: client.fine_tuning.jobs.create(
            model="ada",
            training_file="file-1",
            hyperparameters={"n_epochs": 2, "batch_size": "auto"},
            integrations=({"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}} for _ in range(1)),
            metadata={"team": "films"},
            method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": "auto"}}},
            seed=0,
            suffix="mood",
            validation_file="file-2",
            extra_body={"brand_new": None},
        ),
    )
    assert sent.json() == {
        "model": "ada",
        "training_file": "file-1",
        "hyperparameters": {"n_epochs": 2, "batch_size": "auto"},
        "integrations": [{"type": "wandb", "wandb": {"project": "p", "tags": ["a"]}}],
        "metadata": {"team": "films"},
        "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": "auto"}}},
        "seed": 0,
        "suffix": "mood",
        "validation_file": "file-2",
        "brand_new": None,
    }


@pytest.mark.anyio
async def test_a_job_is_retrieved_by_its_id() -> None:
    sent, job = await answered(JOB, lambda client: client.fine_tuning.jobs.retrieve("ftjob-1"))
    assert (sent.method, sent.target, sent.body) == ("GET", "/v1/fine_tuning/jobs/ftjob-1", b"")
    assert job == FineTuningJob.model_validate(JOB)


@pytest.mark.anyio
@pytest.mark.parametrize("what", ["cancel", "pause", "resume"])
async def test_a_job_is_told_something_without_a_body(what: str) -> None:
    sent, job = await answered(JOB, lambda client: getattr(client.fine_tuning.jobs, what)("ftjob-1"))
    assert (sent.method, sent.target, sent.body) == ("POST", f"/v1/fine_tuning/jobs/ftjob-1/{what}", b"")
    assert sent.headers["content-length"] == "0"
    assert "content-type" not in sent.headers
    assert len(sent.headers["idempotency-key"]) == 32
    assert isinstance(job, FineTuningJob)


@pytest.mark.anyio
async def test_jobs_are_listed_over_all_pages() -> None:
    pages = [page(JOB, {**JOB, "id": "ftjob-2"}, has_more=True), page({**JOB, "id": "ftjob-3"})]
    with Loopback([[reply(200, each)] for each in pages]) as server:
        async with client_of(server) as client:
            found = [job.id async for job in client.fine_tuning.jobs.list(limit=2, after="ftjob-0")]
    assert found == ["ftjob-1", "ftjob-2", "ftjob-3"]
    assert server.asked == [
        "GET /fine_tuning/jobs?after=ftjob-0&limit=2",
        "GET /fine_tuning/jobs?after=ftjob-2&limit=2",
    ]


@pytest.mark.anyio
async def test_jobs_are_listed_by_their_metadata() -> None:
    with Loopback([[reply(200, page(JOB))]]) as server:
        async with client_of(server) as client:
            await client.fine_tuning.jobs.list(metadata={"team": "a&b=c/ü", "no": "1"}).load()
    assert server.asked == ["GET /fine_tuning/jobs?metadata%5Bteam%5D=a%26b%3Dc%2F%C3%BC&metadata%5Bno%5D=1"]


@pytest.mark.anyio
async def test_a_path_is_uploaded_first_as_training_and_as_validation_file(tmp_path: Path) -> None:
    for name in ("train.jsonl", "valid.jsonl"):
        (tmp_path / name).write_bytes(ROWS)
    files = [{**FILE, "id": "file-t"}, {**FILE, "id": "file-v"}]
    with Loopback([[reply(200, answer)] for answer in [*files, JOB]]) as server:
        async with client_of(server) as client:
            await client.fine_tuning.jobs.create(
                model="ada", training_file=tmp_path / "train.jsonl", validation_file=tmp_path / "valid.jsonl"
            )
    assert server.asked == ["POST /files", "POST /files", "POST /fine_tuning/jobs"]
    assert b'filename="train.jsonl"' in server.requests[0].body
    assert b'filename="valid.jsonl"' in server.requests[1].body
    assert server.requests[2].json() == {"model": "ada", "training_file": "file-t", "validation_file": "file-v"}


@pytest.mark.anyio
async def test_a_bad_path_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(ROWS)
    (tmp_path / "valid.jsonl").write_bytes(b"no json\n")
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match=r"valid\.jsonl:1"):
                await client.fine_tuning.jobs.create(
                    model="ada", training_file=tmp_path / "train.jsonl", validation_file=tmp_path / "valid.jsonl"
                )
    assert server.asked == []


@pytest.mark.anyio
@pytest.mark.parametrize("wrong", [5, b"file-1", ["file-1"]], ids=repr)
async def test_a_training_file_is_an_id_or_a_path(wrong: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="a training file is a file id"):
                await client.fine_tuning.jobs.create(model="ada", training_file=wrong)


@pytest.mark.anyio
async def test_one_idempotency_key_covers_the_uploads_and_the_job(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(ROWS)

    def answer(received: Received) -> Answer:
        made = {"/v1/files": FILE}.get(received.path, JOB) if received.method == "POST" else page()
        return [reply(200, made, **OURS)]

    with Loopback(answer) as server:
        async with client_of(server) as client:
            await client.models.list().load()  # so that the client knows whom it speaks to
            await client.fine_tuning.jobs.create(
                model="ada", training_file=tmp_path / "train.jsonl", idempotency_key="k1"
            )
    posted = {each.path: each.headers["idempotency-key"] for each in server.requests if each.method == "POST"}
    assert posted == {"/v1/files": "k1-training_file", "/v1/fine_tuning/jobs": "k1"}


@pytest.mark.anyio
@pytest.mark.parametrize("id", ["", "..", "a\n", "x" * 2000])
async def test_an_id_that_cannot_be_one_is_told_before_anything_is_sent(id: str) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            for call in (client.fine_tuning.jobs.retrieve, client.fine_tuning.jobs.cancel):
                with pytest.raises(ConfigError, match="id"):
                    await call(id)
    assert server.asked == []


@pytest.mark.anyio
async def test_a_job_that_is_not_there_is_a_not_found_error() -> None:
    with Loopback([[refusal(404, "no such job")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError, match="no such job"):
                await client.fine_tuning.jobs.retrieve("a/b c")
    assert server.asked == ["GET /fine_tuning/jobs/a%2Fb%20c"]


# What hosts answer

VARIANTS: dict[str, tuple[dict[str, Any], Callable[[FineTuningJob], object], object]] = {
    "no error": ({"error": None}, lambda job: job.error, None),
    "an empty error": ({"error": {}}, lambda job: job.error, None),
    "an error of nulls": ({"error": {"code": None, "message": None, "param": None}}, lambda job: job.error, None),
    "an error of empty texts": ({"error": {"code": "", "message": ""}}, lambda job: job.error, None),
    "an error that is false": ({"error": False}, lambda job: job.error, None),
    "an error in words": ({"error": "out of memory"}, lambda job: job.error, JobError(message="out of memory")),
    "an empty text": ({"error": ""}, lambda job: job.error, None),
    "an error without a code": ({"error": {"message": "m"}}, lambda job: job.error, JobError(message="m")),
    "no hyperparameters": ({"hyperparameters": None}, lambda job: job.hyperparameters, None),
    "auto": ({"hyperparameters": {"n_epochs": "auto"}}, lambda job: job.hyperparameters, {"n_epochs": "auto"}),
    "halves": (
        {"hyperparameters": {"n_epochs": 1.5, "batch_size": None, "learning_rate_multiplier": 1.8}},
        lambda job: job.hyperparameters,
        {"n_epochs": 1.5, "batch_size": None, "learning_rate_multiplier": 1.8},
    ),
    "no results": ({"result_files": None}, lambda job: job.result_files, []),
    "an unknown status": ({"status": "resting"}, lambda job: (job.status, job.finished), ("resting", False)),
    "no status": ({"status": None}, lambda job: (job.status, job.finished), ("", False)),
    "paused": ({"status": "paused"}, lambda job: (job.finished, job.succeeded), (False, False)),
    "no integrations": ({"integrations": None}, lambda job: job.integrations, []),
    "an integration": (
        {"integrations": [{"type": "wandb", "wandb": {"project": "p", "entity": None, "run_id": "r"}}]},
        lambda job: [(each.type, each.wandb and (each.wandb.project, each.wandb.run_id)) for each in job.integrations],
        [("wandb", ("p", "r"))],
    ),
    "another integration": (
        {"integrations": [{"type": "mlflow", "mlflow": {}}]},
        lambda job: [(each.type, each.wandb) for each in job.integrations],
        [("mlflow", None)],
    ),
    "no metadata": ({"metadata": None}, lambda job: job.metadata, {}),
    "no finish in sight": ({"estimated_finish": 0}, lambda job: job.estimated_finish, 0),
    "no method": ({"method": None}, lambda job: job.method, None),
    "a dpo method": (
        {"method": {"type": "dpo", "supervised": None, "dpo": {"hyperparameters": {"beta": 0.1}}}},
        lambda job: job.method and job.method.dpo and job.method.dpo.hyperparameters,
        {"beta": 0.1},
    ),
    "a method with a grader": (
        {"method": {"type": "reinforcement", "reinforcement": {"grader": GRADER, "response_format": None}}},
        lambda job: job.method and job.method.reinforcement and job.method.reinforcement.grader,
        GRADER,
    ),
    "an unknown field": ({"usage_metrics": {"a": [1]}}, lambda job: job.to_dict()["usage_metrics"], {"a": [1]}),
    "no model": ({"model": None, "fine_tuned_model": None}, lambda job: (job.model, job.fine_tuned_model), ("", None)),
}


@pytest.mark.anyio
@pytest.mark.parametrize("variant", VARIANTS)
async def test_a_job_is_read_as_hosts_send_it(variant: str) -> None:
    fields, look, expected = VARIANTS[variant]
    _, job = await answered({**JOB, **fields}, lambda client: client.fine_tuning.jobs.retrieve("ftjob-1"))
    seen: Any = look(job)
    assert (seen.to_dict() if isinstance(expected, dict) and not isinstance(seen, dict) else seen) == expected


@pytest.mark.anyio
async def test_a_job_without_an_id_is_no_job() -> None:
    with pytest.raises(APIResponseValidationError, match="id: Field required"):
        await answered({"status": "running"}, lambda client: client.fine_tuning.jobs.retrieve("ftjob-1"))


# Events


@pytest.mark.anyio
async def test_events_are_listed_newest_first_over_all_pages() -> None:
    metrics = {"step": 2, "train_loss": 0.5}
    first = page({"id": "e3", "message": "done"}, {"id": "e2", "data": metrics, "type": "metrics"}, has_more=True)
    with Loopback([[reply(200, first)], [reply(200, page({"id": "e1", "level": "warn"}))]]) as server:
        async with client_of(server) as client:
            events = [event async for event in client.fine_tuning.jobs.list_events("ftjob-1", limit=2, after="e4")]
    assert [event.id for event in events] == ["e3", "e2", "e1"]
    assert [(event.type, event.data, event.level) for event in events[1:]] == [
        ("metrics", metrics, "info"),
        (None, None, "warn"),
    ]
    assert server.asked == [
        "GET /fine_tuning/jobs/ftjob-1/events?after=e4&limit=2",
        "GET /fine_tuning/jobs/ftjob-1/events?after=e2&limit=2",
    ]


@pytest.mark.anyio
async def test_events_are_read_as_hosts_send_them() -> None:
    sent = page({"id": "e3", "data": None}, {"id": "e2", "data": {}}, {"created_at": 7, "message": "no id"})
    _, events = await answered(sent, loaded_events)
    assert [(event.data, event.cursor) for event in events.data] == [(None, "e3"), ({}, "e2"), (None, "7 no id")]
    assert str(events.data[2]) == "no id"


async def loaded_events(client: AsyncClient) -> Any:
    listed = client.fine_tuning.jobs.list_events("ftjob-1")
    await listed.load()
    return listed


@pytest.mark.anyio
async def test_ids_and_metadata_of_the_wrong_type_are_refused_before_sending() -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            wrong: Any = None
            with pytest.raises(ConfigError, match="as_completed takes the ids of jobs, not NoneType"):
                client.fine_tuning.jobs.as_completed(wrong)
            wrong = "x"
            with pytest.raises(ConfigError, match="metadata must be a mapping, not str"):
                client.fine_tuning.jobs.list(metadata=wrong)
