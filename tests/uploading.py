"""A host that takes uploads in parts, as OpenAI documents it: what the loopback server answers with."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loopback import Answer, Received, refusal, reply

BEGAN = 1_700_000_000


class Held(list[Any]):
    """An answer that is given when the gate is open; it counts how many there are at a time."""

    def __init__(self, host: Host, answer: Answer) -> None:
        super().__init__(answer)
        self._host = host

    def __iter__(self) -> Iterator[Any]:
        host = self._host
        with host.changed:
            host.at_work += 1
            host.most = max(host.most, host.at_work)
            host.changed.notify_all()
        host.gate.wait(10)
        with host.changed:
            host.at_work -= 1
        return super().__iter__()


@dataclass
class Host:
    """The host. It needs a server that asks when the whole body is there."""

    faults: dict[int, Answer] = field(default_factory=dict[int, Answer])
    """What is answered to the n-th part that comes, from 0, though it was taken."""
    completions: list[tuple[bool, Answer]] = field(default_factory=list[tuple[bool, Answer]])
    """What the first completions are answered with, and whether they are carried out all the same."""
    keys: bool = False
    """Whether it keeps idempotency keys."""
    expires_in: int = 10**9
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    parts: list[Received] = field(default_factory=list[Received])
    files: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    content: bytes = b""
    """Of the last file."""
    gate: threading.Event = field(default_factory=threading.Event)
    """Parts are answered while it is open, as it is unless a test closes it."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    at_work: int = 0
    most: int = 0
    """The most parts that were here at a time without an answer."""

    def __post_init__(self) -> None:
        self.gate.set()
        self._answered: dict[str, Answer] = {}

    def __call__(self, request: Received) -> Answer:
        """Return the answer to a request."""
        key = request.headers.get("idempotency-key")
        if not self.keys or key is None:
            return self._answer(request)
        if key in self._answered:
            return self._answered[key]
        answer = self._answer(request)
        if isinstance(answer[0], bytes) and b" 200 " in answer[0][:20]:
            self._answered[key] = answer
        return answer

    def wait_for(self, count: int) -> None:
        """Return when as many parts wait for their answers."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.at_work == count, 10)

    def _answer(self, request: Received) -> Answer:
        match request.method, request.path.removeprefix("/v1/").split("/"):
            case "POST", ["uploads"]:
                return self._begin(request.json())
            case "POST", ["uploads", name, "parts"]:
                return self._part(name, request)
            case "POST", ["uploads", name, "complete"]:
                return self._complete(name, request.json())
            case "POST", ["uploads", name, "cancel"]:
                self.uploads[name]["status"] = "cancelled"
                return self._told(self.uploads[name])
            case "GET", ["files"]:
                return self._told({"object": "list", "data": self.files[::-1], "has_more": False})
            case _:
                return [refusal(404, "no such path")]

    def _begin(self, body: dict[str, Any]) -> Answer:
        name = f"upload_{len(self.uploads) + 1}"
        more = {"created_at": BEGAN, "expires_at": BEGAN + self.expires_in, "file": None}
        self.uploads[name] = {"id": name, "object": "upload", "status": "pending", **body, **more}
        return self._told(self.uploads[name])

    def _part(self, name: str, request: Received) -> Answer:
        if self._closed(name):
            return [refusal(400, "this upload takes no parts")]
        number = len(self.parts)
        self.parts.append(request)
        told = {"id": f"part_{number}", "object": "upload.part", "created_at": BEGAN, "upload_id": name}
        return Held(self, self.faults.get(number) or self._told(told))

    def _complete(self, name: str, body: dict[str, Any]) -> Answer:
        done, planned = self.completions.pop(0) if self.completions else (True, None)
        if self._closed(name):
            return planned or [refusal(400, "this upload is over")]
        upload = self.uploads[name]
        content = b"".join(content_of(self.parts[int(part.removeprefix("part_"))]) for part in body["part_ids"])
        if len(content) != upload["bytes"]:
            return [refusal(400, f"there are {len(content)} bytes")]
        if body.get("md5") not in (None, hashlib.md5(content).hexdigest()):
            return [refusal(400, "the md5 is another")]
        if done:
            told = {name: upload[name] for name in ("bytes", "filename", "purpose")}
            file = {"id": f"file-{len(self.files) + 1}", "object": "file", "created_at": BEGAN + 1, **told}
            self.files.append(file)
            self.content = content
            upload.update(status="completed", file=file)
        return planned or self._told(upload)

    def _closed(self, name: str) -> bool:
        return name not in self.uploads or self.uploads[name]["status"] != "pending"

    def _told(self, body: dict[str, Any]) -> Answer:
        return [reply(200, body, **({"openft_version": "1"} if self.keys else {}))]


def content_of(request: Received) -> bytes:
    """Return the bytes of a part, which is the only field of its form."""
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    found = re.fullmatch(
        rb"--" + boundary + rb"\r\n(?:[^\r\n]+\r\n)+\r\n(.*)\r\n--" + boundary + rb"--\r\n", request.body, re.DOTALL
    )
    assert found is not None
    return found[1]
