"""A host that answers as a test says, over real sockets, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from loopback import KEY, Answer, Loopback, Received, refusal, reply
from openft import Client

Says: TypeAlias = Callable[[str], "str | bytes | Answer"]
"""From a prompt, or the last message, to what is answered: a text, the bytes of a whole answer, or several steps."""


def completion(text: str | None, **more: object) -> bytes:
    """Return an answer of ``/completions``."""
    choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    return reply(200, {"id": "cmpl-1", "model": "m-0613", "choices": [{**choice, **more}], "usage": usage})


def message(content: str | None, **more: object) -> bytes:
    """Return an answer of ``/chat/completions``."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **more}, "finish_reason": "stop"}
    return reply(200, {"id": "chatcmpl-1", "model": "m-0613", "choices": [choice]})


class Host:
    """Counts what it is asked."""

    def __init__(self, says: Says) -> None:
        self.asked: list[dict[str, Any]] = []
        """The bodies, in the order in which they came."""
        self.paths: list[str] = []
        self._says = says
        self._turn = threading.Lock()

    def __call__(self, asked: Received) -> Answer:
        body = asked.json()
        prompt = body["prompt"] if "prompt" in body else body["messages"][-1]["content"]
        with self._turn:
            self.asked.append(body)
            self.paths.append(asked.path)
        said = self._says(prompt)
        if isinstance(said, bytes):
            return [said]
        if not isinstance(said, str):
            return said
        return [completion(said) if "prompt" in body else message(said)]


@contextmanager
def hosted(says: Says) -> Generator[tuple[Client, Host]]:
    """Give a client and its host."""
    host = Host(says)
    with Loopback(host, whole=True) as server, Client(base_url=server.url, api_key=KEY) as client:
        yield client, host


def written(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the output."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def no(status: int, words: str, **more: str) -> bytes:
    """Return a refusal that is not repeated."""
    return refusal(status, words, x_should_retry="false", **more)
