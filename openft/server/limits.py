"""How much one request, and all requests together, may ask for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar, cast

import anyio
from pydantic_core import from_json
from starlette.requests import Request

from openft.server.http.refusal import Refusal, come_back

T = TypeVar("T")

_SMALL = 64 * 1024  # bytes of JSON that are not worth a thread


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


async def parsed(request: Request, limit: int, make: Callable[[dict[str, object]], T]) -> T:
    """Return what a function makes of the request's body, a JSON object of at most so many bytes.

    Raises:
        Refusal: 413, it is larger; 400, it is something else.
    """
    body = await _read(request, limit)
    if len(body) > _SMALL:
        return await anyio.to_thread.run_sync(lambda: make(_object(body)))
    return make(_object(body))


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    if declared_length(request) > limit:
        raise too_large(limit)
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def _object(body: bytes) -> dict[str, object]:
    try:
        # this parser refuses deep nesting, NaN and lone surrogates by itself
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON ({error}); send one JSON object", code="invalid_json") from error
    if not isinstance(value, dict):
        raise Refusal(400, "the body is not a JSON object; send {...}", code="invalid_json")
    return cast("dict[str, object]", value)
