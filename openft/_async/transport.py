"""Sends requests: one exchange after the other until there is an answer or a reason to stop."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from time import monotonic
from typing import Any, TypeVar, cast

import httpx
from tenacity import AsyncRetrying, RetryCallState

from openft._async.local import AsyncLocal
from openft._core.answer import LARGEST, Raw, invalid
from openft._core.call import Call, current_key, plan
from openft._core.faults import status_error, strange_event, without
from openft._core.options import RequestOptions
from openft._core.progress import Progress
from openft._core.reading import read
from openft._core.redirect import STATUSES as REDIRECTS
from openft._core.redirect import redirected
from openft._core.request import Request
from openft._core.retry import AttemptFailed, Bucket, Failure, Policy, refused
from openft._runtime import aio, aio_net
from openft.config import LOCAL, ResponseInfo, Settings
from openft.errors import APIConnectionError, APIError, APITimeoutError, ConfigError

T = TypeVar("T")
log = logging.getLogger("openft")
CONNECT = 10.0
"""Seconds for a connection to come up."""


class AsyncBody:
    """A streamed answer whose head has arrived: an iterator over its bytes, to be closed by who opened it."""

    def __init__(self, response: httpx.Response, secret: str) -> None:
        self.status = response.status_code
        self.url = str(response.request.url)
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._response = response
        self._secret = secret
        in_memory = response.is_stream_consumed  # as a test's stand-in for the network answers, decompressed already
        self._chunks = response.aiter_bytes() if in_memory else response.aiter_raw()
        if in_memory:
            self.headers.pop("content-encoding", None)
        self._progress: Progress | None = None

    def must_move(self) -> None:
        """From now on, give up where fewer than 16 KiB come in 30 s: the rule for files, which have no pauses."""
        self._progress = Progress(monotonic())

    def strange(self, data: str) -> APIError:
        """Return the error for an event of this answer that is not what was streamed."""
        return without(strange_event(data), self._secret)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes.

        Raises:
            APIConnectionError: the answer was cut off.
            APITimeoutError: nothing more came, or too little.
        """
        try:
            chunk = await self._chunks.__anext__()
        except httpx.TimeoutException as problem:
            raise APITimeoutError("the server stopped sending in the middle of an answer; try again") from problem
        except httpx.HTTPError as problem:
            raise APIConnectionError(f"the answer was cut off ({problem or type(problem).__name__})") from problem
        if self._progress is not None:
            self._progress.passed(len(chunk), monotonic())
        return chunk

    async def whole(self, largest: float = inf) -> bytes:
        """Return all bytes, and give the connection back.

        Raises:
            APIError: the answer was cut off, or is larger than ``largest`` bytes.
        """
        content = bytearray()
        async with self:
            async for chunk in self:
                content += chunk
                if len(content) > largest:
                    raise invalid(Raw(self.status, self.headers, b""), "is larger than 32 MB")
        return bytes(content)

    async def __aenter__(self) -> AsyncBody:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._response.aclose()
        # httpx's bodies are generators within generators; run on into the closed connection, each of them ends, and
        # none is left to the garbage collector, of which trio complains
        with suppress(httpx.HTTPError, httpx.StreamError, StopAsyncIteration, RuntimeError, ValueError):
            while True:  # RuntimeError and ValueError: somebody else is reading just now, and will come to the end
                await self._chunks.__anext__()


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
        copy._pool, copy._bucket, copy._knows_keys = self._pool, self._bucket, self._knows_keys
        return copy

    async def send(self, request: Request[T], options: RequestOptions) -> T:
        """Return the answer to a request, parsed.

        Raises:
            APIError: there was none, or not the one that was promised.
            ConfigError: the request cannot be made.
        """

        async def once(call: Call, policy: Policy) -> T:
            body = await self._answered(call, policy)
            raw = Raw(body.status, body.headers, await body.whole(LARGEST))
            return read(raw, request, maybe_done=policy.maybe_done)

        return await self._repeated(plan(request, options, self.settings), once)

    async def open(self, request: Request[Any], options: RequestOptions) -> AsyncBody:
        """Return an answer whose body is still to come; the caller closes it."""

        async def once(call: Call, policy: Policy) -> AsyncBody:
            body = await self._answered(call, policy)
            if body.status < 300 and body.headers.get("content-encoding", "identity").lower() == "identity":
                return body
            raw = Raw(body.status, body.headers, await body.whole(LARGEST))
            if raw.status < 300:
                raise invalid(raw, "is compressed, which was not asked for")
            raise status_error(raw)

        plain = replace(request, headers={**request.headers, "accept-encoding": "identity"})
        return await self._repeated(plan(plain, options, self.settings), once)

    @property
    def knows_keys(self) -> bool:
        """Whether the server is known to keep idempotency keys."""
        return self._knows_keys

    async def sleep(self, seconds: float) -> None:
        """Let time pass, by the client's clock."""
        await aio.sleep(self.settings.clock.pass_by(seconds))

    async def aclose(self) -> None:
        """Close the connections, and the embedded server if this client started it."""
        if self._given is None:
            await self._pool.aclose()
        if self._local is not None:
            await self._local.aclose()

    async def _repeated(self, call: Call, once: Callable[[Call, Policy], Awaitable[T]]) -> T:
        policy = Policy(attempts=call.attempts, creates=call.creates, limit=call.limit, bucket=self._bucket)
        attempts = AsyncRetrying(
            retry=policy.retry, wait=policy.wait, stop=policy.stop, sleep=self.sleep, before_sleep=warn, reraise=True
        )
        try:
            async for attempt in attempts:
                with attempt:
                    policy.begin(self._knows_keys)
                    with self._failing(call, policy), aio_net.deadline(policy.left):
                        answer = await once(call, policy)
                    self._bucket.refill()
                    return answer
        except AttemptFailed as failed:
            error = failed.failure.error
            error.attempts, error.elapsed = policy.attempt, policy.elapsed
            raise error from failed.__cause__
        raise AssertionError("tenacity ends with an answer or an error")

    async def _answered(self, call: Call, policy: Policy) -> AsyncBody:
        """Return the answer to one attempt, behind redirects, its body still to come."""
        redirects = 0
        while True:
            body = await self._sent(call, policy)
            if body.status not in REDIRECTS:
                return body
            raw = Raw(body.status, body.headers, await body.whole(LARGEST))
            call = redirected(call, raw, body.url, redirects)
            redirects += 1

    async def _sent(self, call: Call, policy: Policy) -> AsyncBody:
        """Return the answer to one request, its body still to come."""
        began = monotonic()
        where = await self._local.address() if self._local else self.settings
        policy.secret = current_key(where.api_key)
        form = None if call.form is None else aio_net.FormBody(call.form)
        try:
            client = self._pool.get()
            if client.is_closed:
                raise ConfigError("the http_client that this client was given is closed; make a new one")
            request = client.build_request(
                call.method,
                where.base_url + call.target,
                headers={**call.headers, "authorization": f"Bearer {policy.secret}"},
                content=call.content if form is None else form,
                timeout=httpx.Timeout(None if call.idle == inf else call.idle, connect=self._patience(call, policy)),
            )
        except (httpx.InvalidURL, ValueError) as problem:
            raise ConfigError(f"the base URL or the proxy's is not valid: {problem}") from problem
        if form is not None:
            request.stream = form  # itself, not a generator of httpx's around it, which nobody would close
        try:
            body = AsyncBody(await client.send(request, stream=True, follow_redirects=False), policy.secret)
        finally:
            if form is not None:
                await form.aclose()
        try:
            self._note(call, policy, body, monotonic() - began)
        except BaseException:
            await body.aclose()
            raise
        return body

    def _patience(self, call: Call, policy: Policy) -> float:
        """Return the seconds for a connection to come up.

        The deadline is left a little more: httpcore closes a half-made TLS connection when it times out, but not when
        it is cancelled.
        """
        return max(0.001, min(CONNECT, call.idle, policy.left * 0.9))

    def _note(self, call: Call, policy: Policy, body: AsyncBody, took: float) -> None:
        """Take in the head of an answer, and tell whoever wants to know."""
        self._knows_keys = policy.heard(body.status, body.headers)
        log.info("%s answered %d in %.3f s", call, body.status, took)
        if self.settings.on_response is not None:
            path = call.target.partition("?")[0]
            told = ResponseInfo(call.method, path, body.status, body.headers, policy.attempt, took)
            try:
                self.settings.on_response(told)
            except Exception as problem:
                raise ConfigError(f"the on_response function failed: {problem!r}") from problem

    @contextmanager
    def _failing(self, call: Call, policy: Policy) -> Generator[None]:
        """Turn whatever goes wrong in an attempt into a failed attempt."""
        try:
            yield
        except APIError as error:
            raise AttemptFailed(refused(without(error, policy.secret), policy.headers)) from error.__cause__
        except httpx.ConnectTimeout as problem:
            text = f"cannot connect to {self._where()} in time; check the address and that it is running"
            raise AttemptFailed(Failure(APITimeoutError(text), doubt=False)) from problem
        except (TimeoutError, httpx.TimeoutException) as problem:
            text = f"{call} was not answered within {min(call.limit, call.idle):g} s; try again, or pass timeout="
            raise AttemptFailed(Failure(APITimeoutError(text), doubt=True)) from problem
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as problem:
            if self._local is not None:
                self._local.forget()
            text = f"cannot connect to {self._where()} ({problem}); check the address and that it is running"
            raise AttemptFailed(Failure(APIConnectionError(text), doubt=False)) from problem
        except UnicodeError as problem:
            raise ConfigError(f"the host in the base URL is not valid: {problem}") from problem
        except httpx.HTTPError as problem:
            text = f"the connection broke before {call} was answered ({problem or type(problem).__name__}); try again"
            raise AttemptFailed(Failure(APIConnectionError(text), doubt=True)) from problem

    def _where(self) -> str:
        return self.settings.base_url or "the embedded server"

    def _make_client(self) -> httpx.AsyncClient:
        if self._given is not None:
            return self._given
        nobody = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return httpx.AsyncClient(transport=aio_net.transport(self.settings.base_url or LOCAL), cookies=nobody)


def warn(state: RetryCallState) -> None:
    """Log that there will be another attempt, and why; what the server said in its body stays out of the log."""
    failed: AttemptFailed = cast("Any", state.outcome).exception()
    error = failed.failure.error
    why = error.message if error.status_code is None else f"the server answered {error.status_code}"
    log.warning("trying again in %.1f s: %s", state.upcoming_sleep, why)
