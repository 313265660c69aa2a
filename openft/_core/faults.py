"""What went wrong, as one of our errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from openft._core.answer import Raw, as_mapping, decoded
from openft.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)

CLASSES: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error(raw: Raw) -> APIStatusError:
    """Return the error that an answer with an error status stands for."""
    body = _body(raw)
    told = as_mapping(as_mapping(body).get("error"))
    cls = CLASSES.get(raw.status, InternalServerError if raw.status >= 500 else APIStatusError)
    return cls(
        _text(told.get("message")) or _summary(raw, body),
        status_code=raw.status,
        code=_text(told.get("code")),
        param=_text(told.get("param")),
        type=_text(told.get("type")),
        body=as_mapping(body).get("error") or body,
        request_id=raw.request_id,
        retry_after=retry_after(raw.headers),
    )


def event_error(payload: Mapping[str, Any]) -> APIError:
    """Return the error that a stream's ``{"error": …}`` event stands for."""
    told = as_mapping(payload["error"])
    return APIError(
        _text(told.get("message")) or _text(payload["error"]) or "the server reported an error within the stream",
        code=_text(told.get("code")),
        param=_text(told.get("param")),
        type=_text(told.get("type")),
        body=payload["error"],
    )


def strange_event(data: str) -> APIError:
    """Return the error for an event that is not what was streamed: the server's own, or a broken one."""
    import json

    try:
        payload = as_mapping(json.loads(data))
    except (ValueError, RecursionError):
        payload = as_mapping(None)
    if payload.get("error"):
        return event_error(payload)
    return APIResponseValidationError("the stream has an event that is not what the API promises", body=data[:500])


HALVES = "[\ud800-\udfff]"
DEEPEST = 50
"""Levels of an error's body that are kept: deeper ones cannot be shown, copied or pickled everywhere."""
SHORTEST_SECRET = 8
"""Characters below which a key is a word of everyday texts, and guards nothing."""


def without(error: APIError, secret: str) -> APIError:
    """Return the error with a secret that a server has echoed blotted out of all its texts, and no body too deep."""
    if len(secret) < SHORTEST_SECRET:
        secret = ""
    for name, value in list(vars(error).items()):
        vars(error)[name] = _blotted(value, secret)
    error.args = (error.message,)
    return error


def _blotted(value: Any, secret: str, levels: int = DEEPEST) -> Any:
    if isinstance(value, str):
        return value.replace(secret, "…") if secret else value
    if isinstance(value, list | dict) and not levels:
        return "…"
    if isinstance(value, list):
        return [_blotted(item, secret, levels - 1) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {_blotted(name, secret): _blotted(item, secret, levels - 1) for name, item in items}
    return value


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that the server asks to wait, None when it does not say or what it says makes no sense."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())


def _number(text: str | None) -> float | None:
    """Return the number of at least 0 that the text is; what only Python takes for one (``1_0``, ``²``) is none."""
    if not text or not text.isascii() or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value >= 0 else None


def _body(raw: Raw) -> object:
    import json

    try:
        text = decoded(raw).decode("utf-8-sig", "replace")
    except APIError:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text[:500]


def _summary(raw: Raw, body: object) -> str:
    fields = as_mapping(body)
    words = (_text(body) or _text(fields.get("error")) or _text(fields.get("message")) or "").strip()
    plain = "" if words.startswith("<") else " ".join(words.split())[:200]
    return f"the server answered {raw.status}" + (f": {plain}" if plain else "")


def _text(value: object) -> str | None:
    """Return the value if it is a text, one that can be printed: JSON may have halves of surrogate pairs."""
    return re.sub(HALVES, "\ufffd", value) if isinstance(value, str) else None
