"""The objects of the 2023 API (source: OpenAI API description 1.3.0)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openft.server.generation import Choice, Done
from openft.server.store.records import EventRecord, FileRecord, JobRecord

Wire = dict[str, Any]

BASES_CREATED = 1_795_305_600
_PUBLIC_HYPERPARAMETERS = ("batch_size", "learning_rate_multiplier", "n_epochs", "prompt_loss_weight")


def listing(data: Iterable[Wire]) -> Wire:
    """Return a list object; this API has no pages."""
    return {"object": "list", "data": list(data)}


def deleted(kind: str, id: str) -> Wire:
    """Return the answer to a deletion."""
    return {"id": id, "object": kind, "deleted": True}


def file(record: FileRecord) -> Wire:
    """Return a File; one that is stored was checked before, so that nobody waits in vain."""
    return {
        "id": record.id,
        "object": "file",
        "bytes": record.bytes,
        "created_at": record.created_at,
        "filename": record.filename,
        "purpose": record.purpose,
        "status": "processed" if record.deleted_at is None else "deleted",
        "status_details": None,
    }


def fine_tune(
    job: JobRecord, files: Mapping[str, FileRecord], organization: str, events: Sequence[EventRecord] | None
) -> Wire:
    """Return a FineTune; lists leave the events out."""
    told = {} if events is None else {"events": [event(record) for record in events]}
    return {
        "id": f"ft-{job.stem}",
        "object": "fine-tune",
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "model": job.model,
        "fine_tuned_model": job.fine_tuned_model,
        "organization_id": organization,
        "status": job.status,
        "hyperparams": _hyperparams(job.hyperparameters),
        "training_files": [file(files[job.training_file])],
        "validation_files": [file(files[job.validation_file])] if job.validation_file else [],
        "result_files": [file(files[job.result_file])] if job.result_file else [],
        **told,
    }


def _hyperparams(chosen: Mapping[str, Any]) -> Wire:
    shown = {name: chosen[name] for name in _PUBLIC_HYPERPARAMETERS}
    return shown | {name: value for name, value in chosen.items() if name not in shown and value not in (None, False)}


def event(record: EventRecord) -> Wire:
    """Return an event; `step` and `data` are ours and appear only where there is something to tell."""
    extra = {"step": record.step, "data": record.data}
    return {
        "object": "fine-tune-event",
        "created_at": record.created_at,
        "level": record.level,
        "message": record.message,
    } | {name: value for name, value in extra.items() if value is not None}


def model(name: str, created: int, owner: str) -> Wire:
    """Return a Model, with the permission list of 2023."""
    return {
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": owner,
        "permission": [
            {
                "id": f"modelperm-{name}",
                "object": "model_permission",
                "created": created,
                "allow_create_engine": False,
                "allow_sampling": True,
                "allow_logprobs": True,
                "allow_search_indices": False,
                "allow_view": True,
                "allow_fine_tuning": True,
                "organization": "*",
                "group": None,
                "is_blocking": False,
            }
        ],
    }


def completion(id: str, created: int, model: str, choices: Iterable[Choice], done: Done | None = None) -> Wire:
    """Return a Completion, or a piece of one, which has no usage."""
    shown: Wire = {
        "id": id,
        "object": "text_completion",
        "created": created,
        "model": model,
        "choices": [choice.model_dump() for choice in choices],
    }
    if done:
        shown["usage"] = {
            "prompt_tokens": done.prompt_tokens,
            "completion_tokens": done.completion_tokens,
            "total_tokens": done.prompt_tokens + done.completion_tokens,
        }
    return shown
