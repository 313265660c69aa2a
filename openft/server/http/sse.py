"""Server-sent events: frames as they come, a comment when there are none, then the end."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from openft.server.http.presence import until_gone
from openft.server.http.rendering import render

DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"


def frame(payload: object, *, id: int | None = None) -> bytes:
    """Return one event; old clients want the whole JSON document on one line."""
    head = b"" if id is None else f"id: {id}\n".encode()
    return head + b"data: " + render(payload) + b"\n\n"


class EventStream(Response):
    """An answer made of frames; its generator is closed when the client leaves.

    Args:
        frames: what to send.
        ping: seconds of silence after which a comment is sent.
        held: what to let go of in the end, even if the generator never began.
    """

    def __init__(self, frames: AsyncGenerator[bytes, None], *, ping: float, held: AsyncExitStack | None = None) -> None:
        super().__init__(media_type="text/event-stream")
        del self.headers["content-length"]
        self.headers["cache-control"] = "no-cache"
        self.headers["x-accel-buffering"] = "no"  # or nginx holds events back
        self._frames = frames
        self._ping = ping
        self._held = held or AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the frames; return when there are no more or nobody listens."""
        inlet, outlet = anyio.create_memory_object_stream[bytes](0)
        async with self._held, anyio.create_task_group() as tasks, outlet:
            tasks.start_soon(self._produce, inlet)
            tasks.start_soon(self._watch, receive, tasks.cancel_scope)
            await self._send_all(outlet, send)
            tasks.cancel_scope.cancel()

    async def _produce(self, inlet: MemoryObjectSendStream[bytes]) -> None:
        async with inlet, aclosing(self._frames):
            async for piece in self._frames:
                await inlet.send(piece)

    async def _send_all(self, outlet: MemoryObjectReceiveStream[bytes], send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while True:
            piece = PING
            with anyio.move_on_after(self._ping):
                try:
                    piece = await outlet.receive()
                except anyio.EndOfStream:
                    break
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _watch(self, receive: Receive, scope: anyio.CancelScope) -> None:
        await until_gone(receive)
        scope.cancel()
