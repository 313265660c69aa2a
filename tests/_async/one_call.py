"""Calls of today's job API, one at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from _async.support import client_of
from loopback import Loopback, Received, reply
from openft import AsyncClient

GRADER: dict[str, Any] = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}", "operation": "eq"}


def page(*rows: dict[str, Any], has_more: bool = False, **fields: object) -> dict[str, Any]:
    """Return a page of a list as hosts send it."""
    return {"object": "list", "data": list(rows), "has_more": has_more, **fields}


async def answered(answer: object, call: Callable[[AsyncClient], Awaitable[Any]]) -> tuple[Received, Any]:
    """Return the one request of a call, and what the call returns."""
    with Loopback([[reply(200, answer)]]) as server:
        async with client_of(server) as client:
            value = await call(client)
    assert len(server.requests) == 1
    return server.requests[0], value
