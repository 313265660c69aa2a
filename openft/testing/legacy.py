"""The objects of the 2023 API (source: OpenAI API description 1.3.0), and its words for what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from openft.testing.http import Wire
from openft.testing.records import Fact, FakeFile, FakeJob

if TYPE_CHECKING:
    from openft.testing.world import World

STATUSES = {"validating_files": "pending", "queued": "pending", "paused": "pending"}
FOR_CLASSES = ("classification_", "compute_classification_")
FIRST = ("batch_size", "learning_rate_multiplier", "n_epochs", "prompt_loss_weight")


def listing(data: Iterable[Wire]) -> Wire:
    """Return a list without pages."""
    return {"object": "list", "data": list(data)}


def file(record: FakeFile, now: float) -> Wire:
    """Return a File, as both APIs show it."""
    gone = record.deleted or (record.expires_at is not None and record.expires_at <= now)
    return {
        "id": record.id,
        "object": "file",
        "bytes": len(record.content),
        "created_at": int(record.created_at),
        "expires_at": None if record.expires_at is None else int(record.expires_at),
        "filename": record.filename,
        "purpose": record.purpose,
        "status": "deleted" if gone else "processed" if record.ready_at <= now else "uploaded",
        "status_details": None,
    }


def fine_tune(world: World, job: FakeJob, *, events: bool) -> Wire:
    """Return a FineTune; lists leave the events out."""
    training, validation, results = (
        [file(world.files[name], world.now)] if name else []
        for name in (job.training_file, job.validation_file, job.result_files.get("legacy"))
    )
    return {
        "id": f"ft-{job.stem}",
        "object": "fine-tune",
        "created_at": int(job.created_at),
        "updated_at": int(job.updated_at),
        "model": job.model,
        "fine_tuned_model": job.fine_tuned_model,
        "organization_id": f"org-{world.organization}",
        "status": STATUSES.get(job.status, job.status),
        "hyperparams": hyperparams(job),
        "training_files": training,
        "validation_files": validation,
        "result_files": results,
        **({"events": story(job)} if events else {}),
    }


def hyperparams(job: FakeJob) -> Wire:
    """Return what the job trains with; classification settings only where there are some."""
    chosen = {"prompt_loss_weight": None, **job.hyperparameters}
    shown = {name: chosen[name] for name in FIRST}
    return shown | {name: value for name, value in chosen.items() if name.startswith(FOR_CLASSES) and value}


def story(job: FakeJob) -> list[Wire]:
    """Return the events so far, oldest first."""
    return [event(job, fact) for fact in job.facts if fact.kind in WORDS]


def event(job: FakeJob, fact: Fact) -> Wire:
    """Return an event; ``step`` and ``data`` only where there is something to tell."""
    told: Wire = {
        "object": "fine-tune-event",
        "created_at": int(fact.at),
        "level": "error" if fact.kind == "failed" else "info",
        "message": WORDS[fact.kind](job, fact.values),
    }
    if fact.kind == "epoch":
        told |= {"step": fact.values["step"], "data": {"epoch": fact.values["epoch"]}}
    return told


WORDS: dict[str, Callable[[FakeJob, Any], str]] = {
    "created": lambda job, _: f"Created fine-tune: ft-{job.stem}",
    "costs": lambda _, __: "Fine-tune costs $0.00",
    "queued": lambda _, values: f"Fine-tune enqueued. Queue number: {values['place']}",
    "started": lambda _, __: "Fine-tune started",
    "epoch": lambda _, values: f"Completed epoch {values['epoch']}/{values['epochs']}",
    "model": lambda _, values: f"Uploaded model: {values['name']}",
    "results": lambda job, _: f"Uploaded result file: {job.result_files['legacy']}",
    "succeeded": lambda _, __: "Fine-tune succeeded",
    "failed": lambda _, values: f"Error: {values['message']}",
    "cancelled": lambda _, __: "Fine-tune cancelled",
    "paused": lambda _, __: "Fine-tune paused",
    "resumed": lambda _, __: "Fine-tune resumed",
}


def model(name: str, created: float, owner: str) -> Wire:
    """Return a Model, with the permission list of 2023."""
    allowed = ("allow_sampling", "allow_logprobs", "allow_view", "allow_fine_tuning")
    refused = ("allow_create_engine", "allow_search_indices", "is_blocking")
    permission: Wire = {"id": f"modelperm-{name}", "object": "model_permission", "created": int(created)}
    permission |= dict.fromkeys(allowed, True) | dict.fromkeys(refused, False) | {"organization": "*", "group": None}
    return {
        "id": name,
        "object": "model",
        "created": int(created),
        "owned_by": owner,
        "permission": [permission],
    }
