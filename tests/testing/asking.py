"""What tests ask the API in its own words, without any client's."""

from __future__ import annotations

import json
from typing import Any

import httpx

from openft.testing import FakeAPI

ROWS = b'{"prompt": "great film ->", "completion": " positive"}\n{"prompt": "dull ->", "completion": " negative"}\n'
CHAT = (
    b'{"messages": [{"role": "user", "content": "great film"}, {"role": "assistant", "content": "positive"}]}\n'
    b'{"messages": [{"role": "user", "content": "dull"}, {"role": "assistant", "content": "negative"}]}\n'
)


class Raw:
    """Plain HTTP to one host."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        """Return what is answered; it must be good."""
        answer = self.http.request(method, path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, str | None, str | None]:
        """Return status, code and parameter of a refusal, which must have the four keys."""
        answer = self.http.request(method, path, **more)
        body = answer.json()
        assert set(body) == {"error"}, body
        assert set(body["error"]) == {"message", "type", "param", "code"}
        return answer.status_code, body["error"]["code"], body["error"]["param"]

    def told(self, method: str, path: str, **more: Any) -> str:
        """Return the message of a refusal."""
        message: str = self.http.request(method, path, **more).json()["error"]["message"]
        return message

    def upload(self, content: bytes = ROWS, name: str = "train.jsonl", purpose: str = "fine-tune", **more: Any) -> str:
        file_id: str = self(
            "POST", "/files", data={"purpose": purpose, **more}, files={"file": (name, content)}
        )["id"]  # fmt: skip
        return file_id

    def fine_tune(self, **fields: Any) -> str:
        body = {"training_file": self.upload(), "model": "ada", **fields}
        job_id: str = self("POST", "/fine-tunes", json=body)["id"]
        return job_id

    def job(self, content: bytes = CHAT, **fields: Any) -> str:
        body = {"training_file": self.upload(content), "model": "gpt-4o-mini", **fields}
        job_id: str = self("POST", "/fine_tuning/jobs", json=body)["id"]
        return job_id

    def stream(self, method: str, path: str, **more: Any) -> list[Any]:
        """Return the events of a stream, the last of which must be ``[DONE]``."""
        with self.http.stream(method, path, **more) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = [line[6:] for line in answer.iter_lines() if line.startswith("data: ")]
        assert told.pop() == "[DONE]"
        return [json.loads(line) for line in told]


def raw(api: FakeAPI, *, key: str = "sk-x", skip: bool = True) -> Raw:
    """Return plain HTTP to an API in memory."""
    http = httpx.Client(
        base_url="http://testing/v1", transport=api.transport(skip=skip), headers={"authorization": f"Bearer {key}"}
    )
    return Raw(http)
