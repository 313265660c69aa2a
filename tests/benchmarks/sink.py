"""A server that takes uploads and throws them away, in a process of its own so that its CPU is nobody's."""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
from multiprocessing.sharedctypes import Synchronized
from types import TracebackType

ANSWER = json.dumps({"id": "file-x", "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "p"})


class Sink:
    """The server, as a context manager."""

    def __enter__(self) -> Sink:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        self._count: Synchronized[int] = multiprocessing.Value("q", 0)
        self._process = multiprocessing.get_context("fork").Process(target=serve, args=(listener, self._count))
        self._process.start()
        listener.close()
        return self

    @property
    def received(self) -> int:
        """Bytes of bodies so far."""
        return self._count.value

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._process.terminate()
        self._process.join()


def serve(listener: socket.socket, count: Synchronized[int]) -> None:
    """Answer all connections for as long as the process lives."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=attend, args=(connection, count), daemon=True).start()


def attend(connection: socket.socket, count: Synchronized[int]) -> None:
    """Answer what comes over one connection."""
    with connection:
        while exchange(connection, count):
            pass


def exchange(connection: socket.socket, count: Synchronized[int]) -> bool:
    """Read one request and answer it; return False when there is none."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            return False
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    buffer = bytearray(1 << 20)
    while left > 0:
        size = connection.recv_into(buffer)
        if not size:
            return False
        left -= size
    with count.get_lock():
        count.value += int(fields[b"content-length"])
    answer = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(ANSWER)}\r\n\r\n{ANSWER}"
    connection.sendall(answer.encode())
    return True
