"""How much one request, and all requests together, may ask for."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from pydantic_core import from_json
from starlette.requests import Request

from openft.server.http.refusal import Refusal, come_back


class Gate:
    """Lets so many in at a time."""

    def __init__(self, room: int, what: str) -> None:
        self._room = room
        self._what = what

    @contextmanager
    def enter(self) -> Generator[None, None, None]:
        """Hold a place for the length of the block.

        Raises:
            Refusal: 429, all places are taken.
        """
        if self._room <= 0:
            raise come_back(f"too many {self._what} at once; try again in a second", code="too_many_requests")
        self._room -= 1
        try:
            yield
        finally:
            self._room += 1


def declared_length(request: Request) -> int:
    """Return the length that the request declares, 0 when it declares none."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def too_large(limit: int) -> Refusal:
    """Return a 413."""
    return Refusal(413, f"the body is larger than the {limit} bytes this server takes; send less", code="too_large")


async def json_object(request: Request, limit: int) -> dict[str, object]:
    """Return the request's body, a JSON object of at most so many bytes.

    Raises:
        Refusal: 413, it is larger; 400, it is something else.
    """
    body = bytearray()
    if declared_length(request) > limit:
        raise too_large(limit)
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    try:
        # this parser refuses deep nesting, NaN and lone surrogates by itself
        parsed = from_json(bytes(body), allow_inf_nan=False)
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON ({error}); send one JSON object", code="invalid_json") from error
    if not isinstance(parsed, dict):
        raise Refusal(400, "the body is not a JSON object; send {...}", code="invalid_json")
    return cast("dict[str, object]", parsed)
