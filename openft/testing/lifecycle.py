"""What happens to a job, from its creation to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openft.testing import training
from openft.testing.http import Refusal
from openft.testing.life import Life, Milestone
from openft.testing.naming import current_name, legacy_name
from openft.testing.records import Fact, FakeFile, FakeJob, FakeModel, WireName

if TYPE_CHECKING:
    from openft.testing.world import World

RESULTS: dict[WireName, str] = {"legacy": "compiled_results.csv", "current": "step_metrics.csv"}
KEPT = 3
"""Checkpoints that stay."""


def begin(world: World, job: FakeJob) -> None:
    """Put a job into the queue."""
    tell(job, "created", job.created_at)
    tell(job, "costs", job.created_at)
    tell(job, "queued", job.created_at, place=world.active)
    tell(job, "validating", job.created_at)
    if job.wire == "current":
        job.model_name = current_name(job.base, world.organization, job.suffix)
    plan(job, job.life, now=job.created_at)
    world.add_job(job)


def plan(job: FakeJob, life: Life, *, now: float, at_once: bool = False) -> None:
    """Lay down what is still going to happen, on request all of it now."""
    job.life = life
    job.plan.clear()
    for offset, milestone in life.milestones(int(job.hyperparameters["n_epochs"])):
        if not _reached(job, milestone):
            due = now if at_once else max(job.created_at + offset, now)
            job.plan.append((due, milestone))


def _reached(job: FakeJob, milestone: Milestone) -> bool:
    done = {"validated": job.told("validated"), "started": job.started_at is not None, "end": job.finished}
    return done.get(milestone.kind, milestone.epoch <= len(job.epochs_done))


def reach(world: World, job: FakeJob, milestone: Milestone, at: float) -> None:
    """Let one thing happen."""
    job.updated_at = at
    job.shown.clear()
    match milestone.kind:
        case "validated":
            job.status = "queued"
            tell(job, "validated", at)
        case "started":
            job.status = "running"
            if job.started_at is None:
                tell(job, "started", at)
            job.started_at = at
        case "epoch":
            _epoch(world, job, milestone.epoch, at)
        case _:
            _end(world, job, at)


def cancel(world: World, job: FakeJob) -> None:
    """End a job at once.

    Raises:
        Refusal: 400, it has ended already.
    """
    if job.finished:
        raise Refusal(
            400, f"{job.id} has already {job.status}; there is nothing to cancel", param="id", code="already_finished"
        )
    _finish(world, job, "cancelled", world.now)


def pause(world: World, job: FakeJob) -> None:
    """Halt a job.

    Raises:
        Refusal: 400, it does not run.
    """
    if job.finished or job.paused_at is not None:
        raise Refusal(400, f"{job.id} is {job.status}; only jobs at work can be paused", param="id")
    job.paused_at = job.updated_at = world.now
    job.status = "paused"
    job.shown.clear()
    tell(job, "paused", world.now)


def resume(world: World, job: FakeJob) -> None:
    """Let a paused job go on.

    Raises:
        Refusal: 400, it is not paused.
    """
    if job.paused_at is None:
        raise Refusal(400, f"{job.id} is {job.status}; only paused jobs can be resumed", param="id")
    lost = world.now - job.paused_at
    waiting = [(due + lost, milestone) for due, milestone in job.plan]
    job.plan.clear()
    job.plan.extend(waiting)
    job.paused_at, job.updated_at = None, world.now
    job.status = "validating_files" if not job.told("validated") else "queued"
    if job.started_at is not None:
        job.plan.appendleft((world.now, Milestone("started")))
    job.shown.clear()
    tell(job, "resumed", world.now)
    world.expect(job)


def tell(job: FakeJob, kind: str, at: float, **values: Any) -> None:
    """Add a line to a job's story."""
    job.facts.append(Fact(kind, at, values))


def _epoch(world: World, job: FakeJob, epoch: int, at: float) -> None:
    total = job.steps * int(job.hyperparameters["n_epochs"])
    for step in training.measured(job, epoch):
        tell(job, "step", at, step=step, total=total, metrics=training.metrics(job, step))
    tell(job, "epoch", at, epoch=epoch, epochs=job.hyperparameters["n_epochs"], step=epoch * job.steps)
    job.epochs_done.append((epoch, at))
    if job.model_name is not None:
        _checkpoint(world, job, job.model_name, epoch, at)


def _checkpoint(world: World, job: FakeJob, name: str, epoch: int, at: float) -> None:
    made = f"{name}:ckpt-step-{epoch * job.steps}"
    world.models[made] = FakeModel(name=made, base=job.base, created_at=at, job=job.stem, listed=False)
    world.models.pop(f"{name}:ckpt-step-{(epoch - KEPT) * job.steps}", None)


def _end(world: World, job: FakeJob, at: float) -> None:
    life = job.life
    if life.outcome == "succeeded":
        _succeed(world, job, at)
    elif life.outcome == "failed":
        job.error = {"code": life.code, "message": life.message, "param": life.param}
        _finish(world, job, "failed", at, message=life.message)
    else:
        _finish(world, job, "cancelled", at)


def _succeed(world: World, job: FakeJob, at: float) -> None:
    name = job.model_name or legacy_name(job.base, world.organization, job.suffix, at, world.is_model)
    world.models[name] = FakeModel(
        name=name, base=job.base, created_at=at, job=job.stem, ready_at=at + job.life.loading
    )
    job.fine_tuned_model = job.model_name = name
    for wire, filename in RESULTS.items():
        made = FakeFile(
            id=f"file-{job.stem}{wire[0]}",
            content=training.results(job, wire),
            filename=filename,
            purpose="fine-tune-results",
            created_at=at,
        )
        world.files[made.id] = made
        job.result_files[wire] = made.id
    rows = world.files[job.training_file].rows if job.training_file in world.files else 1
    job.trained_tokens = rows * training.TOKENS * int(job.hyperparameters["n_epochs"])
    tell(job, "model", at, name=name)
    tell(job, "results", at)
    _finish(world, job, "succeeded", at)


def _finish(world: World, job: FakeJob, status: str, at: float, **values: Any) -> None:
    job.status = status
    job.finished_at = job.updated_at = at
    job.paused_at = None
    job.plan.clear()
    job.shown.clear()
    world.active -= 1
    tell(job, status, at, **values)
    world.touch()
