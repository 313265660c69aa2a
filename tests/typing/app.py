"""An application that uses all of openft's public face: type-checked in full strictness, never run."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_type

import pytest

import openft
from openft import types
from openft.data import read_jsonl, write_jsonl
from openft.testing import FakeAPI, FakeJob, Lost, Status

log = logging.getLogger("reviews")
DPO: types.MethodParam = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": "auto"}}}


@dataclass(frozen=True)
class Review:
    """What somebody has written, and whether it is good."""

    text: str
    label: str


def records(reviews: Iterable[Review]) -> Iterator[types.TrainingRecord]:
    """Yield reviews as training records."""
    for review in reviews:
        if review.label:
            yield types.PromptCompletion(prompt=f"{review.text} ->", completion=f" {review.label}")
        else:
            yield types.ChatExample(messages=[types.ChatMessage(role="user", content=review.text)])


def counted(path: Path, reviews: Iterable[Review]) -> int:
    """Write reviews down, and count how many can be read again."""
    assert_type(write_jsonl(path, records(reviews)), int)
    return sum(1 for record in read_jsonl(path) if isinstance(record, types.PromptCompletion))


def watched(info: openft.ResponseInfo) -> None:
    """Note how the host answers."""
    log.info("%s %s: %d after %.2f s, attempt %d", info.method, info.path, info.status_code, info.elapsed, info.attempt)


def connected(key: str | Callable[[], str]) -> openft.Client:
    """Return a client of the host."""
    client = openft.Client(
        api_key=key,
        base_url="https://host.example/v1",
        organization="org",
        project="proj",
        webhook_secret=["whsec_b2xk", "whsec_bmV3"],
        timeout=30,
        max_retries=3,
        default_headers={"x-team": "reviews"},
        default_query={"api-version": "1"},
        on_response=watched,
    )
    return client.with_options(timeout=math.inf, max_retries=0)


def uploaded(client: openft.Client, path: Path) -> str:
    """types.Upload a file and return its id."""
    file = client.files.create(file=path, purpose="fine-tune", timeout=600, idempotency_key="reviews-1")
    assert_type(file, types.File)
    assert_type(client.files.create(file=("a.jsonl", b"{}"), check=False), types.File)
    assert_type(client.files.create(file=path, check="all"), types.File)
    assert_type(client.files.create(file=[types.PromptCompletion(prompt="a", completion=" b")]), types.File)
    file = client.files.wait_for_processing(file.id, poll_interval=1)
    names: list[str] = [each.filename for each in client.files.list(purpose="fine-tune", limit=10)]
    page: openft.Pager[types.File] = client.files.list()
    assert_type(page.data, list[types.File])
    assert_type(page.has_more, bool)
    content = client.files.content(file.id)
    assert_type(content, types.FileContent)
    assert_type(client.files.download(file.id, path.with_suffix(".copy")), Path)
    log.info("%s is one of %s, %d bytes", file.filename, names, len(content.content))
    return file.id


def uploaded_in_parts(client: openft.Client, path: Path) -> types.Upload:
    """types.Upload a file part by part."""
    begun = client.uploads.create(
        bytes=path.stat().st_size, filename=path.name, mime_type="text/jsonl", purpose="fine-tune"
    )
    part = client.uploads.parts.create(begun.id, data=path.read_bytes())
    assert_type(part, types.UploadPart)
    if not part.id:
        return client.uploads.cancel(begun.id)
    done = client.uploads.complete(begun.id, part_ids=[part.id])
    assert_type(done.file, types.File | None)
    return client.uploads.upload_file_chunked(file=path, mime_type="text/jsonl", purpose="fine-tune")


def told(event: types.FineTuningJobEvent | types.FineTuneEvent) -> str:
    """Return an event in one line."""
    loss = (event.data or {}).get("train_loss")
    return f"{event.created_at} {event.level} {event.message}" + (f" ({loss})" if loss else "")


def fate(job: types.Job) -> str:
    """Return what has become of a job of either API."""
    reason: types.JobError | None = job.error
    return job.fine_tuned_model or (reason.message if reason and reason.message else job.status)


def trained(client: openft.Client, file_id: str) -> str:
    """Train, follow, wait; return the model's name."""
    job = client.fine_tuning.jobs.create(
        model="gpt-4o-mini",
        training_file=file_id,
        validation_file=Path("valid.jsonl"),
        method=DPO,
        metadata={"team": "reviews"},
        integrations=[{"type": "wandb", "wandb": {"project": "reviews"}}],
        seed=1,
    )
    assert_type(job, types.FineTuningJob)
    with client.fine_tuning.jobs.follow(job.id) as events:
        for event in events:
            assert_type(event, types.FineTuningJobEvent)
            log.info("%s", told(event))
        assert_type(events.job, types.FineTuningJob | None)
    try:
        done = client.fine_tuning.jobs.wait(job.id, timeout=3600, poll=10)
    except openft.JobFailed as failed:
        log.warning("%s has failed: %s", failed.job.id, fate(failed.job))
        raise
    except openft.WaitTimeout:
        client.fine_tuning.jobs.pause(job.id)
        client.fine_tuning.jobs.resume(job.id)
        done = client.fine_tuning.jobs.wait(job.id)
    assert_type(done, types.SucceededJob)
    assert_type(done.fine_tuned_model, str)
    checkpoints = [each for each in client.fine_tuning.jobs.checkpoints.list(job.id) if each.metrics.valid_loss]
    assert_type(checkpoints, list[types.FineTuningJobCheckpoint])
    return client.models.wait(done.fine_tuned_model, timeout=60).id


