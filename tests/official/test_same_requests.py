"""The same call sends the same request, whichever of the two clients makes it."""

from __future__ import annotations

import subprocess
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from loopback import Loopback, Received, reply
from official.callings import CALLS, client_of, make
from official.comparing import HERE, OFFICIAL

ANSWER: dict[str, Any] = {
    "id": "x",
    "object": "list",
    "data": [],
    "has_more": False,
    "deleted": True,
    "status": "processed",
    "text": "",
    "choices": [],
}
"""Something that every call can read."""


def listening() -> Loopback:
    return Loopback(lambda _: [reply(200, ANSWER)])


@pytest.fixture(scope="module")
def official() -> list[Received]:
    """What openai sends, call by call."""
    with listening() as server:
        command = [str(OFFICIAL), str(HERE / "callings.py"), "openai", server.url]
        subprocess.run(command, check=True, capture_output=True, text=True)
    return server.requests


def essence(request: Received) -> dict[str, Any]:
    """Return what a server makes of a request."""
    kind = request.headers.get("content-type", "") if request.body else ""
    path, _, query = request.target.partition("?")
    said: dict[str, Any] = {
        "method": request.method,
        "path": unquote(path),
        "segments": path.count("/"),
        "query": parse_qsl(query, keep_blank_values=True),
        "type": kind.partition(";")[0],
        "key": request.headers["authorization"],
        "raw": "%5B" in query or "[" not in query,  # brackets are percent-encoded
    }
    if said["type"] == "multipart/form-data":
        form: Any = BytesParser().parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + request.body)
        said["parts"] = [
            (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_payload(decode=True))
            for part in form.get_payload()
        ]
    elif request.body:
        said["body"] = {name: value for name, value in request.json().items() if (name, value) != ("stream", False)}
    return said


def test_there_is_a_request_for_each_call(official: list[Received]) -> None:
    assert len(official) == len(CALLS)


@pytest.mark.parametrize(
    "number", range(len(CALLS)), ids=lambda number: f"{CALLS[number][0]}.{CALLS[number][1]}-{number}"
)
def test_a_call_sends_what_the_official_client_sends(number: int, official: list[Received]) -> None:
    with listening() as server, client_of("openft", server.url) as client:
        make(client, number)
    (ours,) = server.requests
    assert essence(ours) == essence(official[number])
