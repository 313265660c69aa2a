"""Streamed answers: values as they arrive."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from openft._core.answer import LARGEST, reader
from openft._core.completeness import Completeness
from openft._core.outgoing import bare
from openft._core.sse import Decoder, ServerSentEvent
from openft.errors import APIConnectionError, APIError

if TYPE_CHECKING:
    from openft._async.body import AsyncBody
    from openft._async.transport import AsyncTransport
    from openft._core.options import RequestOptions
    from openft._core.request import Request
    from openft.types import ChatCompletionChunk, Completion

T = TypeVar("T", bound=BaseModel)
P = TypeVar("P", bound="Completion | ChatCompletionChunk")

LINGER = 0.05
"""Seconds for an answer to end behind its ``[DONE]``; a new connection takes about as long."""
MEANT = {"message", "error"}
"""Kinds of events that are part of an answer; hosts send others to keep a connection alive."""


def is_event_stream(body: AsyncBody) -> bool:
    """Return whether an answer says that it is a stream of events."""
    return body.headers.get("content-type", "").lower().startswith("text/event-stream")


class AsyncEvents(Generic[T]):
    """The server-sent events of a body, one by one, each parsed as the same type."""

    def __init__(self, body: AsyncBody, kind: type[T]) -> None:
        self._body = body
        self._read = reader(kind)
        self._decoder = Decoder()
        self._ready: deque[ServerSentEvent] = deque()
        self.ended = False
        """Whether the answer has ended as an answer, though not as a stream does."""

    @property
    def retry(self) -> float | None:
        """Seconds after which the server wants a lost connection to be tried again, if it has said so."""
        return None if self._decoder.retry is None else self._decoder.retry / 1000

    async def next(self) -> tuple[T, ServerSentEvent] | None:
        """Return the next event, parsed and as it came, None for the ``[DONE]`` that closes a stream.

        Raises:
            APIConnectionError: the stream was cut off.
            APIError: the server reported an error within the stream, or sent what makes no sense.
        """
        try:
            return await self._next()
        except APIError as error:
            error.retry_after = error.retry_after or self.retry
            raise bare(error)  # noqa: B904 - itself, without the frames, whose variables hold what a server has echoed

    async def _next(self) -> tuple[T, ServerSentEvent] | None:
        while True:
            while not self._ready:
                await self._more()
            event = self._ready.popleft()
            if event.data.startswith("[DONE]"):
                return None
            try:
                value = self._read(event.data)
            except ValidationError:
                if event.event in MEANT and event.data.strip():
                    raise self._body.strange(event.data) from None
                continue  # a sign of life of some kind
            extra = value.model_extra
            if extra and extra.get("error"):
                raise self._body.strange(event.data)
            return value, event

    async def _more(self) -> None:
        try:
            chunk = await self._body.__anext__()
        except StopAsyncIteration:
            self.ended = True
            raise APIConnectionError("the stream was cut off before its end; what came is valid") from None
        self._ready.extend(self._decoder.feed(chunk))

    async def finish(self) -> None:
        """Read on to the end of the answer if that is near, since only then the connection can be used again."""
        from openft._runtime import aio_net

        with suppress(APIError, TimeoutError), aio_net.deadline(LINGER):
            await self._body.whole(LARGEST)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._body.aclose()


class AsyncStream(Generic[P]):
    """An answer in pieces: an iterator, and a context manager that gives the connection back when left early.

    It ends with the server's ``[DONE]``, or, on hosts that do not send it, with the end of the answer once every
    choice has its ``finish_reason`` (and the usage is there, if it was asked for). Any other end is an error, raised
    after the pieces that came; they are valid.
    """

    def __init__(self, body: AsyncBody, piece: type[P], whole: Completeness) -> None:
        self._events = AsyncEvents(body, piece)
        self._piece = piece
        self._whole = whole
        self._over = False

    def __aiter__(self) -> AsyncStream[P]:
        return self

    async def __anext__(self) -> P:
        """Return the next piece.

        Raises:
            APIConnectionError: the stream ended before its end.
            APITimeoutError: the server stopped in the middle of it.
            APIError: the server reported an error within the stream, or sent what makes no sense.
        """
        if self._over:
            raise StopAsyncIteration
        try:
            told = await self._events.next()
        except BaseException:
            await self.aclose()
            if self._events.ended and self._whole.reached:
                raise StopAsyncIteration from None
            raise
        if told is None:
            try:
                await self._events.finish()
            finally:
                await self.aclose()
            raise StopAsyncIteration
        self._whole.saw(told[0])
        return told[0]

    async def __aenter__(self) -> AsyncStream[P]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop, and give the connection back; the server stops generating."""
        self._over = True
        await self._events.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._piece.__name__}, {'over' if self._over else 'going on'}>"


async def streamed(
    transport: AsyncTransport, request: Request[Any], piece: type[P], options: RequestOptions
) -> AsyncStream[P]:
    """Return the answer to a request as a stream of its pieces.

    Raises:
        APIResponseValidationError: it is none.
    """
    body = await transport.open(request._replace(headers={"accept": "text/event-stream"}), options)
    if is_event_stream(body):
        return AsyncStream(body, piece, Completeness(request.json or {}, options))
    raise await body.unlike("is no event stream")
