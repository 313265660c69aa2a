"""Waiting until a model answers: hosts name a model before they have loaded it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openft._core.interrupts import Curtly
from openft._core.options import RequestOptions
from openft._core.patience import Patience
from openft._core.polling import SHORTEST, deadline
from openft._core.request import Request, path
from openft._core.retry import LONGEST_PAUSE
from openft.errors import APIError, APIStatusError, ConfigError, NotFoundError, WaitTimeout
from openft.types import Model

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

LIMIT = 60.0
"""Seconds that one question may take, whatever timeout the client has."""
LOOK = 5.0
"""Seconds that the last one may take, even past the end."""
REFUSED = frozenset({400, 403, 404, 405, 422, 501})
"""Statuses by which a host says that this kind of question is not for this model."""
QUESTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("completions",), {"prompt": "hi"}),
    (("chat", "completions"), {"messages": [{"role": "user", "content": "hi"}]}),
)
"""For one token each."""


async def ready(transport: AsyncTransport, model: str | None, *, timeout: float | None, poll: float) -> Model:
    """Return the model once it exists and answers, or refuses all kinds of questions.

    Raises:
        ConfigError: it is None, as a job's that has not succeeded yet.
        WaitTimeout: it does not after ``timeout`` seconds.
        APIError: asking again would not help, or has not for ten minutes.
    """
    if model is None:
        raise ConfigError("the job has no model yet; wait for it first")
    now = transport.settings.clock.now
    until = deadline(now(), timeout, poll)
    patience = Patience(now, f"model {model}")
    look = Request("GET", path("models", model), Model)
    found: Model | None = None
    longest = min(transport.settings.timeout or LIMIT, LIMIT)
    with Curtly():
        while True:
            began = now()
            options = patience.asking({"timeout": min(longest, max(until - began, LOOK))})
            try:
                if found is None:
                    found = await transport.send(look, options)
                    patience.found()
                await _asked(transport, model, options)
            except APIError as error:
                pause = max(poll, _pause(error, patience), SHORTEST)
                if began >= until:
                    raise WaitTimeout(
                        f"model {model} {_state(error, found)} after {timeout:g} s ({error}); wait longer",
                        ids=[model],
                    ) from error
            else:
                return found
            await transport.sleep(max(0.0, min(pause, until - now())))


async def _asked(transport: AsyncTransport, model: str, options: RequestOptions) -> None:
    """Return when the model has answered a question, or has refused each.

    Raises:
        APIError: it has not answered, or nobody knows it yet.
    """
    unknown: APIStatusError | None = None
    for where, question in QUESTIONS:
        body = {"model": model, **question, "max_tokens": 1}
        try:
            await transport.send(Request("POST", path(*where), object, json=body), options)
        except APIStatusError as error:
            if error.status_code not in REFUSED or error.code == "model_not_ready":
                raise
            unknown = error if error.code == "model_not_found" else unknown
        else:
            return
    if unknown is not None:
        raise unknown


def _pause(error: APIError, patience: Patience) -> float:
    """Return the seconds after which to ask again.

    Raises:
        APIError: that would not help, or has not for ten minutes.
    """
    if error.code == "insufficient_quota":
        raise error
    if isinstance(error, NotFoundError) or error.code in {"model_not_ready", "model_not_found"}:
        patience.found()
        return min(error.retry_after or 0.0, LONGEST_PAUSE)
    return patience.lost(error)


def _state(error: APIError, found: Model | None) -> str:
    """Return in words how far the model is."""
    if found is not None:
        return "does not answer yet"
    return "is not there" if isinstance(error, NotFoundError) else "cannot be asked for"
