"""The keywords of the answers' calls are those of today's official client, in its order."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest

from openft._core.chat_options import ChatOptions
from openft._core.completion_options import CompletionOptions
from openft._core.options import RequestOptions

PYTHON = Path(__file__).resolve().parents[2] / ".venv-base" / "bin" / "python"
CODE = """
import inspect, json, openai
client = openai.OpenAI(api_key="sk-x")
calls = {"completions": client.completions.create, "chat": client.chat.completions.create}
print(json.dumps({name: [*inspect.signature(call).parameters] for name, call in calls.items()}))
"""
EVERYWHERE = {"extra_headers", "extra_query", "extra_body", "timeout"}


@cache
def official() -> dict[str, list[str]]:
    """Return the keywords of each call."""
    done = subprocess.run([str(PYTHON), "-c", CODE], capture_output=True, text=True, check=True, timeout=60)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("call", "own", "ours"),
    [
        ("completions", ["model", "prompt"], CompletionOptions),
        ("chat", ["messages", "model"], ChatOptions),
    ],
)
def test_a_call_has_the_official_keywords(call: str, own: list[str], ours: type) -> None:
    given = [name for name in ours.__annotations__ if name not in RequestOptions.__annotations__]
    keywords = [name for name in official()[call] if name not in EVERYWHERE]
    assert keywords[: len(own)] == own
    assert [name for name in keywords[len(own) :] if name != "stream"] == given
    assert official()[call][-len(EVERYWHERE) :] == ["extra_headers", "extra_query", "extra_body", "timeout"]
