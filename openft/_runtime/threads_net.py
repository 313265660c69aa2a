"""The network in a thread: connections, bodies, deadlines; aio_net.py is its twin."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

import httpcore

from openft._core.outgoing import Outgoing, Trouble, by_name
from openft._runtime import tls, translate
from openft._runtime.clipped import Backend
from openft._runtime.clipped import clip as deadline
from openft._runtime.lines import EXPIRY, Lines

if TYPE_CHECKING:
    import httpx

    from openft._core.multipart import Form

    class Network(Protocol):
        """What sends requests."""

        def send(self, outgoing: Outgoing) -> Incoming:
            """Return the answer to a request, its body still to come; whoever gets it closes it."""
            ...

        def close(self) -> None:
            """Close the connections."""
            ...


__all__ = ["FormBody", "Incoming", "Pool", "deadline", "network"]


class Incoming:
    """An answer whose head is there; it holds its connection until it is closed."""

    def __init__(
        self,
        status: int,
        headers: dict[str, str],
        chunks: Iterator[bytes],
        meanings: translate.Meanings,
        leave: Callable[[bool], None],
    ) -> None:
        self.status = status
        self.headers = headers
        self._chunks = chunks
        self._meanings = meanings
        self._leave = leave
        self._over = False

    def next(self) -> bytes | None:
        """Return the next bytes of the body, None at its end.

        Raises:
            Trouble: it has broken off.
        """
        with self._meanings:
            chunk = next(self._chunks, None)
        self._over = self._over or chunk is None
        return chunk

    def close(self) -> None:
        """Give the connection back."""
        self._leave(self._over)
        # run on into the closed connection, the body's generators end
        with suppress(Trouble, RuntimeError, ValueError):  # the latter two: somebody else is reading just now
            while self.next() is not None:
                pass


class _Line:
    """One connection of httpcore's, made anew where it has ended."""

    def __init__(self, context: ssl.SSLContext | None, proxy: httpcore.Proxy | None) -> None:
        self._backend = Backend()
        self._maker = httpcore.ConnectionPool(
            ssl_context=context, proxy=proxy, keepalive_expiry=EXPIRY, network_backend=self._backend
        )
        self._connection: httpcore.ConnectionInterface | None = None

    @property
    def alive(self) -> bool:
        """Whether the connection can take another request."""
        return self._connection is not None and self._connection.is_available() and self._backend.surplus.none

    def send(self, request: httpcore.Request) -> httpcore.Response:
        """Return the answer to a request, on a new connection where the last one has ended."""
        connection = self._connection
        if connection is None or connection.has_expired() or not connection.can_handle_request(request.url.origin):
            self.close()
            connection = self._connection = self._maker.create_connection(request.url.origin)
        return connection.handle_request(request)

    def end(self) -> None:
        """End whatever waits on the connection."""
        self._backend.end()

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._backend.close()
        if self._connection is not None:
            self._connection.close()


class Connections:
    """The connections of a client in one process."""

    def __init__(self, base_url: str) -> None:
        proxy = tls.proxy_for(base_url)
        self._lines = Lines(partial(_Line, tls.context(base_url, proxy), translate.proxy(proxy)))

    def send(self, outgoing: Outgoing) -> Incoming:
        """Return the answer to a request, its body still to come; whoever gets it closes it.

        Raises:
            ConfigError: it cannot be sent.
            Trouble: there is none.
        """
        body = outgoing.content if outgoing.form is None else FormBody(outgoing.form)
        request = translate.request(outgoing, body)
        line = self._lines.take(request)
        try:
            with translate.HTTPCORE:
                answer = line.send(request)
        except BaseException:
            self._closed(self._lines.put_back(self._lines.leave(request)))
            raise
        finally:
            if isinstance(body, FormBody):
                body.close()
        chunks = cast("Any", answer.stream)
        leave = partial(self._leave, request, chunks)
        return Incoming(answer.status, by_name(answer.headers), iter(chunks), translate.HTTPCORE, leave)

    def close(self) -> None:
        """Close the connections."""
        self._closed(self._lines.clear())

    def _leave(self, request: httpcore.Request, body: Any, over: bool) -> None:
        line = self._lines.leave(request)
        if line is not None and not over:
            line.end()  # another thread may wait for the rest, and a socket that is closed meanwhile lets it wait on
        body.close()
        self._closed(self._lines.put_back(line))

    def _closed(self, lines: list[_Line]) -> None:
        for line in lines:
            line.close()


class Pool:
    """One network for each process, made on first use; threads share it, a forked process must not."""

    def __init__(self, make: Callable[[], Network]) -> None:
        self._make = make
        self._networks: dict[int, Network] = {}

    def get(self) -> Network:
        """Return the network of this process."""
        process = os.getpid()
        network = self._networks.get(process)
        # setdefault decides between threads without a lock, which a fork could leave locked for ever
        return self._networks.setdefault(process, self._make()) if network is None else network

    def close(self) -> None:
        """Close the connections; they are made anew if they are needed again."""
        network = self._networks.pop(os.getpid(), None)
        if network is not None:
            network.close()


def network(base_url: str, given: httpx.Client | None) -> Network:
    """Return what sends requests: our own connections, or a client that the user has made."""
    if given is None:
        return Connections(base_url)
    from openft._runtime.given import Given

    return Given(given)


class FormBody:
    """A multipart body on its way out."""

    def __init__(self, form: Form) -> None:
        from openft._runtime.disk import pieces  # here, since most requests are none

        self._pieces = pieces(form)

    def __iter__(self) -> Iterator[bytes]:
        return filter(None, self._pieces)

    def close(self) -> None:
        """Close the file."""
        self._pieces.close()