def looked_at(client: openft.Client, job_id: str) -> float | None:
    """Return the loss of the last step."""
    results = client.fine_tuning.jobs.results(job_id)
    assert_type(results, types.Results)
    job = client.fine_tuning.jobs.retrieve(job_id)
    numbers = job.hyperparameters or (job.method and job.method.supervised and job.method.supervised.hyperparameters)
    if numbers and isinstance(numbers.n_epochs, int):
        log.info("%d epochs for %s", numbers.n_epochs, [each.wandb and each.wandb.project for each in job.integrations])
    for event in client.fine_tuning.jobs.list_events(job_id, limit=5):
        log.info("%s", told(event))
    return results.rows[-1].training_loss if results.rows else None


def shared(client: openft.Client, checkpoint: str) -> list[str]:
    """Let a project use a checkpoint; return which may."""
    permissions = client.fine_tuning.checkpoints.permissions
    for made in permissions.create(checkpoint, project_ids=["proj_1"]):
        assert_type(made, types.CheckpointPermission)
        assert_type(permissions.delete(made.id, fine_tuned_model_checkpoint=checkpoint).deleted, bool)
    return [each.project_id for each in permissions.list(checkpoint, order="ascending")]


def graded(client: openft.Client, answer: str) -> float:
    """Return the reward of an answer."""
    grader = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}", "operation": "eq"}
    valid = client.fine_tuning.alpha.graders.validate(grader=grader)
    assert_type(valid, types.GraderValidation)
    run = client.fine_tuning.alpha.graders.run(grader=grader, model_sample=answer, item={"label": "good"})
    assert_type(run, types.GraderRun)
    return run.reward or 0.0


def asked(client: openft.Client, model: str) -> str:
    """Ask the model in all ways; return what it said."""
    answer = client.completions.create(model=model, prompt=["great ->"], max_tokens=1, logprobs=2, stop=["\n"])
    assert_type(answer, types.Completion)
    logprobs = answer.choices[0].logprobs
    likely = logprobs.top_logprobs[0] if logprobs and logprobs.top_logprobs else None
    assert_type(likely, dict[str, float] | None)
    with client.completions.create(model=model, prompt="great ->", stream=True) as pieces:
        assert_type(pieces, openft.Stream[types.Completion])
        text = "".join(piece.choices[0].text for piece in pieces)
    chat = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "great"}], temperature=0)
    assert_type(chat, types.ChatCompletion)
    chunks = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "great"}], stream=True)
    assert_type(chunks, openft.Stream[types.ChatCompletionChunk])
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    return f"{text} {chat.choices[0].message.content} {said} {chat.usage.total_tokens if chat.usage else 0}"


def tidied(client: openft.Client, model: str, file_id: str) -> None:
    """Delete what is no longer needed."""
    assert_type(client.models.delete(model), types.ModelDeleted)
    assert_type(client.files.delete(file_id), types.FileDeleted)
    bases: list[types.Model] = [each for each in client.models.list() if each.owned_by != "me"]
    log.info("%d bases are left", len(bases))


