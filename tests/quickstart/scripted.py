"""The API as bytes over a fake transport: one file, one fine-tune, one model that answers by a rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

import openft

JOB = "ft-" + "a" * 24
MODEL = "ada:ft-personal:quickstart-2026-01-02-03-04-05"
UPLOADED = "file-" + "u" * 24
RESULTS = "file-" + "r" * 24
EVENTS: list[dict[str, Any]] = [
    {"message": f"Created fine-tune: {JOB}"},
    {"message": "Step 5/40: training loss=0.5", "data": {"step": 5, "total_steps": 40}},
    {"message": "Completed epoch 1/4", "data": {"epoch": 1, "n_epochs": 4, "step": 10, "training_loss": 0.25}},
    {"message": "Fine-tune succeeded"},
]
CSV = "step,training_loss\n1,2.5\n2,\n3,0.125\n"


def streamed(content: str | dict[str, Any], kind: str = "application/json") -> httpx.Response:
    """Return an answer whose body has not been read yet, as one from a network."""
    text = content if isinstance(content, str) else json.dumps(content)
    return httpx.Response(200, stream=httpx.ByteStream(text.encode()), headers={"content-type": kind})


def refused(code: str) -> httpx.Response:
    """Return an answer that says no."""
    error = {"message": "no", "type": "invalid_request_error", "param": "prompt", "code": code}
    return httpx.Response(400, stream=httpx.ByteStream(json.dumps({"error": error}).encode()))


@dataclass
class ScriptedApi:
    """Answers requests; what it was sent can be looked at."""

    answer: Callable[[str], str]
    """Makes a completion from a prompt."""
    status: str = "succeeded"
    results: str = CSV
    context: int = 10_000
    """Characters of the longest prompt that the model takes."""
    refusal: str = "context_length_exceeded"
    """What it says of longer ones."""
    deletes: bool = True
    """Whether it says that it deleted what it was told to."""
    training: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    completions: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    deleted: list[str] = field(default_factory=list[str])

    def client(self) -> openft.Client:
        """Return a client of this API."""
        return openft.Client(
            base_url="http://127.0.0.1:9/v1",
            api_key="sk-test",
            http_client=httpx.Client(transport=httpx.MockTransport(self._handle)),
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        place = (request.method, request.url.path.removeprefix("/v1/"))
        if place == ("POST", "files"):
            return self._take_file(request)
        if place == ("POST", "completions"):
            return self._complete(json.loads(request.content))
        if request.method == "DELETE":
            self.deleted.append(place[1])
            return streamed({"id": place[1], "object": "model", "deleted": self.deletes})
        if place == ("GET", f"fine-tunes/{JOB}/events"):
            return self._events(stream=request.url.params.get("stream") == "true")
        if place == ("GET", f"files/{RESULTS}/content"):
            return streamed(self.results, "text/csv")
        assert place in {("POST", "fine-tunes"), ("GET", f"fine-tunes/{JOB}")}, place
        return streamed(self._job())

    def _events(self, *, stream: bool) -> httpx.Response:
        events = [{"created_at": 1, "level": "info", **event} for event in EVENTS]
        if not stream:
            return streamed({"object": "list", "data": events})
        lines = [f"data: {json.dumps(event)}\n\n" for event in events]
        return streamed("".join([*lines, "data: [DONE]\n\n"]), "text/event-stream")

    def _take_file(self, request: httpx.Request) -> httpx.Response:
        lines = [line for line in request.read().split(b"\n") if line.startswith(b'{"prompt"')]
        self.training = [json.loads(line) for line in lines]
        return streamed({"id": UPLOADED, "object": "file", "bytes": 1234, "purpose": "fine-tune"})

    def _complete(self, body: dict[str, Any]) -> httpx.Response:
        self.completions.append(body)
        if any(len(prompt) > self.context for prompt in body["prompt"]):
            return refused(self.refusal)
        texts = [f" {self.answer(prompt)}" for prompt in body["prompt"]]
        choices = [{"index": index, "text": text, "finish_reason": "stop"} for index, text in enumerate(texts)]
        return streamed({"id": "cmpl-1", "choices": choices[::-1]})

    def _job(self) -> dict[str, Any]:
        done = self.status == "succeeded"
        return {
            "id": JOB,
            "status": self.status,
            "fine_tuned_model": MODEL if done else None,
            "result_files": [{"id": RESULTS}] if done else [],
            "events": [{"level": "error", "message": "Error: out of luck"}] if self.status == "failed" else [],
        }
