"""Why a job ends without a model, in words that help its owner."""

from __future__ import annotations

import errno

from openft.server.engine.bases import UnusableModel
from openft.server.jobspec import Outcome


class Interrupted(Exception):  # noqa: N818 - not an error
    """The worker was told to stop; a checkpoint stands."""


class JobFailure(Exception):  # noqa: N818 - it is the job that fails
    """The job cannot succeed, however often it is tried."""

    def __init__(self, message: str, *, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.outcome: Outcome = Outcome(status="failed", code=code, message=message, param=param)


def describe(error: Exception) -> Outcome:
    """Return the outcome that an exception means."""
    if isinstance(error, JobFailure):
        return error.outcome
    return Outcome(status="failed", code="server_error", message=_reason(error))


def _reason(error: Exception) -> str:
    text = str(error)
    lines = text.splitlines() or [""]
    if isinstance(error, UnusableModel):
        return text
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return "the machine ran out of memory; use a smaller batch_size, shorter examples or a smaller base"
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in text:
        return "the server's disk is full; free some space there and create the fine-tune again"
    if isinstance(error, OSError) and error.filename:
        return f"the server could not use {error.filename!r} ({error.strerror}); see that it exists and may be used"
    return f"training ended with an unexpected {type(error).__name__}: {lines[0][:200]}; worker.log has the details"
