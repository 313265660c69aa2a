"""Connections whose chunks are joined on the way to the parser of HTTP, and whose answers are watched for their end."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore

from openft._core.chunks import Joiner
from openft._core.surplus import Surplus


class JoiningStream(httpcore.NetworkStream):
    """A connection in a thread."""

    def __init__(self, inner: httpcore.NetworkStream, surplus: Surplus) -> None:
        self._inner = inner
        self._surplus = surplus
        self._joiner = Joiner()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come; no bytes are the end of the connection."""
        while True:
            data = self._inner.read(max_bytes, timeout)
            self._surplus.passed(data)
            joined = self._joiner.feed(data)
            if joined or not data:
                return joined

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a request, or a part of it."""
        self._joiner.begin()
        self._surplus.begin()
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return the connection with TLS on it."""
        return JoiningStream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._surplus)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for."""
        return self._inner.get_extra_info(info)


class AsyncJoiningStream(httpcore.AsyncNetworkStream):
    """A connection on an event loop."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, surplus: Surplus) -> None:
        self._inner = inner
        self._surplus = surplus
        self._joiner = Joiner()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come; no bytes are the end of the connection."""
        while True:
            data = await self._inner.read(max_bytes, timeout)
            self._surplus.passed(data)
            joined = self._joiner.feed(data)
            if joined or not data:
                return joined

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a request, or a part of it."""
        self._joiner.begin()
        self._surplus.begin()
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection with TLS on it."""
        return AsyncJoiningStream(await self._inner.start_tls(ssl_context, server_hostname, timeout), self._surplus)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for."""
        return self._inner.get_extra_info(info)
