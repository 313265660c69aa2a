"""``/v1/fine_tuning/jobs``: jobs of today's API."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pydantic_core import to_json

from openft.testing import current, lifecycle, training
from openft.testing.asking import number, page, parse, unknown_place
from openft.testing.http import Answer, Asked, Refusal, Wire
from openft.testing.records import FakeJob
from openft.testing.routes.fine_tunes import training_files
from openft.testing.routes.table import Handler, Route
from openft.types.requests import FineTuningJobCreate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openft.testing.world import World

KINDS: dict[str, tuple[str, ...]] = {
    "supervised": ("chat", "prompt_completion"),
    "dpo": ("preference",),
    "reinforcement": ("reinforcement", "chat"),
}


def create(world: World, asked: Asked) -> Wire:
    """Put a job in the queue."""
    body = parse(FineTuningJobCreate, asked.body)
    base = world.known_model(body.model)
    kind = body.method.type if body.method else "supervised"
    file = training_files(world, body, KINDS[kind])
    wanted = training.hyperparameters_of(body)
    chosen = training.current_choice(wanted, file.rows)
    method: Wire = body.method.model_dump(exclude_none=True).get(kind, {}) if body.method else {}
    job = FakeJob(
        wire="current",
        created_at=world.now,
        life=world.next_life(),
        model=body.model,
        base=base,
        training_file=file.id,
        validation_file=body.validation_file,
        suffix=body.suffix,
        hyperparameters=chosen,
        method={"type": kind, kind: {**method, "hyperparameters": wanted.model_dump()}},
        metadata=body.metadata,
        integrations=[each.model_dump(exclude_none=True) for each in body.integrations or []],
        seed=body.seed if body.seed is not None else len(world.order),
        steps=training.steps_of(file.rows, int(chosen["batch_size"])),
    )
    lifecycle.begin(world, job)
    return current.job(world, job)


def listing(world: World, asked: Asked) -> Answer:
    """Return jobs, the newest first."""
    limit, after = number(asked, "limit", 20, 10_000), asked.query.get("after")
    before = None
    if after is not None:
        try:
            before = world.job(after).number
        except Refusal:
            raise unknown_place(after) from None
    wanted = _metadata(asked)
    found = list(islice(_matching(world.newest(before), wanted), limit + 1))
    rows = [_shown(world, job) for job in found[:limit]]
    more = b"true" if len(found) > limit else b"false"
    return Answer(200, b'{"object":"list","data":[' + b",".join(rows) + b'],"has_more":' + more + b"}")


def _shown(world: World, job: FakeJob) -> bytes:
    """Return a job as it looks in lists, made once for each change of it."""
    known = job.shown.get("current")
    if known is None:
        known = job.shown["current"] = to_json(current.job(world, job))
    return known


def _metadata(asked: Asked) -> dict[str, str] | None:
    """Return the metadata that is looked for; empty for none at all, None where nobody asks."""
    if asked.query.get("metadata") == "null":
        return {}
    given = {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in asked.query.items()
        if name.startswith("metadata[") and name.endswith("]")
    }
    return given or None


def _matching(jobs: Iterator[FakeJob], wanted: dict[str, str] | None) -> Iterator[FakeJob]:
    if wanted is None:
        return jobs
    if not wanted:
        return (job for job in jobs if not job.metadata)
    return (job for job in jobs if job.metadata and wanted.items() <= job.metadata.items())


def _job(world: World, job_id: str) -> FakeJob:
    return world.job(job_id, "fine-tuning job")


def retrieve(world: World, asked: Asked, job_id: str) -> Wire:
    """Return a job."""
    return current.job(world, _job(world, job_id))


def _after(work: Callable[[World, FakeJob], None]) -> Handler:
    """Return what does something to a job and shows it."""

    def handle(world: World, asked: Asked, job_id: str) -> Wire:
        job = _job(world, job_id)
        work(world, job)
        return current.job(world, job)

    return handle


def events(world: World, asked: Asked, job_id: str) -> Wire:
    """Return the events so far, the newest first."""
    job = _job(world, job_id)
    if asked.skips and world.still:
        world.stand_by(job)
    story = current.story(job)[::-1]
    shown = page(asked, story, lambda event: event, default=20, most=10_000)
    return {name: shown[name] for name in ("object", "data", "has_more")}


def checkpoints(world: World, asked: Asked, job_id: str) -> Wire:
    """Return the checkpoints that are left, the newest first."""
    return page(asked, current.checkpoints(_job(world, job_id)), lambda row: row, default=10, most=10_000)


ROUTES = (
    Route("GET", "/fine_tuning/jobs", listing),
    Route("POST", "/fine_tuning/jobs", create, once=True, body=FineTuningJobCreate),
    Route("GET", "/fine_tuning/jobs/*", retrieve),
    Route("POST", "/fine_tuning/jobs/*/cancel", _after(lifecycle.cancel), once=True),
    Route("POST", "/fine_tuning/jobs/*/pause", _after(lifecycle.pause)),
    Route("POST", "/fine_tuning/jobs/*/resume", _after(lifecycle.resume)),
    Route("GET", "/fine_tuning/jobs/*/events", events),
    Route("GET", "/fine_tuning/jobs/*/checkpoints", checkpoints),
)
