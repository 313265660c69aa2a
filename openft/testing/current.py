"""The objects of today's API (source: OpenAI API description 2.3.0), and its words for what happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from openft.testing import training
from openft.testing.http import Wire
from openft.testing.legacy import file as file  # one File on both APIs
from openft.testing.records import Fact, FakeJob, FakeUpload

if TYPE_CHECKING:
    from openft.testing.world import World

ASKED = ("batch_size", "learning_rate_multiplier", "n_epochs")


def job(world: World, record: FakeJob) -> Wire:
    """Return a FineTuningJob."""
    method = method_of(record)
    running = record.started_at is not None and not record.finished
    return {
        "object": "fine_tuning.job",
        "id": f"ftjob-{record.stem}",
        "model": record.model,
        "created_at": int(record.created_at),
        "finished_at": None if record.finished_at is None else int(record.finished_at),
        "fine_tuned_model": record.fine_tuned_model,
        "organization_id": f"org-{world.organization}",
        "result_files": [record.result_files["current"]] if record.result_files else [],
        "status": "queued" if record.status == "pending" else record.status,
        "validation_file": record.validation_file,
        "training_file": record.training_file,
        "hyperparameters": method["supervised"]["hyperparameters"] if method["type"] == "supervised" else None,
        "trained_tokens": record.trained_tokens,
        "error": record.error or {"code": None, "message": None, "param": None},
        "user_provided_suffix": record.suffix,
        "seed": record.seed,
        "estimated_finish": int(record.plan[-1][0]) if running and record.plan else None,
        "integrations": record.integrations,
        "method": method,
        "metadata": record.metadata,
        "usage_metrics": None,
        "shared_with_openai": False,
    }


def method_of(record: FakeJob) -> Wire:
    """Return how the job trains: as it was asked for, and from the start on with all that was chosen."""
    asked: Wire = record.method or {"type": "supervised", "supervised": {"hyperparameters": {}}}
    kind: str = asked["type"]
    chosen = record.hyperparameters if record.method is None or record.started_at is not None else {}
    names = ASKED if record.method is None else tuple(asked[kind]["hyperparameters"])
    told = asked[kind]["hyperparameters"] | {name: chosen[name] for name in names if name in chosen}
    return {"type": kind, kind: {**asked[kind], "hyperparameters": told}}


def story(record: FakeJob) -> list[Wire]:
    """Return the events so far, oldest first."""
    return [event(record, number, fact) for number, fact in enumerate(record.facts) if fact.kind in WORDS]


def event(record: FakeJob, number: int, fact: Fact) -> Wire:
    """Return an event."""
    data: Wire = {}
    if fact.kind == "step":
        data = {"step": fact.values["step"], "total_steps": fact.values["total"], **fact.values["metrics"]}
    return {
        "object": "fine_tuning.job.event",
        "id": f"ftevent-{record.stem}{number}",
        "created_at": int(fact.at),
        "level": "error" if fact.kind == "failed" else "info",
        "message": WORDS[fact.kind](record, fact.values),
        "type": "metrics" if fact.kind == "step" else "message",
        "data": data,
    }


def _step(_: FakeJob, values: Any) -> str:
    shown = {"train_loss": "training loss", "valid_loss": "validation loss"}
    told = [f"{word}={values['metrics'][name]:.2f}" for name, word in shown.items() if name in values["metrics"]]
    return f"Step {values['step']}/{values['total']}: {', '.join(told)}"


def _validating(record: FakeJob, _: Any) -> str:
    second = f" and validation file: {record.validation_file}" if record.validation_file else ""
    return f"Validating training file: {record.training_file}{second}"


WORDS: dict[str, Callable[[FakeJob, Any], str]] = {
    "created": lambda job, _: f"Created fine-tuning job: ftjob-{job.stem}",
    "validating": _validating,
    "validated": lambda _, __: "Files validated, moving job to queued state",
    "started": lambda _, __: "Fine-tuning job started",
    "step": _step,
    "model": lambda _, values: f"New fine-tuned model created: {values['name']}",
    "succeeded": lambda _, __: "The job has successfully completed",
    "failed": lambda _, values: f"The job failed: {values['message']}",
    "cancelled": lambda _, __: "The job was cancelled",
    "paused": lambda _, __: "The job was paused",
    "resumed": lambda _, __: "The job was resumed",
}


def checkpoints(record: FakeJob) -> list[Wire]:
    """Return the checkpoints that are left, newest first."""
    if record.model_name is None:
        return []
    return [_checkpoint(record, epoch, at) for epoch, at in reversed(record.epochs_done[-3:])]


def _checkpoint(record: FakeJob, epoch: int, at: float) -> Wire:
    step = epoch * record.steps
    found = training.metrics(record, step)
    full = {f"full_{name}": value for name, value in found.items() if name.startswith("valid")}
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": f"ftckpt_{record.stem}{epoch}",
        "created_at": int(at),
        "fine_tuned_model_checkpoint": f"{record.model_name}:ckpt-step-{step}",
        "metrics": {"step": step, **found, **full},
        "fine_tuning_job_id": f"ftjob-{record.stem}",
        "step_number": step,
    }


def upload(record: FakeUpload, now: float) -> Wire:
    """Return an Upload."""
    shown: Wire = {
        "id": record.id,
        "object": "upload",
        "bytes": record.size,
        "created_at": int(record.created_at),
        "filename": record.filename,
        "purpose": record.purpose,
        "status": "expired" if record.status == "pending" and record.expires_at <= now else record.status,
        "expires_at": int(record.expires_at),
    }
    return shown | ({"file": file(record.file, now)} if record.file else {})
