"""A user's own httpx client in place of our connections: with its proxies, its certificates, its stand-ins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from openft._core.outgoing import Outgoing, bare
from openft._runtime import aio_net, threads_net
from openft._runtime.translate import Meanings
from openft.errors import ConfigError

HTTPX = Meanings(httpx, (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL))


def _built(
    client: httpx.AsyncClient | httpx.Client, outgoing: Outgoing, stream: _AsyncStream | _Stream | None
) -> httpx.Request:
    if client.is_closed:
        raise ConfigError("the http_client that this client was given is closed; make a new one")
    try:
        request = client.build_request(
            outgoing.method,
            outgoing.url,
            headers=outgoing.headers,
            content=outgoing.content,
            timeout=httpx.Timeout(outgoing.idle, connect=outgoing.connect),
        )
    except (httpx.InvalidURL, ValueError) as problem:
        raise ConfigError(f"the base URL is not valid: {problem}") from bare(problem)
    if stream is None:
        return request
    # the stream itself, not a generator of httpx's around it, which nobody would close
    return httpx.Request(
        request.method, request.url, headers=request.headers, stream=stream, extensions=request.extensions
    )


def _headers(response: httpx.Response) -> dict[str, str]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.is_stream_consumed:  # a stand-in's answer, in memory and decompressed already
        headers.pop("content-encoding", None)
    return headers


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, body: aio_net.FormBody) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body


class AsyncGiven:
    """An httpx.AsyncClient as a network."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, outgoing: Outgoing) -> aio_net.Incoming:
        """Return the answer to a request, its body still to come; whoever gets it closes it.

        Raises:
            ConfigError: it cannot be sent.
            Trouble: there is none.
        """
        body = None if outgoing.form is None else aio_net.FormBody(outgoing.form)
        request = _built(self._client, outgoing, None if body is None else _AsyncStream(body))
        try:
            with HTTPX:
                response = await self._client.send(request, stream=True, follow_redirects=False)
        finally:
            if body is not None:
                await body.aclose()
        chunks = response.aiter_bytes() if response.is_stream_consumed else response.aiter_raw()
        return aio_net.Incoming(response.status_code, _headers(response), chunks, HTTPX, response.aclose)

    async def aclose(self) -> None:
        """Leave the client open: it is the user's."""


class _Stream(httpx.SyncByteStream):
    def __init__(self, body: threads_net.FormBody) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)


class Given:
    """An httpx.Client as a network."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, outgoing: Outgoing) -> threads_net.Incoming:
        """Return the answer to a request, its body still to come; whoever gets it closes it.

        Raises:
            ConfigError: it cannot be sent.
            Trouble: there is none.
        """
        body = None if outgoing.form is None else threads_net.FormBody(outgoing.form)
        request = _built(self._client, outgoing, None if body is None else _Stream(body))
        try:
            with HTTPX:
                response = self._client.send(request, stream=True, follow_redirects=False)
        finally:
            if body is not None:
                body.close()
        chunks = response.iter_bytes() if response.is_stream_consumed else response.iter_raw()
        return threads_net.Incoming(response.status_code, _headers(response), chunks, HTTPX, lambda _: response.close())

    def close(self) -> None:
        """Leave the client open: it is the user's."""
