"""Server-sent events."""

from __future__ import annotations

from pydantic_core import to_json

from openft.testing.http import Answer, Pieces

DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"


def frame(payload: object, id: int | None = None) -> bytes:
    """Return one event."""
    head = b"" if id is None else f"id: {id}\n".encode()
    return head + b"data: " + to_json(payload) + b"\n\n"


def stream(pieces: Pieces) -> Answer:
    """Return the answer that is sent piece by piece."""
    return Answer(200, pieces, "text/event-stream", {"cache-control": "no-cache"})
