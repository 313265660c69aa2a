"""A host with an account to be archived, over real sockets; what it answers is a test's to change."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from loopback import KEY, Answer, Loopback, Received, refusal, reply
from openft import Client

OLD = 1_780_000_000
"""A time long past."""


def job(id: str = "ftjob-1", **fields: Any) -> dict[str, Any]:
    """Return a job that has succeeded."""
    told = {
        "id": id, "object": "fine_tuning.job", "created_at": OLD, "finished_at": OLD + 60, "model": "m-1",
        "fine_tuned_model": f"ft:m-1:org::{id[-1:]}", "organization_id": "org-1", "status": "succeeded",
        "training_file": "file-1", "result_files": ["file-2"],
    }  # fmt: skip
    return {**told, **fields}


def fine_tune(id: str = "ft-1", **fields: Any) -> dict[str, Any]:
    """Return a job of the 2023 API that has succeeded."""
    told = {
        "id": id, "object": "fine-tune", "created_at": OLD, "updated_at": OLD + 60, "model": "ada",
        "fine_tuned_model": "ada:ft-org-2023-01-01-00-00-00", "status": "succeeded", "organization_id": "org-1",
        "hyperparams": {"n_epochs": 4}, "training_files": [file("file-1")], "result_files": [file("file-2")],
    }  # fmt: skip
    return {**told, **fields}


def file(id: str = "file-1", **fields: Any) -> dict[str, Any]:
    """Return a file."""
    told = {"id": id, "object": "file", "bytes": 6, "created_at": OLD, "filename": "train.jsonl"}
    return {**told, "purpose": "fine-tune", "status": "processed", **fields}


def event(number: int, **fields: Any) -> dict[str, Any]:
    """Return an event of today's API."""
    told = {"id": f"ftevent-{number}", "object": "fine_tuning.job.event", "created_at": OLD + number}
    return {**told, "level": "info", "message": f"Step {number}", "data": {"step": number}, **fields}


def checkpoint(number: int) -> dict[str, Any]:
    """Return a checkpoint."""
    metrics = {"step": number, "train_loss": 0.5}
    return {"id": f"ftckpt_{number}", "step_number": number, "created_at": OLD, "metrics": metrics}


class Account:
    """What the host has: one job of each API and two files, unless a test says otherwise."""

    def __init__(self) -> None:
        self.models: list[dict[str, Any]] = [{"id": "m-1", "object": "model", "created": OLD, "owned_by": "x"}]
        self.jobs: list[dict[str, Any]] = [job()]
        self.fine_tunes: list[dict[str, Any]] | None = [fine_tune()]
        self.files = [file(), file("file-2", filename="step_metrics.csv", purpose="fine-tune-results")]
        self.contents = {"file-1": b'{"a":1', "file-2": b"step,train_loss\n1,0.5\n"}
        self.events = [event(number) for number in (3, 2, 1)]
        self.first: dict[str, list[Answer]] = {}
        """What is answered at a path before anything else."""
        self.always: dict[str, Answer] = {}
        """What is answered at a path whatever the account has."""
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        """Paths, in the order in which they were asked."""

    def __call__(self, received: Received) -> Answer:
        parts = urlsplit(received.target)
        path = parts.path.removeprefix("/v1")
        self.asked.append(path)
        if received.headers.get("authorization") != f"Bearer {KEY}":
            return [refusal(401, f"Incorrect API key provided: {received.headers.get('authorization')}")]
        if self.first.get(path):
            return self.first[path].pop(0)
        if path in self.always:
            return self.always[path]
        return [self._answer([unquote(part) for part in path.strip("/").split("/")], parse_qs(parts.query))]

    def _answer(self, path: list[str], query: dict[str, list[str]]) -> bytes:  # noqa: C901 - one case for each path
        if path == ["fine_tuning", "model_limits"]:
            return reply(200, {"object": "list", "data": [{"model": "m-1", "max_jobs": 3}]})
        match path:
            case ["models"]:
                return reply(200, {"object": "list", "data": self.models}, **self.headers)
            case ["fine_tuning", "jobs"]:
                return page(self.jobs, query)
            case ["fine_tuning", "jobs", _, "events"]:
                return page(self.events, query)
            case ["fine_tuning", "jobs", _, "checkpoints"]:
                return page([checkpoint(2), checkpoint(1)], query)
            case ["fine-tunes"] if self.fine_tunes is not None:
                return reply(200, {"object": "list", "data": self.fine_tunes})
            case ["fine-tunes", _, "events"]:
                told = [{"object": "fine-tune-event", "created_at": OLD, "level": "info", "message": "Created"}]
                return reply(200, {"object": "list", "data": told})
            case ["files"]:
                return page(self.files, query)
            case ["files", id]:
                found = [one for one in self.files if one["id"] == id]
                return reply(200, found[0]) if found else refusal(404, f"no such file: {id}")
            case ["files", id, "content"] if id in self.contents:
                return reply(200, self.contents[id])
        return refusal(404, f"nothing at {'/'.join(path)}")


def page(things: list[dict[str, Any]], query: dict[str, list[str]]) -> bytes:
    """Return one page of a list."""
    ids = [thing["id"] for thing in things]
    start = ids.index(query["after"][0]) + 1 if "after" in query else 0
    end = start + int(query.get("limit", ["20"])[0])
    return reply(200, {"object": "list", "data": things[start:end], "has_more": end < len(things)})


@contextmanager
def hosted(account: Account) -> Generator[Client]:
    """Give a client of the account."""
    with Loopback(account) as server, Client(base_url=server.url, api_key=KEY) as client:
        yield client
