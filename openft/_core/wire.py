"""What differs between the two job APIs, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from openft.errors import APIResponseValidationError, JobCancelled, JobFailed
from openft.types.jobs import Job, JobError, JobEvent

J = TypeVar("J", bound=Job)
S = TypeVar("S", bound=Job)
E = TypeVar("E", bound=JobEvent)
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Wire(Generic[J, S, E]):
    """One API's way of speaking of jobs."""

    noun: str
    """What messages call a job."""
    root: tuple[str, ...]
    """The path's segments before the job's id."""
    page: int | None
    """Jobs to ask for in one page of the list, newest first; None where it comes whole."""
    job: type[J]
    event: type[E]
    parsed: Callable[[dict[str, Any]], J]
    """Makes a row of the list a job."""
    succeeded: Callable[[J], S]
    """Makes the job one whose model is certain."""
    result_files: Callable[[J], list[str]]
    """The ids of its results."""
    tells_why: bool
    """Whether a row of the list says why the job has failed."""

    def certain(self, job: J) -> J:
        """Return a job whose status is there, whatever it is.

        Raises:
            APIResponseValidationError: it has none, and would be waited for for ever.
        """
        if not job.status:
            raise APIResponseValidationError(
                f"{self.noun} {job.id} has no status in the server's answer, so that its end cannot be seen; "
                "check that the base URL is that of a fine-tuning API"
            )
        return job

    def outcome(self, job: J) -> S:
        """Return a finished job as one that has succeeded.

        Raises:
            JobFailed: it has failed; the message has the reason.
            JobCancelled: it was cancelled.
        """
        if job.succeeded:
            return self.succeeded(job)
        if job.status == "cancelled":
            raise JobCancelled(f"{self.noun} {job.id} was cancelled", job=job)
        raise JobFailed(f"{self.noun} {job.id} failed: {_reason(job.error)}", job=job)

    def without_results(self, job: J) -> str:
        """Return why a job has no results file, in words."""
        ends = {
            "succeeded": "it succeeded, but the server names none; look at client.files.list()",
            "failed": "it failed; retrieve it, its error says why",
            "cancelled": "it was cancelled",
        }
        still = f"it is still {job.status}" if job.status else "it has not ended"
        told = ends.get(job.status, f"{still}; wait until it has succeeded")
        return f"{self.noun} {job.id} has no results file: {told}"


def _reason(error: JobError | None) -> str:
    """Return why a job failed, and what can be done about it."""
    error = error or JobError()
    said = (error.message or "the server gave no reason").removesuffix(".")
    details = ", ".join(f"{name} {value}" for name, value in (("code", error.code), ("param", error.param)) if value)
    remedy = f"mend its {error.param} and start a new one" if error.param else "its events may say more"
    return f"{said}{f' ({details})' if details else ''}; {remedy}"


def with_model(job: BaseModel, kind: type[M]) -> M:
    """Return a job as one that has its model.

    Raises:
        APIResponseValidationError: the server names none.
    """
    try:
        return kind.model_validate(job.model_dump(exclude_unset=True))
    except ValidationError:
        raise APIResponseValidationError(
            f"job {getattr(job, 'id', '')} has succeeded, but the server names no model; look at client.models.list()"
        ) from None
