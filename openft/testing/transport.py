"""Brings openft's clients to the API without a network: httpx transports, and clients made with them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TypedDict, TypeVar, cast

import anyio
import httpx

from openft import AsyncClient, Client
from openft.config import Clock
from openft.testing.clock import spent
from openft.testing.http import Answer, Asked, Broken
from openft.testing.service import Service
from openft.testing.webhooks import SECRET
from openft.testing.world import World
from openft.types.info import ResponseInfo

URL = "http://openft.testing/v1"
KEY = "sk-openft-testing"
LOOK_AGAIN = 0.002
"""Seconds after which a stream that really waits looks for news."""
AnyClient = TypeVar("AnyClient", Client, AsyncClient)


class ClientOptions(TypedDict, total=False):
    """What Client takes besides its address and its connections."""

    api_key: str | Callable[[], str]
    organization: str
    project: str
    webhook_secret: str | Sequence[str]
    timeout: float
    max_retries: int
    default_headers: Mapping[str, str]
    default_query: Mapping[str, str]
    on_response: Callable[[ResponseInfo], None]


def make_client(service: Service, options: ClientOptions, *, skip: bool) -> Client:
    """Return a client whose requests the service answers."""
    http_client = httpx.Client(transport=Transport(service, skip=skip), trust_env=False)
    given: ClientOptions = {"api_key": KEY, "webhook_secret": SECRET, **options}
    return _on_clock(Client(base_url=URL, http_client=http_client, **given), service.world, skip=skip)


def make_async_client(service: Service, options: ClientOptions, *, skip: bool) -> AsyncClient:
    """Return an async client whose requests the service answers."""
    http_client = httpx.AsyncClient(transport=AsyncTransport(service, skip=skip), trust_env=False)
    given: ClientOptions = {"api_key": KEY, "webhook_secret": SECRET, **options}
    return _on_clock(AsyncClient(base_url=URL, http_client=http_client, **given), service.world, skip=skip)


def _on_clock(client: AnyClient, world: World, *, skip: bool) -> AnyClient:
    """Return the client, which warns by what this API says, and from now on goes by its time if it skips."""
    clock = Clock(now=world.clock.now, skip=world.sleep, wall=world.clock.now, spent=spent) if skip else Clock()
    settings = client._settings._replace(clock=clock, ends=world.ends)  # pyright: ignore[reportPrivateUsage]
    client._settings = settings  # pyright: ignore[reportPrivateUsage]
    return client


class _Exchange:
    """One request on its way, and what its answer becomes."""

    def __init__(self, service: Service, request: httpx.Request, *, skip: bool) -> None:
        self._service = service
        self._request = request
        self._skip = skip
        self.patience: float = request.extensions.get("timeout", {}).get("read") or float("inf")
        """Seconds that the client waits for the next bytes."""

    def answer(self, content: bytes) -> Answer:
        """Return the answer.

        Raises:
            httpx.HTTPError: there is none.
        """
        url = self._request.url.raw_path.decode("ascii")
        asked = Asked.of(self._request.method, url, self._request.headers, content, skips=self._skip)
        try:
            return self._service.handle(asked)
        except Broken as broken:
            raise self.broken(broken) from None

    def broken(self, broken: Broken) -> httpx.HTTPError:
        """Return what httpx would say to the end of a connection."""
        if broken.connected:
            return httpx.RemoteProtocolError("the server disconnected", request=self._request)
        return httpx.ConnectError("connection refused", request=self._request)

    def too_slow(self) -> httpx.ReadTimeout:
        """Return what httpx would say to a server that is silent for too long."""
        return httpx.ReadTimeout("the read operation timed out", request=self._request)

    def pause(self, seconds: float) -> float:
        """Return the seconds to sleep really before an answer that takes so many."""
        waited = min(seconds, self.patience)
        if not self._skip:
            return waited
        if waited:
            self._service.world.sleep(waited)
        return 0.0

    def response(self, answer: Answer, body: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
        """Return the answer as httpx has it."""
        if answer.delay > self.patience:
            raise self.too_slow()
        headers = {"content-type": answer.media_type, **answer.headers}
        if answer.length is not None:
            headers["content-length"] = str(answer.length)
        return httpx.Response(answer.status, headers=headers, stream=body)


class _Way:
    """What both transports are: a way to the service."""

    def __init__(self, service: Service, *, skip: bool) -> None:
        self._service = service
        self._skip = skip

    def __repr__(self) -> str:
        return f"<{type(self).__name__} to the API in memory, {'skipping' if self._skip else 'keeping'} sleeps>"


class Transport(_Way, httpx.BaseTransport):
    """Answers the requests of an ``httpx.Client``."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer."""
        exchange = _Exchange(self._service, request, skip=self._skip)
        answer = exchange.answer(b"".join(cast("httpx.SyncByteStream", request.stream)))
        time.sleep(exchange.pause(answer.delay))
        return exchange.response(answer, _Body(answer, exchange))


class AsyncTransport(_Way, httpx.AsyncBaseTransport):
    """Answers the requests of an ``httpx.AsyncClient``, on asyncio and trio."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer."""
        exchange = _Exchange(self._service, request, skip=self._skip)
        stream = cast("httpx.AsyncByteStream", request.stream)
        answer = exchange.answer(b"".join([piece async for piece in stream]))
        await anyio.sleep(exchange.pause(answer.delay))
        return exchange.response(answer, _AsyncBody(answer, exchange))


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: Answer, exchange: _Exchange) -> None:
        self._pieces = _patient(answer, exchange)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if piece is None:
                time.sleep(LOOK_AGAIN)
            else:
                yield piece


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, answer: Answer, exchange: _Exchange) -> None:
        self._pieces = _patient(answer, exchange)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await anyio.sleep(LOOK_AGAIN if piece is None else 0)
            if piece is not None:
                yield piece


def _patient(answer: Answer, exchange: _Exchange) -> Iterator[bytes | None]:
    """Yield a body's pieces for as long as the client would wait for the next.

    Raises:
        httpx.HTTPError: it is cut off, or silent for too long.
    """
    silent = time.monotonic()
    try:
        for piece in answer.pieces():
            if piece is not None:
                silent = time.monotonic()
            elif time.monotonic() - silent > exchange.patience:
                raise exchange.too_slow()
            yield piece
    except Broken as broken:
        raise exchange.broken(broken) from None
