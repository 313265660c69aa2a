"""A transport for threads on which one deadline holds for a whole exchange.

httpx's timeouts are for each single read, so an answer that drips may take for ever. On an event loop a cancel scope
cuts it off, a thread has nothing like that: here every wait on the socket gets what is left of the deadline.
"""

from __future__ import annotations

import socket
import ssl
import typing
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from time import monotonic

import httpcore
import httpx

_until: ContextVar[float] = ContextVar("openft_until", default=inf)


@contextmanager
def clip(seconds: float) -> Generator[None]:
    """Let no wait on the network go on for more than this many seconds from now.

    Raises:
        TimeoutError: one would have.
    """
    token = _until.set(monotonic() + seconds)
    try:
        yield
    except httpx.TimeoutException as problem:
        if monotonic() >= _until.get():
            raise TimeoutError from problem
        raise
    finally:
        _until.reset(token)


def _left(timeout: float | None) -> float | None:
    left = _until.get() - monotonic()
    if left == inf:
        return timeout
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left if timeout is None else min(timeout, left)


_MEANINGS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
}


@contextmanager
def _as_httpx() -> Generator[None]:
    try:
        yield
    except tuple(_MEANINGS) as problem:
        raise _MEANINGS[type(problem)](str(problem)) from problem


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> typing.Any:
        return self._inner.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as problem:
        raise httpcore.ConnectError(str(problem)) from problem
    return [str(address[0]) for *_, address in found]


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

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
        for address in _addresses(host, port):
            left = until - monotonic()
            if left <= 0:
                raise httpcore.ConnectTimeout("no address answered in time") from problem
            each = _left(None if left == inf else left)
            try:
                return _Stream(self._inner.connect_tcp(address, port, each, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: typing.Any) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._inner

    def close(self) -> None:
        self._inner.close()


class ClippedTransport(httpx.BaseTransport):
    """Sends httpx requests over a httpcore pool whose every wait is clipped."""

    def __init__(self, context: ssl.SSLContext, proxy: str | None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            proxy=_proxy(proxy),
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request, its body still to be read."""
        url = request.url
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx():
            answer = self._pool.handle_request(sent)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=typing.cast("dict[str, typing.Any]", answer.extensions),  # pyright: ignore[reportUnknownMemberType]
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


def _proxy(url: str | None) -> httpcore.Proxy | None:
    if url is None:
        return None
    parsed = httpx.URL(url)
    auth = (parsed.username, parsed.password) if parsed.username else None
    return httpcore.Proxy(url=httpcore.URL(str(parsed.copy_with(username=None, password=None))), auth=auth)
