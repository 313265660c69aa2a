"""What tests ask models, and what the scripted child was asked."""

from __future__ import annotations

import json
from typing import Any

import httpx

from server.running import Running


def complete(server: Running, **fields: Any) -> httpx.Response:
    return server.http.post("/completions", json={"model": "ada", **fields})


def asked(server: Running) -> list[dict[str, Any]]:
    """Return what the child was asked."""
    return [json.loads(line) for line in (server.settings.data_dir / "inference.log").read_text().splitlines()]


def prompt(**instructions: Any) -> str:
    return json.dumps(instructions)


def slow(server: Running, seconds: str, *marks: str) -> None:
    folder = server.settings.data_dir / "bases" / "ada"
    folder.mkdir()
    (folder / "slow").write_text(seconds)
    for mark in marks:
        (folder / mark).touch()
