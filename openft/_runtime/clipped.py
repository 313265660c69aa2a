"""Sockets for threads on which one deadline holds for a whole exchange.

httpcore's timeouts are for each single read, so an answer that drips may take for ever. On an event loop a cancel scope
cuts it off, a thread has nothing like that: here every wait on the socket gets what is left of the deadline.
"""

from __future__ import annotations

import socket
import ssl
import typing
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from math import inf
from time import monotonic

import httpcore

from openft._core.surplus import Surplus
from openft._runtime.joining import JoiningStream
from openft._runtime.threads import stoppable

SLICE = 64 * 1024
"""Bytes that are written for one look at the deadline: httpcore gives all the time to each piece a socket takes."""
_until: ContextVar[float] = ContextVar("openft_until", default=inf)


@contextmanager
def clip(seconds: float) -> Generator[None]:
    """Let no wait on the network go on for more than this many seconds from now; it ends with a timeout."""
    token = _until.set(monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def _left(timeout: float | None) -> float | None:
    left = _until.get() - monotonic()
    if left == inf:
        return timeout
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return stoppable(self.end, self._inner.read, max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        stoppable(self.end, self._written, memoryview(buffer), timeout)

    def _written(self, buffer: memoryview, timeout: float | None) -> None:
        size = SLICE if _until.get() < inf else len(buffer) or 1  # most uploads have no deadline, and slices cost
        for start in range(0, len(buffer), size):
            self._inner.write(typing.cast("bytes", buffer[start : start + size]), _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._inner = self._inner.start_tls(ssl_context, server_hostname, _left(timeout))
        return self

    def get_extra_info(self, info: str) -> typing.Any:
        return self._inner.get_extra_info(info)

    def end(self) -> None:
        """End whatever waits on the socket; from another thread, closing would not."""
        with suppress(OSError):
            socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as problem:
        raise httpcore.ConnectError(str(problem)) from problem
    return [str(address[0]) for *_, address in found]


class Backend(httpcore.NetworkBackend):
    """Connects one line. It keeps hold of the socket, which an interrupted handshake leaves open."""

    def __init__(self) -> None:
        self.surplus = Surplus()
        self._inner = httpcore.SyncBackend()
        self._stream: _Stream | None = None

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to the first of the host's addresses that answers, within the time for all of them."""
        until = monotonic() + (inf if timeout is None else timeout)
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        addresses = _addresses(host, port)
        for tried, address in enumerate(addresses):
            left = min(until, _until.get()) - monotonic()
            if left <= 0:
                raise httpcore.ConnectTimeout("no address answered in time") from problem
            # a part for each, since the first may drop what is sent to it
            each = None if left == inf else left / (len(addresses) - tried)
            try:
                self._stream = _Stream(self._inner.connect_tcp(address, port, each, local_address, socket_options))
                return JoiningStream(self._stream, self.surplus)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    def end(self) -> None:
        """End whatever waits on the socket."""
        if self._stream is not None:
            self._stream.end()

    def close(self) -> None:
        """Close the socket, on which another thread may be waiting."""
        self.end()
        if self._stream is not None:
            self._stream.close()