def in_2023(client: openft.Client) -> str:
    """Train by the 2023 API."""
    tune = client.fine_tunes.create(training_file=Path("train.jsonl"), model="ada", n_epochs=2)
    assert_type(tune, types.FineTune)
    for event in client.fine_tunes.follow(tune.id, after=None):
        assert_type(event.cursor, str | None)
    done = client.fine_tunes.wait(tune.id)
    assert_type(done, types.SucceededFineTune)
    for finished in client.fine_tunes.as_completed([tune.id, done.id]):
        assert_type(finished, types.FineTune)
    return done.fine_tuned_model


def received(client: openft.Client, body: bytes, headers: Mapping[str, str]) -> str | None:
    """Take in a webhook; return the job that it is about."""
    try:
        event = client.webhooks.unwrap(body, headers)
    except openft.WebhookVerificationError:
        return None
    assert_type(event, types.WebhookEvent)
    if event.job_id:
        client.fine_tuning.jobs.notify(event.job_id)
    return event.job_id


def careful(client: openft.Client, options: openft.RequestOptions) -> types.FineTuningJob | None:
    """Create a job once, whatever happens on the way."""
    try:
        return client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file="file-1", **options)
    except openft.RateLimitError as error:
        log.warning("again in %s s (%s)", error.retry_after, error.code)
    except openft.BadRequestError as error:
        log.warning("%s is wrong: %s [%s]", error.param, error.message, error.request_id)
    except openft.APIStatusError as error:
        log.warning("%s %s", error.status_code, error.body)
    except openft.APIConnectionError as error:
        found = client.reconcile(error)
        return found if isinstance(found, types.FineTuningJob) else None
    except (openft.ConfigError, openft.DataError) as error:
        log.warning("%s", error)
    return None


async def one_of_many(client: openft.AsyncClient, file: Path) -> str:
    """Train one of many models."""
    job = await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file)
    assert_type(job, types.FineTuningJob)
    async with client.fine_tuning.jobs.follow(job.id) as events:
        async for event in events:
            log.info("%s", told(event))
    done = await client.fine_tuning.jobs.wait(job.id, timeout=3600)
    chat = await client.chat.completions.create(
        model=done.fine_tuned_model, messages=[{"role": "user", "content": "great"}], stream=True
    )
    assert_type(chat, openft.AsyncStream[types.ChatCompletionChunk])
    async with chat:
        return "".join([chunk.choices[0].delta.content or "" async for chunk in chat])


async def many(files: list[Path]) -> dict[str, str]:
    """Train many models at a time; return what became of each job."""
    async with openft.AsyncClient.local(temporary=True) as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(one_of_many(client, file)) for file in files]
        listed: openft.AsyncPager[types.FineTuningJob] = client.fine_tuning.jobs.list(metadata={"team": "reviews"})
        ids = [job.id async for job in listed if not job.finished]
        assert_type((await client.files.list()).data, list[types.File])
        ends: openft.AsyncCompleted[types.FineTuningJob, types.SucceededJob, types.FineTuningJobEvent]
        ends = client.fine_tuning.jobs.as_completed(ids, timeout=3600)
        fates = {job.id: fate(job) async for job in ends}
        assert_type(ends.left, frozenset[str])
        upload = await client.uploads.upload_file_chunked(
            file=files[0], mime_type="text/jsonl", purpose="fine-tune", part_size=1 << 20
        )
        assert_type(upload, types.Upload)
        assert_type(await client.models.wait("ada"), types.Model)
    return fates | {task.get_name(): task.result() for task in tasks}


def test_reviews_survive_a_lost_answer(openft_api: FakeAPI) -> None:
    """A test, as an application has it."""
    openft_api.next_job(outcome="failed", message="too long")
    openft_api.fail_next(Lost(), method="POST", path="/fine_tuning/jobs")
    openft_api.fail_next(Status(503, retry_after=20), path="/fine_tuning/jobs/*", times=2)
    with pytest.raises(openft.JobFailed), openft_api.client(max_retries=4) as client:
        trained(client, uploaded(client, Path("train.jsonl")))
    assert_type(openft_api.jobs, list[FakeJob])
    assert_type(openft_api.async_client(), openft.AsyncClient)
    with openft_api.port() as url:
        assert_type(url, str)
    openft_api.advance(hours=1)
