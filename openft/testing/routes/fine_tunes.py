"""``/v1/fine-tunes``: jobs of the 2023 API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openft.testing import legacy, lifecycle, training
from openft.testing.asking import deleted, is_number, parse
from openft.testing.http import Answer, Asked, Pieces, Refusal, Wire
from openft.testing.records import FakeFile, FakeJob
from openft.testing.routes.streams import DONE, frame, stream
from openft.testing.routes.table import Route
from openft.types.requests import FineTuneCreate, FineTuningJobCreate

if TYPE_CHECKING:
    from openft.testing.world import World

YES, NO = ("true", "1", "yes"), ("", "false", "0", "no")


def create(world: World, asked: Asked) -> Wire:
    """Put a fine-tune in the queue."""
    body = parse(FineTuneCreate, asked.body)
    _check_classification(body)
    base = world.known_model(body.model)
    file = training_files(world, body, ("prompt_completion",))
    chosen = training.legacy_choice(body, file.rows)
    job = FakeJob(
        wire="legacy",
        created_at=world.now,
        life=world.next_life(),
        model=body.model,
        base=base,
        training_file=file.id,
        validation_file=body.validation_file,
        suffix=body.suffix or None,
        hyperparameters=chosen,
        steps=training.steps_of(file.rows, int(chosen["batch_size"])),
    )
    lifecycle.begin(world, job)
    return legacy.fine_tune(world, job, events=True)


def training_files(world: World, body: FineTuneCreate | FineTuningJobCreate, kinds: tuple[str, ...]) -> FakeFile:
    """Return the file that a job is to train on, where it and that for validation may be used.

    Raises:
        Refusal: 400, there is none, or it is for something else.
    """
    file = _usable(world, body.training_file, "training_file", kinds)
    if body.validation_file:
        _usable(world, body.validation_file, "validation_file", kinds)
    return file


def _usable(world: World, file_id: str, param: str, kinds: tuple[str, ...]) -> FakeFile:
    try:
        file = world.file(file_id)
    except Refusal:
        message = f"no such file: {file_id}; upload it with purpose fine-tune and pass its id"
        raise Refusal(400, message, param=param) from None
    if file.purpose != "fine-tune":
        raise Refusal(400, f"{file_id} has purpose {file.purpose}; upload it with purpose fine-tune", param=param)
    if file.kind not in kinds:
        raise Refusal(400, f"{file_id} has {file.kind} records, and not {' or '.join(kinds)}", param=param)
    return file


def _check_classification(body: FineTuneCreate) -> None:
    if not body.compute_classification_metrics:
        return
    if not body.validation_file:
        raise Refusal(400, "classification metrics need a validation file; pass one", param="validation_file")
    if body.classification_n_classes is None and body.classification_positive_class is None:
        message = "classification metrics need classification_n_classes or classification_positive_class"
        raise Refusal(400, message, param="classification_n_classes")


def listing(world: World, asked: Asked) -> Wire:
    """Return all jobs, oldest first, without events."""
    return legacy.listing(legacy.fine_tune(world, job, events=False) for job in world.order if job is not None)


def retrieve(world: World, asked: Asked, job_id: str) -> Wire:
    """Return a job with its events."""
    return legacy.fine_tune(world, world.job(job_id), events=True)


def cancel(world: World, asked: Asked, job_id: str) -> Wire:
    """End a job that waits or runs."""
    job = world.job(job_id)
    lifecycle.cancel(world, job)
    return legacy.fine_tune(world, job, events=True)


def delete(world: World, asked: Asked, job_id: str) -> Wire:
    """Remove a finished job's record; its model and its results stay."""
    job = world.job(job_id)
    if not job.finished:
        raise Refusal(400, f"{job_id} is {job.status}; cancel it first", param="id", code="not_finished")
    world.order[job.number] = None
    del world.jobs[job.stem]
    return deleted("fine-tune", job_id)


def events(world: World, asked: Asked, job_id: str) -> Wire | Answer:
    """Return the events so far, or a stream of them that ends with the job."""
    job = world.job(job_id)
    after = asked.query.get("after") or asked.headers.get("last-event-id") or "0"
    if not is_number(after):
        message = f"after is {after!r:.80}, which is no event's number; send an event's cursor"
        raise Refusal(400, message, param="after")
    streamed = asked.query.get("stream", "").lower()
    if streamed not in (*YES, *NO):
        raise Refusal(400, f"stream: {streamed!r} is neither true nor false", param="stream")
    if streamed in NO:
        return legacy.listing(legacy.story(job)[int(after) :])
    return stream(_frames(world, asked, job, int(after)))


def _frames(world: World, asked: Asked, job: FakeJob, after: int) -> Pieces:
    while True:
        with world.lock:
            world.settle()
            told, over = legacy.story(job)[after:], job.finished
        for event in told:
            after += 1
            yield frame(event, after)
        if over:
            yield DONE
            return
        if not world.pass_to_next(job, skips=asked.skips):
            yield None


ROUTES = (
    Route("GET", "/fine-tunes", listing),
    Route("POST", "/fine-tunes", create, once=True, body=FineTuneCreate),
    Route("GET", "/fine-tunes/*", retrieve),
    Route("DELETE", "/fine-tunes/*", delete),
    Route("POST", "/fine-tunes/*/cancel", cancel, once=True),
    Route("GET", "/fine-tunes/*/events", events),
)
