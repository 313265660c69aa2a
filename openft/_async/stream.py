"""Streamed answers: values as they arrive."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from openft._core.answer import LARGEST, Raw, invalid
from openft._core.sse import Decoder, ServerSentEvent
from openft.errors import APIConnectionError

T = TypeVar("T", bound=BaseModel)


if TYPE_CHECKING:
    from openft._async.body import AsyncBody


def is_event_stream(body: AsyncBody) -> bool:
    """Return whether an answer says that it is a stream of events."""
    return body.headers.get("content-type", "").lower().startswith("text/event-stream")


class AsyncEvents(Generic[T]):
    """The server-sent events of a body, one by one, each parsed as the same type."""

    def __init__(self, body: AsyncBody, kind: type[T]) -> None:
        self._body = body
        self._kind = kind
        self._decoder = Decoder()
        self._ready: deque[ServerSentEvent] = deque()

    async def next(self) -> tuple[T, ServerSentEvent] | None:
        """Return the next event, parsed and as it came, None for the ``[DONE]`` that closes a stream.

        Raises:
            APIConnectionError: the stream was cut off.
            APIError: the server reported an error within the stream, or sent what makes no sense.
        """
        while not self._ready:
            try:
                chunk = await self._body.__anext__()
            except StopAsyncIteration:
                raise APIConnectionError("the stream was cut off before its end; what came is valid") from None
            self._ready.extend(self._decoder.feed(chunk))
        event = self._ready.popleft()
        if event.data == "[DONE]":
            return None
        try:
            value = self._kind.model_validate_json(event.data)
        except ValidationError:
            raise self._body.strange(event.data) from None
        if (value.model_extra or {}).get("error"):
            raise self._body.strange(event.data)
        return value, event

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._body.aclose()


class AsyncStream(Generic[T]):
    """An answer in pieces: an iterator, and a context manager that gives the connection back when left early."""

    def __init__(self, body: AsyncBody, piece: type[T]) -> None:
        self._events = AsyncEvents(body, piece)
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
            told = await self._events.next()
        except BaseException:
            await self.aclose()
            raise
        if told is None:
            await self.aclose()
            raise StopAsyncIteration
        return told[0]

    async def __aenter__(self) -> AsyncStream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop, and give the connection back; the server stops generating."""
        self._over = True
        await self._events.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._piece.__name__}, {'over' if self._over else 'going on'}>"


async def streamed(body: AsyncBody, piece: type[T]) -> AsyncStream[T]:
    """Return the stream that an answer is.

    Raises:
        APIResponseValidationError: it is none.
    """
    if is_event_stream(body):
        return AsyncStream(body, piece)
    raw = Raw(body.status, body.headers, await body.whole(LARGEST))
    raise invalid(raw, "is no event stream", raw.content[:500].decode("utf-8", "replace"))
