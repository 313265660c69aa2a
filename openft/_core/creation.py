"""What a create has asked for, and which of the objects that are there it may have made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Any, cast

from openft._core.answer import as_mapping
from openft._core.request import Request
from openft.errors import APIError, APIStatusError, ConfigError, ConflictError

if TYPE_CHECKING:
    from openft.types import File, FineTune, FineTuningJob

METADATA = "openft_key"
"""The name under which a caller's key stands in a job's metadata."""
LONGEST_KEY = 512
"""Characters of a value in metadata."""
SKEW = 60.0
"""Seconds by which a host's clock may differ from ours."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A create whose outcome may not be known."""

    path: str
    fields: Mapping[str, Any]
    """Those of the body; of a file its name, its size in bytes and its purpose."""
    began: float
    """Unix seconds."""

    def may_have_made(self, thing: FineTuningJob | FineTune | File) -> bool:
        """Return whether the object is what was asked for, and is not older than the question."""
        from openft.types import FineTune, FineTuningJob

        if thing.created_at < self.began - SKEW:
            return False
        match thing:
            case FineTuningJob():
                return self._fits_job(thing)
            case FineTune():
                return self._fits_fine_tune(thing)
            case _:
                told = {"filename": thing.filename, "bytes": thing.bytes, "purpose": thing.purpose}
                return all(told[name] == value for name, value in self.fields.items() if name in told)

    def _fits_job(self, job: FineTuningJob) -> bool:
        given = self.fields
        exact = {"training_file": job.training_file, "validation_file": job.validation_file, "seed": job.seed}
        return (
            same_model(given.get("model"), job.model)
            and all(given.get(name) in (None, value) for name, value in exact.items())
            and as_mapping(given.get("metadata")).items() <= job.metadata.items()
        )

    def _fits_fine_tune(self, job: FineTune) -> bool:
        given = self.fields
        files = {"training_file": job.training_files, "validation_file": job.validation_files}
        told = job.hyperparams.to_dict()
        return (
            given.get("model") in (None, job.model)
            and all(given.get(name) in (None, *(file.id for file in there)) for name, there in files.items())
            and all(told[name] in (None, given[name]) for name in told.keys() & given.keys() if given[name] is not None)
        )


def creation(request: Request[Any]) -> Creation:
    """Return what a create is about to ask for."""
    form = request.form
    if form is None:
        fields = dict(request.json or {})
    else:
        fields = {**form.fields, "filename": form.upload.filename, "bytes": form.upload.size}
    return Creation(request.path, fields, time())


def refused(error: APIError) -> bool:
    """Return whether the server has certainly not made what was asked for."""
    status = error.status_code or 0
    return isinstance(error, APIStatusError) and 400 <= status < 500 and status not in {408, 409}


def creation_of(error: object) -> Creation:
    """Return what the create that has failed with this error had asked for.

    Raises:
        ConfigError: it is not the error of a create.
    """
    found = cast("Creation | None", getattr(error, "creation", None))
    if found is None:
        raise ConfigError("this error is not one of a create; pass the APIError that create() has raised")
    return found


def same_model(asked: object, told: str) -> bool:
    """Return whether a host may call the model that was asked for so: many add a date to the name."""
    return not isinstance(asked, str) or told == asked or told.startswith(f"{asked}-")


def with_key(metadata: Mapping[str, str] | None, key: str) -> dict[str, str]:
    """Return a job's metadata with the caller's key.

    Raises:
        ConfigError: it has no room for the key.
    """
    if len(key) > LONGEST_KEY or len(metadata or {}) > 15:
        raise ConfigError(
            f"idempotency_key goes into the job's metadata on this host: at most {LONGEST_KEY} characters, "
            "beside at most 15 others"
        )
    return {**(metadata or {}), METADATA: key}


def its_own(job: FineTuningJob, key: str, model: str) -> FineTuningJob:
    """Return the job that has the caller's key.

    Raises:
        ConflictError: it trains another model.
    """
    if same_model(model, job.model):
        return job
    raise ConflictError(
        f"idempotency_key {key!r} belongs to job {job.id}, which trains {job.model}, not {model}; use a new key"
    )
