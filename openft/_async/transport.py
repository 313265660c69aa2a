"""Sends requests: one exchange after the other until there is an answer or a reason to stop."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from time import monotonic
from typing import Any, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState

from openft._async.local import AsyncLocal
from openft._core.answer import LARGEST, Raw, invalid, parse
from openft._core.call import Call, authorization, plan
from openft._core.faults import status_error
from openft._core.options import RequestOptions
from openft._core.redirect import STATUSES as REDIRECTS
from openft._core.redirect import redirected
from openft._core.request import Request
from openft._core.retry import AttemptFailed, Bucket, Failure, Policy, refused
from openft._runtime import aio, aio_net
from openft.config import LOCAL, ResponseInfo, Settings
from openft.errors import APIConnectionError, APIError, APIResponseValidationError, APITimeoutError, ConfigError

T = TypeVar("T")
log = logging.getLogger("openft")
CONNECT = 10.0
"""Seconds for a connection to come up."""


class AsyncBody:
    """A streamed answer whose head has arrived: an iterator over its bytes, to be closed by who opened it."""

    def __init__(self, response: httpx.Response, headers: dict[str, str]) -> None:
        self.headers = headers
        self._response = response
        self._chunks = response.aiter_raw()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes.

        Raises:
            APIConnectionError: the answer was cut off.
            APITimeoutError: nothing more came.
        """
        try:
            return await self._chunks.__anext__()
        except httpx.TimeoutException as problem:
            raise APITimeoutError("the server stopped sending in the middle of an answer; try again") from problem
        except httpx.HTTPError as problem:
            raise APIConnectionError(f"the answer was cut off ({problem or type(problem).__name__})") from problem

    async def __aenter__(self) -> AsyncBody:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._response.aclose()


