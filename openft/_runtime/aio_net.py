"""The network on an event loop: connections, bodies, deadlines; threads_net.py is its twin."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast
from weakref import WeakKeyDictionary

import anyio
import httpcore
from anyio.lowlevel import RunVar

from openft._core.outgoing import Outgoing, Trouble, by_name
from openft._core.surplus import Surplus
from openft._runtime import tls, translate
from openft._runtime.aio import blocking
from openft._runtime.joining import AsyncJoiningStream
from openft._runtime.lines import EXPIRY, Lines

if TYPE_CHECKING:
    import httpx

    from openft._core.multipart import Form

    class Network(Protocol):
        """What sends requests."""

        async def send(self, outgoing: Outgoing) -> Incoming:
            """Return the answer to a request, its body still to come; whoever gets it closes it."""
            ...

        async def aclose(self) -> None:
            """Close the connections."""
            ...


def deadline(seconds: float) -> AbstractContextManager[object]:
    """Raise TimeoutError where the body waits longer than this."""
    return anyio.fail_after(None if seconds == inf else max(seconds, 0))


class Incoming:
    """An answer whose head is there; it holds its connection until it is closed."""

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        chunks: AsyncIterator[bytes],
        meanings: translate.Meanings,
        leave: Callable[[], Awaitable[None]],
    ) -> None:
        self.status = status
        self.headers = headers
        self._chunks = chunks
        self._meanings = meanings
        self._leave = leave

    async def next(self) -> bytes | None:
        """Return the next bytes of the body, None at its end.

        Raises:
            Trouble: it has broken off.
        """
        with self._meanings:
            return await anext(self._chunks, None)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._leave()
        # the libraries' bodies are generators within generators; run on into the closed connection, each of them ends,
        # and none is left to the garbage collector, of which trio complains
        with suppress(Trouble, RuntimeError, ValueError):  # the latter two: somebody else is reading just now
            while await self.next() is not None:
                pass


class _Line(httpcore.AsyncNetworkBackend):
    """One connection of httpcore's, made anew where it has ended.

    It keeps hold of its socket: httpcore leaves it open where a handshake with a TLS peer or a proxy is cancelled.
    """

    def __init__(self, context: ssl.SSLContext | None, proxy: httpcore.Proxy | None) -> None:
        self._maker = httpcore.AsyncConnectionPool(
            ssl_context=context, proxy=proxy, keepalive_expiry=EXPIRY, network_backend=self
        )
        self._connection: httpcore.AsyncConnectionInterface | None = None
        self._surplus = Surplus()
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        self._stream: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self._stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return AsyncJoiningStream(self._stream, self._surplus)

    @property
    def alive(self) -> bool:
        """Whether the connection can take another request."""
        return self._connection is not None and self._connection.is_available() and self._surplus.none

    async def send(self, request: httpcore.Request) -> httpcore.Response:
        """Return the answer to a request, on a new connection where the last one has ended."""
        connection = self._connection
        if connection is None or connection.has_expired() or not connection.can_handle_request(request.url.origin):
            await self.aclose()
            connection = self._connection = self._maker.create_connection(request.url.origin)
        return await connection.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connection, whatever state it is in."""
        with anyio.CancelScope(shield=True):
            if self._connection is not None:
                await self._connection.aclose()
            if self._stream is not None:
                await self._stream.aclose()


class Connections:
    """The connections of a client on one loop."""

    def __init__(self, base_url: str) -> None:
        proxy = tls.proxy_for(base_url)
        self._lines = Lines(partial(_Line, tls.context(base_url, proxy), translate.proxy(proxy)))

    async def send(self, outgoing: Outgoing) -> Incoming:
        """Return the answer to a request, its body still to come; whoever gets it closes it.

        Raises:
            ConfigError: it cannot be sent.
            Trouble: there is none.
        """
        body = WholeBody(outgoing.content or b"") if outgoing.form is None else FormBody(outgoing.form)
        request = translate.request(outgoing, body)
        line = self._lines.take(request)
        try:
            with translate.HTTPCORE:
                answer = await line.send(request)
        except BaseException:
            await self._leave(request)
            raise
        finally:
            if isinstance(body, FormBody):
                await body.aclose()
        chunks = cast("Any", answer.stream)
        leave = partial(self._leave, request, chunks)
        return Incoming(answer.status, by_name(answer.headers), aiter(chunks), translate.HTTPCORE, leave)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._closed(self._lines.clear())

    async def _leave(self, request: httpcore.Request, body: Any = None) -> None:
        if body is not None:
            with anyio.CancelScope(shield=True):
                await body.aclose()
        await self._closed(self._lines.put_back(self._lines.leave(request)))

    async def _closed(self, lines: list[_Line]) -> None:
        for line in lines:
            await line.aclose()


class Pool:
    """One network for each event loop, made on first use."""

    def __init__(self, make: Callable[[], Network]) -> None:
        self._make = make

    def get(self) -> Network:
        """Return the network of the running loop."""
        networks = self._of_this_loop()
        network = networks.get(self)
        if network is None:
            network = networks[self] = self._make()
        return network

    async def aclose(self) -> None:
        """Close the connections of the running loop; they are made anew if they are needed again."""
        network = self._of_this_loop().pop(self, None)
        if network is not None:
            await network.aclose()

    def _of_this_loop(self) -> _Networks:
        try:
            return _networks.get()
        except LookupError:
            _networks.set(WeakKeyDictionary())
            return _networks.get()


_Networks: TypeAlias = "WeakKeyDictionary[Pool, Network]"
_networks: RunVar[_Networks] = RunVar("openft")


def network(base_url: str, given: httpx.AsyncClient | None) -> Network:
    """Return what sends requests: our own connections, or a client that the user has made."""
    if given is None:
        return Connections(base_url)
    from openft._runtime.given import AsyncGiven

    return AsyncGiven(given)


class WholeBody:
    """A body that is at hand; no generator of httpcore's, which nobody would close where the server hangs up on it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __aiter__(self) -> WholeBody:
        return self

    async def __anext__(self) -> bytes:
        content, self._content = self._content, b""
        if not content:
            raise StopAsyncIteration
        return content


class FormBody:
    """A multipart body on its way out: what must be waited for is read in a thread."""

    def __init__(self, form: Form) -> None:
        from openft._runtime.disk import pieces  # here, since most requests are none

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
