"""What differs between the two job APIs, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from openft.errors import APIResponseValidationError, JobCancelled, JobFailed
from openft.types import FineTune, FineTuneEvent, SucceededFineTune
from openft.types.jobs import Job

J = TypeVar("J", bound=Job)
S = TypeVar("S", bound=Job)


@dataclass(frozen=True, slots=True)
class Wire(Generic[J, S]):
    """One API's way of speaking of jobs."""

    noun: str
    """What messages call a job."""
    root: tuple[str, ...]
    """The path's segments before the job's id."""
    job: type[J]
    succeeded: Callable[[J], S]
    """Makes the job one whose model is certain."""

    def outcome(self, job: J) -> S | None:
        """Return the job as one that has succeeded, None when it is not finished.

        Raises:
            JobFailed: it has failed; the message has the reason.
            JobCancelled: it was cancelled.
        """
        if not job.finished:
            return None
        if job.succeeded:
            return self.succeeded(job)
        if job.status == "cancelled":
            raise JobCancelled(f"{self.noun} {job.id} was cancelled", job=job)
        error = job.error
        reason = (error.message if error else None) or "the server gave no reason; look at its events"
        raise JobFailed(f"{self.noun} {job.id} has failed: {reason}", job=job)


def _succeeded(job: FineTune) -> SucceededFineTune:
    try:
        return SucceededFineTune.model_validate(job.model_dump(exclude_unset=True))
    except ValidationError:
        raise APIResponseValidationError(
            f"fine-tune {job.id} has succeeded, but the server names no model; look at client.models.list()"
        ) from None


LEGACY = Wire("fine-tune", ("fine-tunes",), FineTune, _succeeded)
"""The 2023 API: events stream, and come oldest first."""


def placed(event: FineTuneEvent, position: int) -> FineTuneEvent:
    """Return the event with its cursor: this API's events have no id, their place in the story is it."""
    return event.model_copy(update={"cursor": str(position)})


def position(cursor: str | None) -> int:
    """Return the place that a saved cursor stands for, 0 for the beginning."""
    return int(cursor) if cursor and cursor.isascii() and cursor.isdigit() and len(cursor) < 20 else 0
