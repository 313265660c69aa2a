"""How much one request, and all requests together, may ask for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar, cast

import anyio
from pydantic_core import from_json
from starlette.requests import Request

from openft.server.http.refusal import Refusal, come_back, too_slow
from openft.server.settings import Settings

T = TypeVar("T")

_PROGRESS = 16 * 1024  # bytes in each span of patience
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


async def body_of(request: Request, patience: float) -> AsyncGenerator[bytes, None]:
    """Yield a body as it arrives; only the time that is spent waiting for it counts.

    Raises:
        Refusal: 408, less than 16 KiB arrived in so many seconds.
    """
    chunks = request.stream()
    left, arrived = patience, 0
    while True:
        began = anyio.current_time()
        try:
            with anyio.fail_after(left):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise too_slow("the body") from error
        if chunk is None:
            return
        left, arrived = left - (anyio.current_time() - began), arrived + len(chunk)
        if arrived >= _PROGRESS:
            left, arrived = patience, 0
        yield chunk


async def parsed(request: Request, settings: Settings, make: Callable[[dict[str, object]], T]) -> T:
    """Return what a function makes of the request's body, a JSON object.

    Raises:
        Refusal: 413, it is larger than the settings allow; 408, it is too slow; 400, it is something else.
    """
    body = await _read(request, settings.max_body_bytes, settings.patience_seconds)
    if len(body) > _SMALL:
        return await anyio.to_thread.run_sync(lambda: make(_object(body)))
    return make(_object(body))


async def _read(request: Request, limit: int, patience: float) -> bytes:
    body = bytearray()
    if declared_length(request) > limit:
        raise too_large(limit)
    async for chunk in body_of(request, patience):
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
