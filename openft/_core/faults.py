"""What went wrong, as one of our errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from openft._core.answer import Raw, as_mapping, decoded
from openft.errors import (
    APIError,
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


def status_error(raw: Raw, secret: str | None = None) -> APIStatusError:
    """Return the error that an answer with an error status stands for; ``secret`` is blotted out of all its texts."""
    body = _body(raw, secret)
    told = as_mapping(as_mapping(body).get("error"))
    cls = CLASSES.get(raw.status, InternalServerError if raw.status >= 500 else APIStatusError)
    return cls(
        _text(told.get("message")) or _summary(raw, body),
        status_code=raw.status,
        code=_text(told.get("code")),
        param=_text(told.get("param")),
        type=_text(told.get("type")),
        body=body,
        request_id=raw.request_id,
        retry_after=retry_after(raw.headers),
    )


def event_error(payload: Mapping[str, Any]) -> APIError:
    """Return the error that a stream's ``{"error": …}`` event stands for."""
    told = as_mapping(payload["error"])
    return APIError(
        _text(told.get("message")) or "the server reported an error within the stream",
        code=_text(told.get("code")),
        param=_text(told.get("param")),
        type=_text(told.get("type")),
        body=dict(payload),
    )


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
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e9 else None


def _body(raw: Raw, secret: str | None) -> object:
    try:
        text = decoded(raw).decode("utf-8", "replace")
    except APIError:
        return None
    if secret:
        text = text.replace(secret, "…")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text[:500]


def _summary(raw: Raw, body: object) -> str:
    words = body.strip() if isinstance(body, str) else ""
    plain = "" if words.startswith("<") else " ".join(words.split())[:200]
    return f"the server answered {raw.status}" + (f": {plain}" if plain else "")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
