"""What the client's tests share."""

from __future__ import annotations

from typing import Any

from loopback import KEY, Loopback
from openft import AsyncClient

FILE: dict[str, Any] = {
    "id": "file-1",
    "object": "file",
    "bytes": 5,
    "created_at": 1,
    "filename": "train.jsonl",
    "purpose": "fine-tune",
    "status": "processed",
    "status_details": None,
}
MODEL: dict[str, Any] = {"id": "ada", "object": "model", "created": 1, "owned_by": "openft"}
JOB: dict[str, Any] = {
    "id": "ft-1",
    "object": "fine-tune",
    "status": "running",
    "model": "ada",
    "fine_tuned_model": None,
}
DONE_JOB: dict[str, Any] = {**JOB, "status": "succeeded", "fine_tuned_model": "ada:ft-me"}
OURS = {"openft_version": "1"}
"""The header by which our server is known."""
ROW = b'{"prompt": "a ->", "completion": " b"}\n'


def client_of(server: Loopback, **options: Any) -> AsyncClient:
    """Return a client of the loopback server."""
    return AsyncClient(**{"base_url": server.url, "api_key": KEY, "timeout": 10, **options})


def job(status: str, **fields: object) -> dict[str, Any]:
    """Return a fine-tune as the server sends it."""
    return {**JOB, "status": status, **fields}


def told(message: str, **fields: object) -> dict[str, Any]:
    """Return an event of a fine-tune as the server sends it."""
    return {"object": "fine-tune-event", "created_at": 1, "level": "info", "message": message, **fields}
