"""A TCP server on this machine that answers with the bytes a test has written down, and keeps what it was sent."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Self, TypeAlias

KEY = "sk-test-0123456789"


class Step(Enum):
    """What a server may do besides sending."""

    CLOSE = auto()
    """End the connection in order."""
    RESET = auto()
    """Break it off."""
    HANG = auto()
    """Say nothing more; the connection stays until the client leaves."""
    EARLY = auto()
    """As the first step: answer on seeing the head, without reading the body."""


@dataclass(frozen=True)
class Pause:
    """Wait before the next step."""

    seconds: float


Answer: TypeAlias = Sequence[bytes | Step | Pause]
CLOSE, RESET, HANG, EARLY = Step.CLOSE, Step.RESET, Step.HANG, Step.EARLY


@dataclass
class Received:
    """One request as it came."""

    connection: int
    """Number of the connection it came on, from 0."""
    line: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes = b""
    """Without the chunked framing."""

    @property
    def method(self) -> str:
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Loopback:
    """The server. Answers are used up in order, whatever is asked, or a function is asked for each.

    A request that nothing is left for is answered with 418, which no client repeats.
    """

    answers: Iterable[Answer] | Callable[[Received], Answer]
    requests: list[Received] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    greetings: Iterable[Answer] = ()
    """What is played on the first connections, one each, before any request of theirs is read."""
    whole: bool = False
    """Whether a function is asked only when the request's body is there."""
    connections: int = 0
    heard: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released with each request."""
    left: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released each time a client leaves a connection that hangs."""
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released each time a connection is over on this side."""

    def __post_init__(self) -> None:
        self._next = self.answers if callable(self.answers) else _in_order(self.answers)
        self._greetings = iter(self.greetings)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._turn_away = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._run(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> list[str]:
        """Method and target of each request, in order."""
        return [f"{request.method} {request.target.removeprefix('/v1')}" for request in self.requests]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with socket.create_connection(("127.0.0.1", self.port)) as last:  # behind it, nobody is in the queue any more
            self._last = last.getsockname()
            self._turn_away.set()
            self._threads[0].join(10)
        with self._lock:
            for open_socket in self._sockets:
                _end(open_socket)
        for thread in self._threads:
            thread.join(10)

    def _run(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        with self._listener:
            while True:
                accepted, address = self._listener.accept()
                if self._over.is_set() and self._turn_away.wait(10) and address == self._last:
                    accepted.close()
                    return
                accepted.settimeout(30)
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a step is a segment
                with self._lock:
                    self._sockets.add(accepted)
                    number, self.connections = self.connections, self.connections + 1
                self._run(self._serve, accepted, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self.tls is not None:
                with self._lock:
                    self._sockets.discard(connection)
                    connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                    self._sockets.add(connection)
            with connection, connection.makefile("rb") as stream, suppress(OSError, ValueError):
                if not self._play(connection, self._greeting()):
                    return
                while (received := _head(stream.readline, number)) is not None:
                    with self._lock:
                        self.requests.append(received)
                        answer = [] if self.whole else self._next(received)
                    if EARLY not in answer:
                        received.body = _body(stream, received.headers)
                    if self.whole:
                        with self._lock:
                            answer = self._next(received)
                    self.heard.release()
                    if not self._play(connection, answer):
                        return
        finally:
            with self._lock:
                self._sockets.discard(connection)
            self.ended.release()

    def _greeting(self) -> Answer:
        with self._lock:
            return next(self._greetings, ())

    def _play(self, connection: socket.socket, answer: Answer) -> bool:
        """Send an answer; return whether the connection goes on."""
        for step in answer:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, Pause):
                self._over.wait(step.seconds)
            elif step is HANG:
                with suppress(OSError):
                    while connection.recv(65536):
                        pass
                self.left.release()
                return False
            elif step is RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            elif step is CLOSE:
                return False
        return True


def _in_order(answers: Iterable[Answer]) -> Callable[[Received], Answer]:
    rest = iter(answers)
    return lambda _: next(
        rest, [reply(418, {"error": {"message": "the test has no answer left", "code": "nothing_left"}})]
    )


def _end(open_socket: socket.socket) -> None:
    with suppress(OSError):
        open_socket.shutdown(socket.SHUT_RDWR)


def _head(readline: Callable[[], bytes], number: int) -> Received | None:
    line = readline().decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    headers: dict[str, str] = {}
    while text := readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Received(number, line, headers)


def _body(stream: Any, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return bytes(stream.read(int(headers.get("content-length", "0"))))
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def reply(status: int = 200, body: object = b"", **headers: str) -> bytes:
    """Return a whole HTTP answer; anything but bytes becomes JSON, ``_`` in header names becomes ``-``."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {} if "content_type" in headers or isinstance(body, bytes) else {"content-type": "application/json"}
    length = {} if "content_length" in headers else {"content-length": str(len(content))}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**kind, **length, **named}.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + content


def refusal(status: int, message: str = "no", **headers: str) -> bytes:
    """Return an error with our four keys; ``code`` is a header here so that it reads well in tests."""
    code = headers.pop("code", None)
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return reply(status, {"error": error}, **headers)


def again(status: int, **headers: str) -> bytes:
    """Return an error that asks to be called again at once, so that tests do not wait."""
    return refusal(status, retry_after_ms="1", **headers)


def stream(*pieces: bytes, **headers: str) -> bytes:
    """Return the head of an event stream without length, and its first bytes."""
    named = {"content-type": "text/event-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + b"".join(pieces)


def event(payload: object, id: int | None = None) -> bytes:
    """Return one server-sent event."""
    return (b"" if id is None else f"id: {id}\n".encode()) + b"data: " + json.dumps(payload).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


@contextmanager
def full_listener() -> Generator[str]:
    """Give the address of a listener that takes no more connections: on Linux, further ones wait and wait."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
