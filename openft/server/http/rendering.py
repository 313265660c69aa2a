"""From wire objects to bytes, in a thread where they may be many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVarTuple

import anyio
from pydantic_core import to_json
from starlette.responses import Response

Arguments = TypeVarTuple("Arguments")


def render(content: object) -> bytes:
    """Return JSON on one line; a stored float that JSON has not is null, lest its answers fail for ever."""
    return to_json(content, inf_nan_mode="null")


class JsonAnswer(Response):
    """An answer in JSON."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return the body."""
        return render(content)


async def answer(make: Callable[[*Arguments], Any], *args: *Arguments) -> Response:
    """Return as JSON what a function returns, which runs in a thread."""
    return await anyio.to_thread.run_sync(lambda: JsonAnswer(make(*args)))
