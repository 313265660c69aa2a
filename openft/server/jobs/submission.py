"""From a request to a job in the queue, and from there to a folder that a worker can begin with."""

from __future__ import annotations

import fcntl
import hashlib
import json
from pathlib import Path

from sqlalchemy import Connection

from openft.server.home import write_in_place
from openft.server.http.refusal import Refusal, not_found
from openft.server.hyperparams import resolve
from openft.server.jobs import lifecycle
from openft.server.jobs.pricing import cost
from openft.server.jobspec import LOCK, SPEC, Hyperparameters, JobSpec, ModelRef
from openft.server.naming import new_stem
from openft.server.store import files
from openft.server.store.records import FileRecord, JobRecord
from openft.server.world import World
from openft.types.requests import FineTuneCreate


def draft(world: World, request: FineTuneCreate) -> JobRecord:
    """Return the job that a request asks for, not yet in the queue.

    Raises:
        Refusal: 400 or 404, it cannot be trained.
    """
    _check_classification(request)
    with world.database.read() as connection:
        model = find_model(world, connection, request.model)
        training = _training_file(connection, request.training_file, "training_file")
        validation = None
        if request.validation_file:
            validation = _training_file(connection, request.validation_file, "validation_file")
    chosen = resolve(request, training.rows or 0)
    moment = lifecycle.now()
    return JobRecord(
        stem=new_stem(),
        wire="legacy",
        created_at=moment,
        updated_at=moment,
        status="pending",
        model=request.model,
        base=model.base,
        suffix=request.suffix or None,
        training_file=training.id,
        validation_file=request.validation_file,
        hyperparameters=chosen.model_dump(),
        seed=_seed(request, training, validation),
        cost=_cost(world, model, training, chosen.n_epochs),
    )


def still_there(world: World, connection: Connection, job: JobRecord) -> None:
    """Check again, in the transaction that adds the job, that its model and files were not deleted meanwhile.

    Raises:
        Refusal: 400 or 404, one was.
    """
    find_model(world, connection, job.model)
    _training_file(connection, job.training_file, "training_file")
    if job.validation_file:
        _training_file(connection, job.validation_file, "validation_file")


def find_model(world: World, connection: Connection, name: str) -> ModelRef:
    """Return a model by its name.

    Raises:
        Refusal: 404, there is none.
    """
    model = world.catalogue.find(connection, name)
    if model is None:
        raise not_found(f"model: {name}", "GET /v1/models lists all", code="model_not_found", param="model")
    return model


def prepare_folder(world: World, job: JobRecord, folder: Path) -> None:
    """Write what a worker needs to know; again for each attempt, since the data directory may have moved."""
    with world.database.read() as connection:
        model = world.catalogue.find(connection, job.model, deleted=True)
    if model is None:  # a base that the server is no longer told of
        model = ModelRef(name=job.model, path="", base=job.base)
    spec = JobSpec(
        job=job.stem,
        model=model,
        training_file=str(world.home.file(job.training_file)),
        validation_file=str(world.home.file(job.validation_file)) if job.validation_file else None,
        hyperparameters=Hyperparameters(**job.hyperparameters),
        seed=job.seed,
    )
    folder.mkdir(exist_ok=True, mode=0o700)
    write_in_place(folder / SPEC, spec.model_dump_json().encode())


def folder_free(folder: Path) -> bool:
    """Return whether no worker is at work in a job's folder."""
    try:
        with (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # given back when the file closes
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _training_file(connection: Connection, file_id: str, param: str) -> FileRecord:
    file = files.find(connection, file_id)
    if file is None:
        raise _no_file(file_id, param)
    if file.purpose != "fine-tune":
        raise Refusal(400, f"{file_id} has purpose {file.purpose}; upload it with purpose fine-tune", param=param)
    if file.kind != "prompt_completion":
        raise Refusal(
            400, f"{file_id} has {file.kind} records; /v1/fine-tunes needs prompt and completion", param=param
        )
    return file


def _no_file(file_id: str, param: str) -> Refusal:
    return Refusal(400, f"no such file: {file_id}; upload it with purpose fine-tune and pass its id", param=param)


def _cost(world: World, model: ModelRef, training: FileRecord, epochs: int) -> float:
    try:
        return cost(world.settings.prices.get(model.base, 0.0), world.home.file(training.id), epochs)
    except FileNotFoundError as error:  # deleted a moment ago
        raise _no_file(training.id, "training_file") from error


def _check_classification(request: FineTuneCreate) -> None:
    if not request.compute_classification_metrics:
        return
    if not request.validation_file:
        raise Refusal(400, "classification metrics need a validation file; pass one", param="validation_file")
    if request.classification_n_classes is None and request.classification_positive_class is None:
        raise Refusal(
            400,
            "classification metrics need classification_n_classes, or classification_positive_class for two classes",
            param="classification_n_classes",
        )


def _seed(request: FineTuneCreate, training: FileRecord, validation: FileRecord | None) -> int:
    """Return a seed, the same for equal requests with equal data: this API has no field for it."""
    fields = request.model_dump(exclude={"training_file", "suffix"})
    content = json.dumps([training.sha256, {**fields, "validation_file": validation.sha256 if validation else None}])
    return int.from_bytes(hashlib.sha256(content.encode()).digest()[:4]) >> 1
