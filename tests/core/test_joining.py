"""Reading chunks whose frames come in pieces."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import httpcore

from openft._core.surplus import Surplus
from openft._runtime.joining import AsyncJoiningStream, JoiningStream

PIECES = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"3", b"\r\nabc\r\n", b"0\r\n\r\n", b""]


class Piecemeal(httpcore.NetworkStream):
    def __init__(self) -> None:
        self.pieces: Iterator[bytes] = iter(PIECES)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return next(self.pieces)

    def write(self, buffer: bytes, timeout: float | None = None) -> None: ...


class AsyncPiecemeal(httpcore.AsyncNetworkStream):
    def __init__(self) -> None:
        self.pieces: Iterator[bytes] = iter(PIECES)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return next(self.pieces)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None: ...


def test_a_piece_of_a_frame_is_kept_until_there_is_something_to_tell() -> None:
    inner = Piecemeal()
    stream = JoiningStream(inner, Surplus())
    stream.write(b"")
    read = []
    while piece := stream.read(65536):
        read.append(piece)
    assert b"".join(read) == b"".join(PIECES)
    assert len(read) < len(PIECES) - 1
    assert list(inner.pieces) == []


def test_the_same_on_a_loop() -> None:
    async def main() -> list[bytes]:
        stream = AsyncJoiningStream(AsyncPiecemeal(), Surplus())
        await stream.write(b"")
        read = []
        while piece := await stream.read(65536):
            read.append(piece)
        return read

    read = anyio.run(main)
    assert b"".join(read) == b"".join(PIECES)
    assert len(read) < len(PIECES) - 1
