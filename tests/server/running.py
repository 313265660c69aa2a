"""Servers in this process, and what tests ask them."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from openft.server.app import App
from openft.server.serve import HttpServer
from openft.server.settings import Settings

HERE = Path(__file__).parent
OWNER, MEMBER = "sk-owner-key", "sk-member-key"
ROWS = b'{"prompt": "great film ->", "completion": " positive"}\n{"prompt": "dull ->", "completion": " negative"}\n'


def settings_for(data_dir: Path, **choices: Any) -> Settings:
    scripted: dict[str, Any] = {
        "api_keys": (OWNER,),
        "member_keys": (MEMBER,),
        "worker_command": (sys.executable, "-S", str(HERE / "scripted_worker.py")),
        "inference_command": (sys.executable, "-S", str(HERE / "scripted_inference.py")),
        "poll_seconds": 0.02,
        "grace_seconds": 5.0,
        "port": 0,
    }
    return Settings(data_dir=data_dir, **(scripted | choices))


def script(**instructions: Any) -> bytes:
    """Return a training file that tells the scripted worker what to do."""
    row = {"prompt": json.dumps(instructions), "completion": " x"}
    return (json.dumps(row) + "\n").encode()


class Running:
    """A server in a thread, and a plain HTTP client for it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ready = threading.Event()
        app = App(settings)
        self.database = app.open().database
        self._server = HttpServer(app, self._ready.set)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20), "the server did not start"
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.http = httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {OWNER}"}, timeout=20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join()

    def upload(self, content: bytes = ROWS, name: str = "train.jsonl", purpose: str = "fine-tune") -> str:
        answer = self.http.post("/files", data={"purpose": purpose}, files={"file": (name, content)})
        assert answer.status_code == 200, answer.text
        file_id: str = answer.json()["id"]
        return file_id

    def fine_tune(self, content: bytes = ROWS, **fields: Any) -> str:
        answer = self.http.post("/fine-tunes", json={"training_file": self.upload(content), **fields})
        assert answer.status_code == 200, answer.text
        job_id: str = answer.json()["id"]
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/fine-tunes/{job_id}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def until(self, job_id: str, *statuses: str, seconds: float = 15) -> dict[str, Any]:
        """Return the job once it has one of these statuses."""
        return next(job for job in self._polled(job_id, seconds) if job["status"] in statuses)

    def finished(self, job_id: str) -> dict[str, Any]:
        return self.until(job_id, "succeeded", "failed", "cancelled")

    def until_gone(self, path: Path) -> None:
        self.until_true(lambda: not path.exists())

    def until_true(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(0.02)

    def _polled(self, job_id: str, seconds: float) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield self.job(job_id)
            time.sleep(0.02)
        raise AssertionError(f"{self.job(job_id)} after {seconds} s")


def messages(job: dict[str, Any]) -> list[str]:
    return [event["message"] for event in job["events"]]


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the error of an answer that has exactly the four keys."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    error: dict[str, Any] = body["error"]
    return error
