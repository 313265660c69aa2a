"""The network on an event loop: connections, bodies, deadlines; threads_net.py is its twin."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import inf
from typing import TypeAlias
from weakref import WeakKeyDictionary

import anyio
import httpx
from anyio.lowlevel import RunVar

from openft._core.multipart import Form
from openft._runtime import tls
from openft._runtime.aio import blocking
from openft._runtime.disk import pieces


@contextmanager
def deadline(seconds: float) -> Generator[None]:
    """Raise TimeoutError where the body waits longer than this."""
    with anyio.fail_after(None if seconds == inf else max(seconds, 0)):
        yield


def transport(base_url: str) -> httpx.AsyncHTTPTransport:
    """Return the transport for an address."""
    proxy = tls.proxy_for(base_url)
    return httpx.AsyncHTTPTransport(
        verify=tls.context(base_url, proxy),
        trust_env=False,
        proxy=proxy,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
    )


class Pool:
    """One HTTP client for each event loop, made on first use."""

    def __init__(self, make: Callable[[], httpx.AsyncClient]) -> None:
        self._make = make

    def get(self) -> httpx.AsyncClient:
        """Return the client of the running loop."""
        clients = self._of_this_loop()
        client = clients.get(self)
        if client is None:
            client = clients[self] = self._make()
        return client

    async def aclose(self) -> None:
        """Close the client of the running loop; it is made anew if it is needed again."""
        client = self._of_this_loop().pop(self, None)
        if client is not None:
            await client.aclose()

    def _of_this_loop(self) -> _Clients:
        try:
            return _clients.get()
        except LookupError:
            _clients.set(WeakKeyDictionary())
            return _clients.get()


_Clients: TypeAlias = WeakKeyDictionary[Pool, httpx.AsyncClient]
_clients: RunVar[_Clients] = RunVar("openft")


class FormBody(httpx.AsyncByteStream):
    """A multipart body as httpx takes it: what must be waited for is read in a thread."""

    def __init__(self, form: Form) -> None:
        self._pieces = pieces(form)

    def __aiter__(self) -> FormBody:
        return self

    async def __anext__(self) -> bytes:
        piece = next(self._pieces, None)
        while piece == b"":
            piece = await blocking(next, self._pieces, None)
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Close the file."""
        self._pieces.close()
