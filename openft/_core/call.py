"""A request and the client's settings, made into what goes over the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from openft._core import checked
from openft._core.options import KEY_HEADER, RequestOptions, key_of, refuse_unknown
from openft._core.outgoing import Outgoing, bare
from openft._core.request import Request
from openft._core.retry import Attempt
from openft._version import __version__
from openft.config import Settings, checked_key, hidden
from openft.errors import ConfigError

if TYPE_CHECKING:
    from openft._core.multipart import Form

USER_AGENT = f"openft/{__version__}"
CONNECT = 10.0
"""Seconds for a connection to come up."""


class Call(NamedTuple):
    """One call, ready to be sent as often as it takes."""

    method: str
    target: str
    """Path and query, to be put behind the base URL."""
    headers: Mapping[str, str]
    """Names in lower case; all but Authorization, which is added at the last moment."""
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

    def __repr__(self) -> str:
        return f"<Call {self}>"


def plan(request: Request[Any], options: RequestOptions, settings: Settings) -> Call:
    """Return the call for a request under these settings.

    Raises:
        ConfigError: an option makes no sense.
    """
    refuse_unknown(options, request.json or {}, into="extra_query" if request.method == "GET" else "extra_body")
    form = _form(request, options)
    content = _content(request, options) if form is None else None
    given = (options.get("timeout"), settings.timeout, request.timeout)
    limit = checked.seconds(next(value for value in given if value is not None))
    more = options.get("max_retries")
    retries = checked.retries(settings.max_retries if more is None else more)
    return Call(
        method=request.method,
        target=request.path + _query(request, options, settings),
        headers=_headers(request, options, settings) | _framed(request.method, form, content),
        content=content,
        form=form,
        limit=inf if form is not None and options.get("timeout") is None else limit,
        idle=limit,
        attempts=1 + retries if form is None or form.upload.repeatable else 1,
        creates=request.creates,
    )


def outgoing(call: Call, base_url: str, attempt: Attempt) -> Outgoing:
    """Return what one attempt of a call sends."""
    return Outgoing(
        method=call.method,
        base_url=base_url,
        target=call.target,
        headers={**call.headers, "authorization": f"Bearer {attempt.secret}"},
        content=call.content,
        form=call.form,
        # a little less than the deadline, to tell a server that was never reached from one that is silent
        connect=max(0.001, min(CONNECT, call.idle, attempt.left * 0.9)),
        idle=None if call.idle == inf else call.idle,
    )


def current_key(key: str | Callable[[], str]) -> str:
    """Return the API key to send; a callable one is asked anew for every attempt.

    Raises:
        ConfigError: the function fails or returns what cannot be sent.
    """
    try:
        now = hidden(key()) if callable(key) else key
    except Exception as problem:  # noqa: BLE001 - whatever the caller's function may raise
        raise ConfigError(f"the api_key function failed ({type(problem).__name__})") from bare(problem)
    return checked_key(now)


def _headers(request: Request[Any], options: RequestOptions, settings: Settings) -> dict[str, str]:
    """Return the headers: the caller's win over the request's, and those over the client's."""
    given = {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "user-agent": USER_AGENT,
        "openai-organization": settings.organization or "",
        "openai-project": settings.project or "",
    }
    given |= checked.headers(settings.default_headers)
    given |= request.headers
    given |= checked.headers(options.get("extra_headers"))
    if request.creates:
        given[KEY_HEADER] = key_of(options) or given.get(KEY_HEADER) or uuid4().hex
    return {name: checked.sendable(name, value) for name, value in given.items() if value}


def _query(request: Request[Any], options: RequestOptions, settings: Settings) -> str:
    default = checked.mapping("default_query", settings.default_query)
    extra = checked.mapping("extra_query", options.get("extra_query"))
    return checked.query({**default, **request.query, **extra})


def _form(request: Request[Any], options: RequestOptions) -> Form | None:
    extra = checked.mapping("extra_body", options.get("extra_body"))
    if request.form is None or not extra:
        return request.form
    return replace(request.form, fields={**request.form.fields, **{name: str(value) for name, value in extra.items()}})


def _content(request: Request[Any], options: RequestOptions) -> bytes | None:
    fields = {name: value for name, value in (request.json or {}).items() if value is not None}
    fields |= checked.mapping("extra_body", options.get("extra_body"))
    if request.json is None and not fields:
        return None
    import json

    from openft._core.plain import plain

    try:
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain).encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise ConfigError(f"the request cannot be written as JSON: {problem}") from problem


def _framed(method: str, form: Form | None, content: bytes | None) -> dict[str, str]:
    """Return the headers that say what the body is and where it ends."""
    if form is not None:
        size = form.size()
        length = {"transfer-encoding": "chunked"} if size is None else {"content-length": str(size)}
        return {"content-type": form.content_type} | length
    if content is not None:
        return {"content-type": "application/json", "content-length": str(len(content))}
    return {"content-length": "0"} if method == "POST" else {}
