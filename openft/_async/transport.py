"""Sends requests: one exchange after the other until there is an answer or a reason to stop."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from openft._async.body import AsyncBody
from openft._core.answer import LARGEST, REDIRECTS, Raw, invalid
from openft._core.call import Call, current_key, outgoing, plan
from openft._core.made import Made
from openft._core.options import RequestOptions
from openft._core.outgoing import Trouble, Unreached, bare
from openft._core.reading import read
from openft._core.request import Request
from openft._core.retry import Attempt, AttemptFailed, Bucket, Policy
from openft._runtime import aio, aio_net
from openft.config import LOCAL, Settings
from openft.errors import APIError, ConfigError, OpenFTError

if TYPE_CHECKING:
    import httpx

    from openft._async.local import AsyncLocal

T = TypeVar("T")
log = logging.getLogger("openft")


class AsyncTransport:
    """What all resources of a client share: its settings, its connections, its retries."""

    def __init__(
        self, settings: Settings, *, http_client: httpx.AsyncClient | None = None, local: AsyncLocal | None = None
    ) -> None:
        self.settings = settings
        self._given = http_client
        self._local = local
        self._pool = aio_net.Pool(lambda: aio_net.network(settings.base_url or LOCAL, http_client))
        self._bucket = Bucket()
        self._knows_keys = local is not None
        self.made: Made = Made()
        self.foretold: set[str] = set()
        """Models of which the host has been asked whether they stop."""

    def with_settings(self, settings: Settings) -> AsyncTransport:
        """Return a transport with other settings on the same connections."""
        copy = AsyncTransport(settings, http_client=self._given, local=self._local)
        copy._pool, copy._bucket, copy._knows_keys = self._pool, self._bucket, self._knows_keys
        copy.made, copy.foretold = self.made, self.foretold
        return copy

    async def send(self, request: Request[T], options: RequestOptions) -> T:
        """Return the answer to a request, parsed.

        Raises:
            APIError: there was none, or not the one that was promised.
            ConfigError: the request cannot be made.
        """

        async def once(call: Call, attempt: Attempt) -> T:
            body = await self._answered(call, attempt)
            raw = Raw(body.status, body.headers, await body.whole(LARGEST))
            return read(raw, request, maybe_done=attempt.maybe_done)

        return await self._repeated(plan(request, options, self.settings), once)

    async def open(self, request: Request[Any], options: RequestOptions) -> AsyncBody:
        """Return an answer whose body is still to come; the caller closes it."""

        async def once(call: Call, attempt: Attempt) -> AsyncBody:
            body = await self._answered(call, attempt)
            if body.status < 300 and body.headers.get("content-encoding", "identity").lower() == "identity":
                return body
            raw = Raw(body.status, body.headers, await body.whole(LARGEST))
            if raw.status < 300:
                raise invalid(raw, "is compressed, which was not asked for")
            from openft._core.faults import status_error

            raise status_error(raw)

        plain = request._replace(headers={**request.headers, "accept-encoding": "identity"})
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
        await self._pool.aclose()
        if self._local is not None:
            await self._local.aclose()

    async def _repeated(self, call: Call, once: Callable[[Call, Attempt], Awaitable[T]]) -> T:
        policy = Policy(
            attempts=call.attempts, creates=call.creates, limit=call.limit, bucket=self._bucket,
            now=self.settings.clock.spent,
        )  # fmt: skip

        async def attempt() -> T:
            return await self._tried(call, policy.begin(self._knows_keys), once)

        try:
            answer = await self._attempts(attempt, policy)
        except AttemptFailed as failed:
            error = failed.failure.error
            error.attempts, error.elapsed = policy.attempt.number, policy.elapsed
            error.maybe_done = policy.attempt.maybe_done
            bare(failed, policy.attempt.secret)
            bare(error)
            raise error from failed.__cause__
        except OpenFTError as error:
            raise error.with_traceback(None)  # noqa: B904 - itself, without the frames, whose variables hold the key
        self._bucket.refill()
        return answer

    async def _attempts(self, attempt: Callable[[], Awaitable[T]], policy: Policy) -> T:
        """Return the answer of the first attempt, or of a later one."""
        try:
            return await attempt()
        except AttemptFailed as failed:
            first = failed
        from openft._async.again import again  # not above: later failures would have the first as their context

        return await again(first, policy, attempt, self.sleep)

    async def _tried(self, call: Call, attempt: Attempt, once: Callable[[Call, Attempt], Awaitable[T]]) -> T:
        try:
            with aio_net.deadline(attempt.left):
                return await once(call, attempt)
        except APIError as error:
            raise self._failure(call, attempt, error) from error.__cause__
        except (Trouble, TimeoutError) as problem:
            raise self._failure(call, attempt, problem) from problem

    async def _answered(self, call: Call, attempt: Attempt) -> AsyncBody:
        """Return the answer to one attempt, behind redirects, its body still to come."""
        redirects = 0
        while True:
            body = await self._sent(call, attempt)
            if body.status not in REDIRECTS:
                return body
            from openft._core.redirect import redirected

            raw = Raw(body.status, body.headers, await body.whole(LARGEST))
            call = redirected(call, raw, body.url, redirects)
            redirects += 1

    async def _sent(self, call: Call, attempt: Attempt) -> AsyncBody:
        """Return the answer to one request, its body still to come."""
        began = monotonic()
        where = await self._local.address() if self._local else self.settings
        attempt.secret = current_key(where.api_key)
        sent = outgoing(call, where.base_url, attempt)
        body = AsyncBody(await self._pool.get().send(sent), sent.url, attempt.secret)
        try:
            self._note(call, attempt, body, monotonic() - began)
            attempt.check()
        except BaseException:
            await body.aclose()
            raise
        return body

    def _note(self, call: Call, attempt: Attempt, body: AsyncBody, took: float) -> None:
        """Take in the head of an answer, and tell whoever wants to know."""
        self._knows_keys = attempt.heard(body.status, body.headers)
        log.info("%s answered %d in %.3f s", call, body.status, took)
        if self.settings.on_response is not None:
            from openft.types.info import ResponseInfo

            path = call.target.partition("?")[0]
            told = ResponseInfo(call.method, path, body.status, body.headers, attempt.number, took)
            try:
                self.settings.on_response(told)
            except Exception as problem:
                if not call.creates:
                    raise ConfigError(f"the on_response function failed: {problem!r}") from problem
                log.warning("the on_response function failed: %r", problem)  # what was made must not be lost for it

    def _failure(self, call: Call, attempt: Attempt, problem: Exception) -> AttemptFailed:
        """Return what ends an attempt that went wrong."""
        from openft._core.failures import failure

        if type(problem) is Unreached and self._local is not None:
            self._local.forget()
        return AttemptFailed(failure(problem, call, attempt, self.settings.base_url))
