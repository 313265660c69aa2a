"""Repeats a call whose first attempt has failed; loaded only where one has."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from tenacity import AsyncRetrying, RetryCallState

from openft._core.retry import AttemptFailed, Policy, in_short

T = TypeVar("T")
log = logging.getLogger("openft")


async def again(
    failed: AttemptFailed,
    policy: Policy,
    attempt: Callable[[], Awaitable[T]],
    sleep: Callable[[float], Awaitable[None]],
) -> T:
    """Return the answer of a later attempt.

    Raises:
        AttemptFailed: there was none, or there may be no later attempt.
    """
    turns = AsyncRetrying(
        retry=policy.retry, wait=policy.wait, stop=policy.stop, sleep=sleep, before_sleep=warn, reraise=True
    )
    async for turn in turns:
        with turn:
            if turn.retry_state.attempt_number == 1:
                raise failed
            return await attempt()
    raise AssertionError("tenacity ends with an answer or an error")


def warn(state: RetryCallState) -> None:
    """Log that there will be another attempt, and why."""
    failed: AttemptFailed = cast("Any", state.outcome).exception()
    log.warning("trying again in %.1f s: %s", state.upcoming_sleep, in_short(failed.failure.error))
