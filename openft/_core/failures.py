"""What a failed attempt means; loaded only where one has failed."""

from __future__ import annotations

from openft._core.call import Call
from openft._core.faults import without
from openft._core.outgoing import Silent, Unreached, UnreachedInTime
from openft._core.retry import Attempt, Failure, refused
from openft.errors import APIConnectionError, APIError, APITimeoutError


def failure(problem: Exception, call: Call, attempt: Attempt, base_url: str) -> Failure:
    """Return what it means that an answer says no, or that there is none.

    Args:
        problem: why.
        call: what was asked.
        attempt: when.
        base_url: whom, empty for the embedded server.
    """
    if isinstance(problem, APIError):
        return refused(without(problem, attempt.secret), attempt.headers)
    error = _unanswered(problem, call, base_url or "the embedded server")
    return Failure(without(error, attempt.secret), doubt=not isinstance(problem, Unreached))


def _unanswered(problem: Exception, call: Call, where: str) -> APIError:
    if isinstance(problem, UnreachedInTime):
        return APITimeoutError(f"cannot connect to {where} in time; check the address and that it is running")
    if isinstance(problem, Unreached):
        return APIConnectionError(f"cannot connect to {where} ({problem}); check the address and that it is running")
    if isinstance(problem, Silent | TimeoutError):
        limit = min(call.limit, call.idle)
        return APITimeoutError(f"{call} was not answered within {limit:g} s; try again, or pass timeout=")
    return APIConnectionError(f"the connection broke before {call} was answered ({problem}); try again")
