"""A server that answers requests at once with the same JSON, in a process of its own so that its CPU is nobody's."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import socket
from types import TracebackType

BODIES = {
    b"/models": {"id": "ada", "object": "model", "created": 1, "owned_by": "openft"},
    b"/completions": {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1,
        "model": "ada",
        "choices": [{"text": " yes", "index": 0, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
    },
}
"""What is said where the target has this in it."""


class Answering:
    """The server, as a context manager."""

    def __enter__(self) -> Answering:
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        self._process = multiprocessing.get_context("fork").Process(target=serve, args=(listener,))
        self._process.start()
        listener.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._process.terminate()
        self._process.join()


class Connection(asyncio.Protocol):
    """One client's connection: a request is over where its content-length says so."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.seen = b""

    def data_received(self, data: bytes) -> None:
        self.seen += data
        head, end, body = self.seen.partition(b"\r\n\r\n")
        _, named, length = head.lower().partition(b"\r\ncontent-length: ")
        size = int(length.partition(b"\r\n")[0]) if named else 0
        if end and len(body) >= size:
            self.seen = body[size:]
            self.transport.write(next(answer for part, answer in ANSWERS.items() if part in head))


def answer(body: object) -> bytes:
    """Return a whole HTTP answer."""
    content = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(content) + content


ANSWERS = {part: answer(body) for part, body in BODIES.items()}


def serve(listener: socket.socket) -> None:
    """Answer for as long as the process lives."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Connection, sock=listener)
        await server.serve_forever()

    asyncio.run(main())
