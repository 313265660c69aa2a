"""An upload is written and checked where it holds up no other request."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import anyio
import pytest
from starlette.requests import Request

from openft.errors import DataError
from openft.server.http.uploads import receive
from server.running import ROWS, Running, error_of, settings_for

LINE = b'{"prompt": "a ->", "completion": " b"}\n'
HOSTILE = {
    "tiny lines": (b"\n" * 1_000_000 + b"1\n", "line 1000001: a JSON number"),
    "deep": (b"[" * 400_000 + b"\n", "line 1: nested more than 64 levels deep"),
    "deeper": (b"[" * 15_000_000 + b"\n", "line 1: more than 524,288 commas and brackets"),
    "deep objects": (b'{"messages":' + b'[{"a":' * 1_500_000, "line 1: more than 524,288 commas and brackets"),
    "wide": (
        b'{"messages":[{"role":"user"}],"tools":[' + b"0," * 450_000 + b"0]}\n",
        "line 1: tools.0: input should be",
    ),
    "many keys": (b"{" + b'"a":0,' * 2_000_000 + b'"b":0}\n', "line 1: more than 524,288 commas and brackets"),
    "many messages": (b'{"messages":[' + b'{"role":"user"},' * 20_000 + b'{"role":"a"}]}', "more than 10,000 messages"),
}


class Held(io.FileIO):
    """A file that waits in each write until the event loop has gone on."""

    def __init__(self, path: Path, went_on: Event) -> None:
        super().__init__(path, "xb")
        self.went_on, self.waits = went_on, 0

    def write(self, data: Any, /) -> int:
        self.went_on.clear()
        assert self.went_on.wait(20), "the event loop stood still"
        self.waits += 1
        return super().write(data)


class HeldPath:
    """A path at which such a file is made."""

    def __init__(self, path: Path) -> None:
        self.path, self.went_on = path, Event()

    def open(self, mode: str) -> Held:
        assert mode == "xb"
        self.file = Held(self.path, self.went_on)
        return self.file


def form(content: bytes) -> Iterator[bytes]:
    """Yield a form in pieces of the size that a server reads."""
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = head + content + b"\r\n--B--\r\n"
    yield from (body[start : start + 65_536] for start in range(0, len(body), 65_536))


@pytest.mark.parametrize("spoilt", [False, True])
def test_the_event_loop_goes_on_while_the_bytes_of_an_upload_are_checked(tmp_path: Path, spoilt: bool) -> None:
    content = LINE * 30_000 + (b"{oops\n" if spoilt else b"")
    path, pieces = HeldPath(tmp_path / "file"), form(content)

    async def asked() -> dict[str, Any]:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def go_on(event: Event) -> None:
        while True:
            event.set()
            await anyio.sleep(0.001)

    async def take() -> Any:
        scope = {"type": "http", "headers": [(b"content-type", b"multipart/form-data; boundary=B")]}
        where: Any = path
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(go_on, path.went_on)
            received = await receive(Request(scope, asked), where, settings_for(tmp_path))
            tasks.cancel_scope.cancel()
        return received

    received = anyio.run(take)
    assert path.file.waits >= len(content) // 262_144
    assert (received.bytes, path.path.stat().st_size) == (len(content), len(content))
    if spoilt:
        assert isinstance(received.checked, DataError)
        assert received.checked.line == 30_001
    else:
        assert received.checked.rows == 30_000


@pytest.mark.parametrize("name", HOSTILE)
def test_the_server_answers_while_it_refuses_a_hostile_upload(server: Running, name: str) -> None:
    content, says = HOSTILE[name]
    answers: list[int] = []
    done = Event()

    def ask() -> None:
        while not done.is_set():
            answers.append(server.http.get(f"http://127.0.0.1:{server.port}/healthz").status_code)

    other = Thread(target=ask)
    other.start()
    try:
        refused = server.http.post("/files", data={"purpose": "fine-tune"}, files={"file": ("a.jsonl", content)})
    finally:
        done.set()
        other.join()
    assert refused.status_code == 400
    assert says in error_of(refused)["message"]
    assert set(answers) == {200}
    assert server.upload(ROWS)
