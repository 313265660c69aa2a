"""Streamed answers: values as they arrive."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from openft._core.faults import event_error
from openft._core.sse import Decoder, ServerSentEvent
from openft.errors import APIConnectionError, APIResponseValidationError

T = TypeVar("T", bound=BaseModel)


if TYPE_CHECKING:
    from openft._async.transport import AsyncBody


class AsyncEvents:
    """The server-sent events of a body, one by one."""

    def __init__(self, body: AsyncBody) -> None:
        self._body = body
        self._decoder = Decoder()
        self._ready: deque[ServerSentEvent] = deque()

    def __aiter__(self) -> AsyncEvents:
        return self

    async def __anext__(self) -> ServerSentEvent:
        while not self._ready:
            self._ready.extend(self._decoder.feed(await self._body.__anext__()))
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._body.aclose()


class AsyncStream(Generic[T]):
    """An answer in pieces: an iterator, and a context manager that gives the connection back when left early."""

    def __init__(self, body: AsyncBody, piece: type[T]) -> None:
        self._events = AsyncEvents(body)
        self._piece = piece
        self._over = False

    def __aiter__(self) -> AsyncStream[T]:
        return self

    async def __anext__(self) -> T:
        """Return the next piece.

        Raises:
            APIConnectionError: the stream ended before its end.
            APIError: the server reported an error within the stream.
        """
        if self._over:
            raise StopAsyncIteration
        try:
            event = await self._events.__anext__()
        except StopAsyncIteration:
            await self.aclose()
            raise APIConnectionError("the stream was cut off before its end; what came until then is valid") from None
        except BaseException:
            await self.aclose()
            raise
        if event.data == "[DONE]":
            await self.aclose()
            raise StopAsyncIteration
        return self._parsed(event.data)

    async def __aenter__(self) -> AsyncStream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop, and give the connection back; the server stops generating."""
        self._over = True
        await self._events.aclose()

    def _parsed(self, data: str) -> T:
        try:
            piece = self._piece.model_validate_json(data)
        except ValidationError:
            raise strange(data) from None
        if piece.model_extra and isinstance(piece.model_extra.get("error"), dict):
            raise strange(data)
        return piece


def strange(data: str) -> Exception:
    """Return the error for an event that is not what was streamed: the server's own, or a broken one."""
    try:
        payload: Any = json.loads(data)
    except (ValueError, RecursionError):
        payload = None
    if isinstance(payload, dict) and isinstance(payload.get("error"), dict):  # pyright: ignore[reportUnknownMemberType]
        return event_error(payload)  # pyright: ignore[reportUnknownArgumentType]
    return APIResponseValidationError("the stream has an event that is not what the API promises", body=data[:500])
