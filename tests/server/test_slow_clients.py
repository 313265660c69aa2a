"""A client that sends its request drop by drop does not hold a connection for ever."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openft.server.http.protocol import JsonH11Protocol
from server.running import OWNER, Running, settings_for

PATIENCE = 0.4


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server that does not wait long."""
    monkeypatch.setattr(JsonH11Protocol, "patience", PATIENCE)
    with Running(settings_for(tmp_path, patience_seconds=PATIENCE)) as server:
        yield server


def connect(server: Running, first: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(first)
    return connection


def head(path: str, length: int, kind: str = "application/json") -> bytes:
    lines = (f"POST /v1/{path} HTTP/1.1", "host: x", f"authorization: Bearer {OWNER}", f"content-length: {length}")
    return ("\r\n".join(lines) + f"\r\ncontent-type: {kind}\r\n\r\n").encode()


def drip(connection: socket.socket, drop: bytes, seconds: float = 10) -> bytes:
    """Send drops until the server hangs up, and return what it said."""
    said, end = b"", time.monotonic() + seconds
    connection.settimeout(0.05)
    while time.monotonic() < end:
        try:
            connection.sendall(drop)
            received = connection.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return said
        if not received:
            return said
        said += received
    raise AssertionError(f"the server is still there after {seconds} s")


def error_in(said: bytes) -> dict[str, Any]:
    above, _, body = said.partition(b"\r\n\r\n")
    assert above.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in above.lower()
    error: dict[str, Any] = json.loads(body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def test_headers_that_take_too_long_are_a_408(hasty: Running) -> None:
    with connect(hasty, b"GET /v1/files HTTP/1.1\r\n") as connection:
        assert error_in(drip(connection, b"x: y\r\n"))["code"] == "request_timeout"


def test_later_headers_that_take_too_long_are_a_408(hasty: Running) -> None:
    with connect(hasty, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n") as connection:
        while not connection.recv(65536).endswith(b"}"):
            pass
        assert error_in(drip(connection, b"GET /healthz"))["code"] == "request_timeout"


def test_a_connection_on_which_nothing_is_asked_is_closed(hasty: Running) -> None:
    with connect(hasty) as connection:
        assert connection.recv(65536) == b""


@pytest.mark.parametrize("path", ["fine-tunes", "completions", "files"])
def test_a_body_that_does_not_get_on_is_a_408(hasty: Running, path: str) -> None:
    kind = "multipart/form-data; boundary=B" if path == "files" else "application/json"
    with connect(hasty, head(path, 10_000, kind) + b"--B\r\n") as connection:
        assert error_in(drip(connection, b"a"))["code"] == "request_timeout"
    assert not list((hasty.settings.data_dir / "incoming").iterdir())


def test_a_body_that_nobody_reads_does_not_hold_the_connection(hasty: Running) -> None:
    with connect(hasty, head("nowhere", 10_000) + b"{") as connection:
        assert drip(connection, b" ").startswith(b"HTTP/1.1 404 ")


def test_a_body_that_gets_on_may_take_longer(hasty: Running) -> None:
    piece, pieces = b" " * 16_384, 6
    with connect(hasty, head("fine-tunes", pieces * len(piece) + 2)) as connection:
        for _ in range(pieces):
            time.sleep(PATIENCE / 3)
            connection.sendall(piece)
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_request_at_work_is_not_hurried(hasty: Running) -> None:
    answer = hasty.http.post("/completions", json={"model": "ada", "prompt": json.dumps({"slow": 3 * PATIENCE})})
    assert answer.status_code == 200
    assert hasty.http.get("/files").status_code == 200
