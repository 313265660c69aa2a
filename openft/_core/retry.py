"""Which failures are worth another attempt, and when."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from openft.errors import APIConnectionError, APIError, APIResponseValidationError, APITimeoutError

if TYPE_CHECKING:
    from tenacity import RetryCallState

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
LONGEST_PAUSE = 120.0


class Failure(NamedTuple):
    """One failed attempt."""

    error: APIError
    doubt: bool
    """Whether the server may have done the work all the same."""
    hint: bool | None = None
    """The server's own ``x-should-retry``."""

    @property
    def waits_for_model(self) -> bool:
        """Whether the model is still loading: tried again until the deadline, however often."""
        return self.error.code == "model_not_ready"


def refused(error: APIError, headers: Mapping[str, str]) -> Failure:
    """Return the failure that a complete answer is, by its status and its headers."""
    status = error.status_code or 0
    declined = 400 <= status < 500 and status != 408
    paused = status == 503 and error.retry_after is not None
    hint = {"true": True, "false": False}.get(headers.get("x-should-retry", "").lower())
    return Failure(error, doubt=not (declined or paused), hint=hint)


def worth_repeating(failure: Failure, *, creates: bool, knows_keys: bool) -> bool:
    """Return whether the same request may and should be sent again.

    Args:
        failure: how the last attempt ended.
        creates: doing it twice would make two things.
        knows_keys: the server keeps idempotency keys, so that it would not.
    """
    if creates and failure.doubt and not knows_keys:
        return False
    if failure.hint is not None:
        return failure.hint
    error = failure.error
    if error.code == "insufficient_quota":
        return False
    if isinstance(error, APIResponseValidationError):
        return not creates and from_gateway(error)
    if isinstance(error, APIConnectionError):
        return True
    return error.status_code in TRANSIENT or (error.status_code == 409 and (creates or "lock" in (error.code or "")))


def from_gateway(error: APIResponseValidationError) -> bool:
    """Return whether the answer is no JSON at all, as the page of a gateway whose server is away."""
    return isinstance(error.body, str) and not error.body.lstrip().startswith(("{", "["))


def pause(failure: Failure, attempt: int) -> float:
    """Return the seconds to wait after attempt number ``attempt`` (from 1), inf when the server asks for too much."""
    asked = failure.error.retry_after
    if asked is not None:
        return asked if asked <= LONGEST_PAUSE else inf
    return random.uniform(0, min(8.0, 0.5 * 2.0 ** min(attempt - 1, 10)))  # noqa: S311 - jitter, not cryptography


def in_short(error: APIError) -> str:
    """Return what a log says of an error; what the server said in its body stays out of it."""
    return error.message if error.status_code is None else f"the server answered {error.status_code}"


class Bucket:
    """Bounds the retries of one client, so that a failing server is not flooded: a failure costs, a success refills.

    Threads share it without a lock, which a fork could leave locked for ever; a token lost between two is no harm.
    """

    def __init__(self, tokens: float = 500.0) -> None:
        self.tokens = tokens
        self.capacity = 500.0

    def take(self, failure: Failure) -> bool:
        """Pay for a retry; return False when there is not enough left."""
        price = 10.0 if isinstance(failure.error, APITimeoutError) else 5.0
        if self.tokens < price:
            return False
        self.tokens -= price
        return True

    def refill(self) -> None:
        """Add what a success earns."""
        self.tokens = min(self.capacity, self.tokens + 1.0)


class AttemptFailed(Exception):  # noqa: N818 - carries a failure through tenacity, never leaves the client
    """One attempt has failed; whether there is another is the policy's business."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.error))
        self.failure = failure


class Attempt:
    """One attempt of a call: what was known before it, and what it has shown."""

    def __init__(
        self, number: int, until: float, *, knows_keys: bool, maybe_done: bool, now: Callable[[], float] = monotonic
    ) -> None:
        self.number = number
        """Counted from 1."""
        self.until = until
        """The deadline, by ``now``."""
        self.knows_keys = knows_keys
        """Whether the server keeps idempotency keys."""
        self.maybe_done = maybe_done
        """Whether an attempt before this one may have done the work."""
        self.secret = ""
        """The key that it was sent with."""
        self.headers: Mapping[str, str] = {}
        """Those of the last answer, names in lower case."""
        self.now = now

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.until - self.now()

    def check(self) -> None:
        """Raise TimeoutError behind the deadline, where its clock is not the world's and so cuts nothing off."""
        if self.now is not monotonic and self.left <= 0:
            raise TimeoutError

    def heard(self, status: int, headers: Mapping[str, str]) -> bool:
        """Note the head of an answer; return whether its server is now known to keep idempotency keys.

        openft's server marks all its answers. One without the mark tells otherwise only when it is a success: an error
        may come from a gateway before it.
        """
        self.headers = headers
        if "openft-version" in headers or status < 300:
            self.knows_keys = "openft-version" in headers
        return self.knows_keys


class Policy:
    """The attempts of one call: whether there is another, as tenacity asks it."""

    def __init__(
        self, *, attempts: int, creates: bool, limit: float, bucket: Bucket, now: Callable[[], float] = monotonic
    ) -> None:
        self._attempts = attempts
        self._creates = creates
        self._bucket = bucket
        self._start = now()
        self.attempt = Attempt(0, self._start + limit, knows_keys=False, maybe_done=False, now=now)
        """The one at work."""

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return self.attempt.now() - self._start

    def begin(self, knows_keys: bool) -> Attempt:
        """Return the next attempt, on a server that is so far known to keep idempotency keys or not."""
        last = self.attempt
        self.attempt = Attempt(
            last.number + 1, last.until, knows_keys=knows_keys, maybe_done=last.maybe_done, now=last.now
        )
        return self.attempt

    def retry(self, state: RetryCallState) -> bool:
        """Return whether the failure is worth another attempt."""
        problem = state.outcome.exception() if state.outcome else None
        if not isinstance(problem, AttemptFailed):
            return False
        failure, attempt = problem.failure, self.attempt
        attempt.maybe_done = attempt.maybe_done or failure.doubt
        if not worth_repeating(failure, creates=self._creates, knows_keys=attempt.knows_keys):
            return False
        return failure.waits_for_model or (attempt.number < self._attempts and self._bucket.take(failure))

    def wait(self, state: RetryCallState) -> float:
        """Return the seconds to wait before it."""
        problem = state.outcome.exception() if state.outcome else None
        return pause(problem.failure, self.attempt.number) if isinstance(problem, AttemptFailed) else 0.0

    def stop(self, state: RetryCallState) -> bool:
        """Return whether the wait would outlast the deadline."""
        return state.upcoming_sleep >= self.attempt.left
