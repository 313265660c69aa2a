"""A request and the client's settings, made into what goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isnan
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from openft._core.multipart import Form
from openft._core.options import RequestOptions
from openft._core.request import Request
from openft._version import __version__
from openft.config import Settings, checked_key
from openft.errors import ConfigError

USER_AGENT = f"openft/{__version__}"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to be sent as often as it takes."""

    method: str
    target: str
    """Path and query, to be put behind the base URL."""
    headers: Mapping[str, str]
    """All but Authorization, which is added at the last moment."""
    content: bytes | None
    form: Form | None
    limit: float
    """Seconds for the whole call, inf for none."""
    idle: float
    """Seconds of silence after which one attempt is given up."""
    attempts: int
    creates: bool

    def __str__(self) -> str:
        return f"{self.method} {self.target.partition('?')[0]}"


def plan(request: Request[Any], options: RequestOptions, settings: Settings) -> Call:
    """Return the call for a request under these settings.

    Raises:
        ConfigError: an option makes no sense.
    """
    content = _content(request, options)
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "user-agent": USER_AGENT,
        **_named("openai-organization", settings.organization),
        **_named("openai-project", settings.project),
        **_typed(request, content),
        **{name.lower(): value for name, value in request.headers.items()},
        **{name.lower(): value for name, value in settings.default_headers.items()},
        **{name.lower(): value for name, value in options.get("extra_headers", {}).items()},
    }
    if request.creates:
        headers["idempotency-key"] = _header("idempotency_key", options.get("idempotency_key") or uuid4().hex)
    query = {**request.query, **settings.default_query, **options.get("extra_query", {})}
    sent = urlencode({name: value for name, value in query.items() if value is not None})
    limit = _limit(request, options, settings)
    repeatable = request.form is None or request.form.upload.repeatable
    return Call(
        method=request.method,
        target=request.path + (f"?{sent}" if sent else ""),
        headers=headers,
        content=content,
        form=request.form,
        limit=inf if request.form is not None and options.get("timeout") is None else limit,
        idle=limit,
        attempts=1 + options.get("max_retries", settings.max_retries) if repeatable else 1,
        creates=request.creates,
    )


def authorization(key: str | Callable[[], str]) -> str:
    """Return the Authorization header's value; a callable key is asked anew for every attempt."""
    return f"Bearer {checked_key(key() if callable(key) else key)}"


def _content(request: Request[Any], options: RequestOptions) -> bytes | None:
    extra = options.get("extra_body", {})
    if request.json is None:
        return json.dumps(dict(extra)).encode() if extra else None
    fields = {name: value for name, value in request.json.items() if value is not None} | dict(extra)
    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise ConfigError(f"the request cannot be written as JSON: {problem}") from problem


def _typed(request: Request[Any], content: bytes | None) -> dict[str, str]:
    if request.form is not None:
        size = request.form.size()
        return {"content-type": request.form.content_type} | ({} if size is None else {"content-length": str(size)})
    return {"content-type": "application/json"} if content is not None else {}


def _named(name: str, value: str | None) -> dict[str, str]:
    return {name: _header(name, value)} if value else {}


def _header(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ConfigError(f"{name} cannot be sent: it must be printable ASCII without line breaks")
    return value


def _limit(request: Request[Any], options: RequestOptions, settings: Settings) -> float:
    given = options.get("timeout")
    limit = request.timeout if given is None and settings.timeout is None else given or settings.timeout or 0.0
    if isnan(limit) or limit <= 0:
        raise ConfigError(f"timeout must be a positive number of seconds, not {limit}; math.inf means no limit")
    return limit
