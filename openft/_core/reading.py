"""What a complete answer means for the request that it answers."""

from __future__ import annotations

from typing import TypeVar

from openft._core.answer import Raw, parse
from openft._core.request import Request

T = TypeVar("T")


def read(raw: Raw, request: Request[T], *, maybe_done: bool) -> T:
    """Return the value that was asked for.

    A deletion is done, too, when the server says so without a body, or when a repeated one finds nothing more because
    an attempt before it may have got through (``maybe_done``).

    Raises:
        APIStatusError: the server said no.
        APIResponseValidationError: it said what makes no sense.
    """
    if request.gone is not None:
        nothing_said = raw.status < 300 and not raw.content
        if nothing_said or (raw.status == 404 and maybe_done):
            return request.gone
    if raw.status < 300:
        return parse(raw, request.answer)
    from openft._core.faults import status_error

    raise status_error(raw)
