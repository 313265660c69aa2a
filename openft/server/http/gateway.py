"""From a raw request to a handler, and from whatever happens there to an answer.

Starlette's router is not used: it matches decoded paths, so that `%2F` inside an id splits it, redirects on trailing
slashes and answers 404 and 405 in plain text. Old clients probe `/files/{a local path}` and give up on all three.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from openft._version import __version__
from openft.server.auth import Keys, Principal
from openft.server.http.refusal import Refusal
from openft.server.naming import new_request_id

logger: logging.Logger = logging.getLogger("openft.server")

ANY = "*"


@dataclass(frozen=True)
class Call:
    """A request that found its handler."""

    request: Request
    parts: tuple[str, ...]
    """The decoded segments that the pattern leaves open."""
    who: Principal


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True)
class Route:
    """A method and a path; `*` stands for one segment, whatever is in it."""

    method: str
    pattern: tuple[str, ...]
    handler: Handler

    def match(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """Return the segments that the pattern leaves open, None if it is another path."""
        if len(segments) != len(self.pattern):
            return None
        pairs = list(zip(self.pattern, segments, strict=True))
        if any(wanted not in (ANY, given) for wanted, given in pairs):
            return None
        return tuple(given for wanted, given in pairs if wanted == ANY)


class Gateway:
    """Answers HTTP requests; every error has the same four keys."""

    def __init__(self, keys: Keys, organization: str, instance: str, routes: Sequence[Route]) -> None:
        self._keys = keys
        self._instance = instance
        self._organization = organization
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        sender = _Sender(send, self._organization)
        try:
            await self._respond(request, sender)
        except ClientDisconnect:
            logger.info("request %s: the client left", sender.request_id)

    async def _respond(self, request: Request, sender: _Sender) -> None:
        try:
            response = await self._handle(request)
            await response(request.scope, request.receive, sender)
        except Refusal as refusal:
            await refusal.response(request.scope, request.receive, sender)
        except ClientDisconnect:
            raise
        except Exception as error:
            if sender.started:
                raise
            logger.exception("request %s failed", sender.request_id)
            await _apology(error, sender.request_id).response(request.scope, request.receive, sender)

    async def _handle(self, request: Request) -> Response:
        segments = _segments(request.scope)
        if segments in (["healthz"], ["v1", "healthz"]):
            return JSONResponse({"status": "ok", "instance": self._instance})
        who = self._keys.who(request.headers.get("authorization"))
        found = [(route, parts) for route in self._routes if (parts := route.match(segments)) is not None]
        for route, parts in found:
            if route.method == request.method:
                return await route.handler(Call(request, parts, who))
        path = "/" + "/".join(segments)
        if found:
            allowed = ", ".join(route.method for route, _ in found)
            message = f"{request.method} is not possible on {path}; use {allowed}"
            raise Refusal(405, message, code="method_not_allowed", headers={"allow": allowed})
        if segments[:2] == ["v1", "fine_tuning"]:
            here = "this server speaks the job API of 2023, /v1/fine-tunes: use client.fine_tunes"
        else:
            here = "this server has /v1/files, /v1/fine-tunes, /v1/models and /v1/completions"
        raise Refusal(404, f"unknown path: {request.method} {path}; {here}", code="unknown_path")


class _Sender:
    """Adds the headers that every answer has."""

    def __init__(self, send: Send, organization: str) -> None:
        self._send = send
        self._organization = organization
        self._began = time.perf_counter()
        self.request_id = new_request_id()
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["openft-version"] = __version__
            headers["x-request-id"] = self.request_id
            headers["openai-processing-ms"] = str(round((time.perf_counter() - self._began) * 1000))
            headers["openai-organization"] = quote(self._organization)
        await self._send(message)


def _segments(scope: Scope) -> list[str]:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return [unquote(segment.decode("latin-1")) for segment in raw.partition(b"?")[0].split(b"/")[1:]]


def _apology(error: Exception, request_id: str) -> Refusal:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal(507, "the server's disk is full; free some space and try again", code="disk_full")
    return Refusal(500, f"the server failed; its log tells more under request {request_id}", code="internal_error")
