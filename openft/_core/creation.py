"""What a create has asked for, and which of the objects that are there it may have made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from openft._core.plain import plain
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
    """Unix seconds, by the client's clock."""
    sha256: str | None = None
    """Of a file's content, where that can be read again."""

    def may_have_made(self, thing: FineTuningJob | FineTune | File) -> bool:
        """Return whether the object is what was asked for, and is not older than the question."""
        from openft._core.fitting import fits

        return thing.created_at >= self.began - SKEW and fits(self.fields, thing)


def creation(request: Request[Any], began: float, sha256: str | None = None) -> Creation:
    """Return what a create that began then has asked for, as it went over the wire; of a file with its SHA-256."""
    form = request.form
    if form is not None:
        fields = {**form.fields, "filename": form.upload.filename, "bytes": form.upload.size}
        return Creation(request.path, fields, began, sha256)
    fields = {name: value for name, value in (request.json or {}).items() if value is not None}
    return Creation(request.path, json.loads(json.dumps(fields, default=plain)), began)


FOUND_AGAIN = frozenset({"/files", "/fine-tunes", "/fine_tuning/jobs"})
"""Where what was made can be looked for."""


def doubted(error: APIError, asked: Creation) -> APIError:
    """Return a create's error; where it may have been done, its text does not say to try again, but how to find out."""
    error.creation = asked
    if error.maybe_done:
        how = "ask client.reconcile(error)" if asked.path in FOUND_AGAIN else "look whether it is there"
        told = error.message.partition("; try again")[0]
        what = "an attempt before it may have been done" if _declined(error) else "it may have been done all the same"
        error.message = f"{told}; {what}, {how} before you repeat it"
        error.args = (error.message,)
    return error


def made_nothing(error: APIError) -> bool:
    """Return whether the server has certainly not made what was asked for."""
    return _declined(error) and error.status_code != 409 and not error.maybe_done


def _declined(error: APIError) -> bool:
    """Return whether the server has refused the last attempt."""
    status = error.status_code or 0
    return isinstance(error, APIStatusError) and 400 <= status < 500 and status != 408


def creation_of(error: object) -> Creation:
    """Return what the create that has failed with this error had asked for.

    Raises:
        ConfigError: it is not the error of a create.
    """
    found = cast("Creation | None", getattr(error, "creation", None))
    if found is None:
        raise ConfigError("this error is not one of a create; pass the APIError that create() has raised")
    return found


def keyed_metadata(metadata: Mapping[str, str] | None, key: str) -> dict[str, str]:
    """Return a job's metadata with the caller's key.

    Raises:
        ConfigError: it has no room for the key.
    """
    if METADATA in (metadata or {}):
        raise ConfigError(f"metadata has {METADATA!r}, under which idempotency_key is kept; pass one of the two")
    if len(key) > LONGEST_KEY or len(metadata or {}) > 15:
        raise ConfigError(
            f"idempotency_key goes into the job's metadata on this host: at most {LONGEST_KEY} characters, "
            "beside at most 15 others"
        )
    return {**(metadata or {}), METADATA: key}


def its_own(job: FineTuningJob, key: str, asked: Mapping[str, Any]) -> FineTuningJob:
    """Return the job that has the caller's key.

    Raises:
        ConflictError: it is not what is asked for.
    """
    from openft._core.fitting import job_fits

    if job_fits({**asked, "metadata": {**(asked.get("metadata") or {}), METADATA: key}}, job):
        return job
    raise ConflictError(
        f"idempotency_key {key!r} belongs to job {job.id}, which trains {job.model} on {job.training_file} and is not "
        "what is asked for; use a new key"
    )
