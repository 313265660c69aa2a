"""A streamed answer: its head, and its bytes as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from openft._core.answer import LARGEST, Raw, invalid, parse
from openft._core.outgoing import Silent, Trouble, bare
from openft.errors import APIConnectionError, APIError, APITimeoutError

if TYPE_CHECKING:
    from openft._core.progress import Progress
    from openft._runtime.aio_net import Incoming

T = TypeVar("T")


class AsyncBody:
    """A streamed answer whose head has arrived: an iterator over its bytes, to be closed by who opened it."""

    def __init__(self, incoming: Incoming, url: str, secret: str) -> None:
        self.url = url
        self.status: int = incoming.status
        self.headers: dict[str, str] = incoming.headers
        self._incoming = incoming
        self._secret = secret
        self._progress: Progress | None = None

    def must_move(self) -> None:
        """From now on, give up where fewer than 16 KiB come in 30 s: the rule for files, which have no pauses."""
        from openft._core.progress import Progress

        self._progress = Progress(monotonic())

    def strange(self, data: str) -> APIError:
        """Return the error for an event of this answer that is not what was streamed."""
        from openft._core.faults import strange_event

        return self._without_key(strange_event(data))

    async def unlike(self, what: str) -> APIError:
        """Return the error for a whole answer that is another than was asked for."""
        raw = Raw(self.status, self.headers, await self.whole(LARGEST))
        return self._without_key(invalid(raw, what, raw.content[:500].decode("utf-8", "replace")))

    async def parsed(self, answer: type[T]) -> T:
        """Return the whole answer, though it was expected in pieces.

        Raises:
            APIError: it was cut off, or is not of this type.
        """
        try:
            return parse(Raw(self.status, self.headers, await self.whole(LARGEST)), answer)
        except APIError as error:
            raise bare(self._without_key(error))  # noqa: B904 - itself, without the frames that hold the answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes.

        Raises:
            APIConnectionError: the answer was cut off.
            APITimeoutError: nothing more came, or too little.
        """
        try:
            chunk = await self._incoming.next()
        except Silent as problem:
            text = "the server stopped sending in the middle of an answer; try again"
            raise APITimeoutError(text) from bare(problem)
        except Trouble as problem:
            error = APIConnectionError(f"the answer was cut off ({problem})")
            raise self._without_key(error) from bare(problem, self._secret)
        if chunk is None:
            raise StopAsyncIteration
        if self._progress is not None:
            self._progress.passed(len(chunk), monotonic())
        return chunk

    async def whole(self, largest: float = inf) -> bytes:
        """Return all bytes, and give the connection back.

        Raises:
            APIError: the answer was cut off, or is larger than ``largest`` bytes.
        """
        content = bytearray()
        async with self:
            async for chunk in self:
                content += chunk
                if len(content) > largest:
                    raise invalid(Raw(self.status, self.headers, b""), "is larger than 32 MB")
        return bytes(content)

    async def __aenter__(self) -> AsyncBody:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._incoming.aclose()

    def _without_key(self, error: APIError) -> APIError:
        from openft._core.faults import without

        return without(error, self._secret)