class AsyncTransport:
    """What all resources of a client share: its settings, its connections, its retries."""

    def __init__(
        self, settings: Settings, *, http_client: httpx.AsyncClient | None = None, local: AsyncLocal | None = None
    ) -> None:
        self.settings = settings
        self._given = http_client
        self._local = local
        self._pool = aio_net.Pool(self._make_client)
        self._bucket = Bucket()
        self._knows_keys = local is not None

    def with_settings(self, settings: Settings) -> AsyncTransport:
        """Return a transport with other settings on the same connections."""
        copy = AsyncTransport(settings, http_client=self._given, local=self._local)
        if settings.base_url == self.settings.base_url:
            copy._pool, copy._bucket, copy._knows_keys = self._pool, self._bucket, self._knows_keys
        return copy

    async def send(self, request: Request[T], options: RequestOptions) -> T:
        """Return the answer to a request, parsed.

        Raises:
            APIError: there was none, or not the one that was promised.
            ConfigError: the request cannot be made.
        """

        async def once(call: Call, policy: Policy) -> T:
            raw = await self._exchange(call, policy)
            try:
                return parse(raw, request.answer)
            except APIResponseValidationError as error:
                raise AttemptFailed(Failure(error, doubt=True)) from None

        return await self._repeated(plan(request, options, self.settings), once)

    async def open(self, request: Request[Any], options: RequestOptions) -> AsyncBody:
        """Return an answer whose body is still to come; the caller closes it."""

        async def once(call: Call, policy: Policy) -> AsyncBody:
            with self._problems(call, policy), aio_net.deadline(policy.left):
                response = await self._sent(call, policy)
                headers = lowered(response)
                if response.status_code < 300 and headers.get("content-encoding", "identity") == "identity":
                    return AsyncBody(response, headers)
                raw = Raw(response.status_code, headers, await whole(response))
            if raw.status < 300:
                raise AttemptFailed(Failure(invalid(raw, "is compressed, which was not asked for"), doubt=True))
            raise self._refusal(raw)

        plain = replace(request, headers={**request.headers, "accept-encoding": "identity"})
        return await self._repeated(plan(plain, options, self.settings), once)

    async def aclose(self) -> None:
        """Close the connections, and the embedded server if this client started it."""
        await self._pool.aclose()
        if self._local is not None:
            await self._local.aclose()

    async def _repeated(self, call: Call, once: Callable[[Call, Policy], Awaitable[T]]) -> T:
        policy = Policy(attempts=call.attempts, creates=call.creates, limit=call.limit, bucket=self._bucket)
        attempts = AsyncRetrying(
            retry=policy.retry, wait=policy.wait, stop=policy.stop, sleep=aio.sleep, before_sleep=warn, reraise=True
        )
        try:
            async for attempt in attempts:
                with attempt:
                    policy.begin(self._knows_keys)
                    answer = await once(call, policy)
                    self._bucket.refill()
                    return answer
        except AttemptFailed as failed:
            error = failed.failure.error
            error.attempts, error.elapsed = policy.attempt, policy.elapsed
            raise error from failed.__cause__
        raise AssertionError("tenacity ends with an answer or an error")

    async def _exchange(self, call: Call, policy: Policy, redirects: int = 0) -> Raw:
        with self._problems(call, policy), aio_net.deadline(policy.left):
            response = await self._sent(call, policy)
            raw = Raw(response.status_code, lowered(response), await whole(response))
        if raw.status < 300:
            return raw
        if raw.status not in REDIRECTS:
            raise self._refusal(raw)
        try:
            further = redirected(call, raw, str(response.request.url), redirects)
        except APIError as error:
            raise AttemptFailed(Failure(error, doubt=False, hint=False)) from None
        return await self._exchange(further, policy, redirects + 1)

    async def _sent(self, call: Call, policy: Policy) -> httpx.Response:
        """Return the head of the answer to one attempt, the body still to come."""
        began = monotonic()
        where = await self._local.address() if self._local else self.settings
        headers = httpx.Headers({**call.headers, "authorization": authorization(where.api_key)})
        client = self._pool.get()
        form = None if call.form is None else aio_net.FormBody(call.form)
        request = client.build_request(
            call.method,
            where.base_url + call.target,
            headers=headers,
            content=call.content if form is None else form,
            timeout=httpx.Timeout(None if call.idle == inf else call.idle, connect=min(CONNECT, call.idle)),
        )
        try:
            response = await client.send(request, stream=True, follow_redirects=False)
        finally:
            if form is not None:
                await form.aclose()
        answered = lowered(response)
        self._knows_keys = policy.knows_keys = "openft-version" in answered
        took = monotonic() - began
        log.info("%s answered %d in %.3f s", call, response.status_code, took)
        if self.settings.on_response is not None:
            path = call.target.partition("?")[0]
            self.settings.on_response(
                ResponseInfo(call.method, path, response.status_code, answered, policy.attempt, took)
            )
        return response

    @contextmanager
    def _problems(self, call: Call, policy: Policy) -> Generator[None]:
        """Turn what goes wrong on the network into a failed attempt."""
        try:
            yield
        except (TimeoutError, httpx.TimeoutException) as problem:
            connecting = isinstance(problem, httpx.ConnectTimeout)
            text = f"{call} was not answered within {min(call.limit, call.idle):g} s; try again, or pass timeout="
            raise AttemptFailed(Failure(APITimeoutError(text), doubt=not connecting)) from problem
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as problem:
            if self._local is not None:
                self._local.forget()
            where = self.settings.base_url or "the embedded server"
            text = f"cannot connect to {where} ({problem}); check the address and that it is running"
            raise AttemptFailed(Failure(APIConnectionError(text), doubt=False)) from problem
        except (httpx.HTTPError, OSError) as problem:
            text = f"the connection broke before {call} was answered ({problem or type(problem).__name__}); try again"
            raise AttemptFailed(Failure(APIConnectionError(text), doubt=True)) from problem
        except httpx.InvalidURL as problem:
            raise ConfigError(f"the base URL is not valid: {problem}") from problem

    def _refusal(self, raw: Raw) -> AttemptFailed:
        key = self.settings.api_key
        secret = key if isinstance(key, str) else None
        return AttemptFailed(refused(status_error(raw, secret), raw.headers))

    def _make_client(self) -> httpx.AsyncClient:
        if self._given is not None:
            return self._given
        nobody = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return httpx.AsyncClient(transport=aio_net.transport(self.settings.base_url or LOCAL), cookies=nobody)


def lowered(response: httpx.Response) -> dict[str, str]:
    """Return the answer's headers with names in lower case."""
    return {name.lower(): value for name, value in response.headers.items()}


async def whole(response: httpx.Response) -> bytes:
    """Return the answer's body as it came, and give the connection back.

    Raises:
        httpx.DecodingError: it is larger than 32 MB.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > LARGEST:
                raise httpx.DecodingError("the answer is larger than 32 MB")
            parts.append(chunk)
    finally:
        await response.aclose()
    return b"".join(parts)


def warn(state: RetryCallState) -> None:
    """Log that there will be another attempt, and why."""
    problem = state.outcome.exception() if state.outcome else None
    log.warning("trying again in %.1f s: %s", state.upcoming_sleep, problem)
