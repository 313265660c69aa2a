"""The API on a loopback port, for clients that know nothing of it."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from openft.testing.http import Answer, Asked, Broken
from openft.testing.routes.streams import PING
from openft.testing.service import Service

LOOK_AGAIN = 0.01
"""Seconds after which a stream looks for news."""
SILENCE = 10.0
"""Seconds after which a stream says that it is still there."""


class Port:
    """A server in threads; a context manager.

    Raises:
        OSError: the port is taken, or is none.
    """

    def __init__(self, service: Service, number: int = 0) -> None:
        try:
            self._server = _Server(service, number)
        except (OSError, OverflowError) as problem:
            words = getattr(problem, "strerror", None) or problem
            raise OSError(f"port {number} cannot be served: {words}; 0 takes any free one") from problem
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = False  # so that server_close waits for them

    def __init__(self, service: Service, number: int) -> None:
        super().__init__(("127.0.0.1", number), _Handler)
        self.service = service
        self.over = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all connections."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that leave."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def __init__(self, request: Any, client_address: Any, server: _Server) -> None:
        self._at = server
        super().__init__(request, client_address, server)

    def _respond(self) -> None:
        try:
            content = self._chunked() if "transfer-encoding" in self.headers else self._sized()
        except ValueError:  # the client has left amid its request, which is no request
            self.close_connection = True
            return
        asked = Asked.of(self.command, self.path, dict(self.headers), content)
        try:
            answer = self._at.service.handle(asked)
            self._at.over.wait(answer.delay)
            self._send(answer)
        except Broken as broken:
            self.close_connection = True
            if not broken.connected:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = _respond  # noqa: N815 - the names of http.server

    def _sized(self) -> bytes:
        return self._whole(int(self.headers.get("content-length", "0")))

    def _chunked(self) -> bytes:
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self._whole(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _whole(self, size: int) -> bytes:
        content = self.rfile.read(size)
        if len(content) < size:
            raise ValueError("the request was cut off")
        return content

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        length = answer.length
        framing = ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
        for name, value in (("content-type", answer.media_type), framing, *answer.headers.items()):
            self.send_header(name, value)
        self.end_headers()
        silent = time.monotonic()
        for piece in answer.pieces():
            if self._at.over.is_set():
                self.close_connection = True
                return
            if piece is not None or time.monotonic() - silent > SILENCE:
                self._write(PING if piece is None else piece, chunked=length is None)
                silent = time.monotonic()
            else:
                self.wfile.flush()
                time.sleep(LOOK_AGAIN)
        if length is None:
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, piece: bytes, *, chunked: bool) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
