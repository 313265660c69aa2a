"""The API on a port, for clients that know nothing of it, and in a process of its own."""

from __future__ import annotations

import io
import json
import runpy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import openft
from openft.testing import Cut, Dropped, FakeAPI, Lost, Refused, Slow, Status
from openft.testing import __main__ as command
from testing.asking import CHAT, ROWS, Raw


@pytest.fixture
def ask(openft_api: FakeAPI) -> Iterator[Raw]:
    """Plain HTTP over a port."""
    with openft_api.port() as url, httpx.Client(base_url=url, headers={"authorization": "Bearer sk-x"}) as http:
        yield Raw(http)


def test_a_port_serves_the_same_jobs(openft_api: FakeAPI, ask: Raw) -> None:
    job = ask.job()
    assert openft_api.client().fine_tuning.jobs.retrieve(job).id == job
    openft_api.advance_to_end(job)
    assert ask("GET", f"/fine_tuning/jobs/{job}")["status"] == "succeeded"


def test_openft_itself_may_come_over_a_port(openft_api: FakeAPI) -> None:
    with openft_api.port() as url, openft.Client(base_url=url, api_key="sk-x") as client:
        file = client.files.create(file=("train.jsonl", ROWS))
        job = client.fine_tunes.create(training_file=file.id, model="ada")
        openft_api.end(job.id)
        assert client.fine_tunes.wait(job.id).succeeded
        assert [event.message for event in client.fine_tunes.follow(job.id)][-1] == "Fine-tune succeeded"
        assert client.files.content(file.id).content == ROWS


def test_a_body_may_come_in_chunks(openft_api: FakeAPI, ask: Raw) -> None:
    body = json.dumps({"training_file": ask.upload(), "model": "ada"}).encode()
    made = ask("POST", "/fine-tunes", content=iter([body[:10], body[10:]]))
    assert made["id"] == openft_api.jobs[0].id


def test_a_stream_waits_for_what_the_test_lets_happen(openft_api: FakeAPI, ask: Raw) -> None:
    job = ask.fine_tune()
    told: list[Any] = []
    follower = threading.Thread(
        target=lambda: told.extend(ask.stream("GET", f"/fine-tunes/{job}/events", params={"stream": "true"}))
    )
    follower.start()
    while len(openft_api.requests) < 3:
        time.sleep(0.005)
    openft_api.advance_to_end(job)
    follower.join(10)
    assert told[-1]["message"] == "Fine-tune succeeded"


def test_a_silent_stream_says_that_it_is_there(openft_api: FakeAPI, ask: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft.testing.port.SILENCE", 0.02)
    job = ask.fine_tune()
    with ask.http.stream("GET", f"/fine-tunes/{job}/events?stream=true") as answer:
        assert b": ping\n\n" in b"".join(piece for piece, _ in zip(answer.iter_raw(), range(6), strict=False))


def test_a_port_that_closes_ends_its_streams(openft_api: FakeAPI) -> None:
    with httpx.Client(headers={"authorization": "Bearer x"}) as http:
        with openft_api.port() as url:
            http.base_url = url
            job = Raw(http).fine_tune()
            stream = http.send(http.build_request("GET", f"/fine-tunes/{job}/events?stream=true"), stream=True)
        with pytest.raises(httpx.RemoteProtocolError):
            stream.read()


def test_a_port_that_closes_hangs_up(openft_api: FakeAPI) -> None:
    with openft_api.port() as url:
        idle = socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0))
        idle.sendall(b"GET /v1/models HTTP/1.1\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 401"
    with idle:
        while idle.recv(65536):
            pass


@pytest.mark.parametrize("fault", [Refused(), Dropped(), Lost()], ids=str)
def test_a_connection_ends_without_an_answer(openft_api: FakeAPI, ask: Raw, fault: Any) -> None:
    openft_api.fail_next(fault)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        ask.http.get("/models")
    assert ask("GET", "/models")


def test_an_answer_is_cut_off(openft_api: FakeAPI, ask: Raw) -> None:
    job = ask.fine_tune()
    for path in ("/models", f"/fine-tunes/{job}/events?stream=true"):
        openft_api.fail_next(Cut(1))
        with pytest.raises(httpx.RemoteProtocolError):
            ask.http.get(path)


def test_a_status_and_a_slow_answer_come_over_a_port(openft_api: FakeAPI, ask: Raw) -> None:
    openft_api.fail_next(Slow(0.02))
    openft_api.fail_next(Status(503))
    assert ask("GET", "/models")
    assert ask.http.get("/models").status_code == 503


def test_a_client_that_leaves_harms_nobody(openft_api: FakeAPI, ask: Raw, capfd: pytest.CaptureFixture[str]) -> None:
    where = (ask.http.base_url.host, ask.http.base_url.port)
    with socket.create_connection((str(where[0]), int(where[1] or 0))) as connection:
        connection.sendall(b"POST /v1/files HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n")
        assert connection.recv(10) == b""
    assert ask("GET", "/models")
    assert capfd.readouterr().err == ""


def test_the_port_may_be_chosen(openft_api: FakeAPI) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    with openft_api.port(number) as url:
        assert url == f"http://127.0.0.1:{number}/v1"


@pytest.mark.parametrize("number", ["taken", 65536])
def test_a_port_that_cannot_be_had_is_named(
    openft_api: FakeAPI, number: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1] if number == "taken" else number
        with pytest.raises(OSError, match=f"port {number} cannot be served: .*; 0 takes any free one"):
            openft_api.port(number).__enter__()
        assert command.main(["--port", str(number)], []) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"error: port {number} cannot be served: ")


def test_a_process_of_its_own_tells_its_address_and_ends_with_its_stdin() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "openft.testing", "--speed", "100000", "--old-jobs", "3"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with openft.Client(base_url=url, api_key="sk-x") as client:
            file = client.files.create(file=("train.jsonl", CHAT))
            job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
            assert client.fine_tuning.jobs.wait(job.id, poll=0.01).succeeded
            assert len(client.fine_tuning.jobs.list().data) == 4
        process.communicate("", timeout=10)
    assert process.returncode == 0


def said(*lines: object, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return what the command answers to lines on its standard input."""
    out = io.StringIO()
    assert command.main(options, [json.dumps(line) for line in lines], out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()][1:]


def test_the_command_does_what_its_stdin_says() -> None:
    first, second = said({"add_jobs": {"count": 2}}, {"advance": {"hours": 1}}, options=("--takes", "60"))
    assert first["jobs"] == {"succeeded": 2}
    assert second["now"] >= first["now"] + 3600


def test_the_command_lets_things_go_wrong() -> None:
    def told() -> Iterator[str]:
        url = json.loads(out.getvalue())["url"]
        yield json.dumps({"fail_next": {"fault": {"Status": {"status": 503}}, "path": "/models", "times": 2}})
        seen.extend(httpx.get(f"{url}/{path}").status_code for path in ("models", "files", "models"))

    out, seen = io.StringIO(), list[int]()
    command.main([], told(), out)
    assert seen == [503, 401, 503]


def test_the_command_says_what_it_cannot_do() -> None:
    answers = said({"fly": {}}, {"advance": {"days": 1}}, {"end": {"job_id": "ft-none"}}, {"a": {}, "b": {}}, [1])
    answers += said({"fail_next": {"fault": {"Odd": {}}}})
    assert [set(answer) for answer in answers] == [{"error"}] * 6


def test_the_command_may_ignore_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> Iterator[str]:
        url = json.loads(out.getvalue())["url"]
        seen.append("openft-version" in httpx.get(f"{url}/models").headers)
        yield from ()

    out, seen = io.StringIO(), list[bool]()
    command.main(["--ignores-keys"], told(), out)
    assert seen == [False]


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["openft.testing"])
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(command.__file__), run_name="__main__")
    assert ended.value.code == 0


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 90\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n50\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["length", "chunk", "no chunk"],
)
def test_a_request_that_is_cut_off_is_not_taken_for_one(openft_api: FakeAPI, framing: bytes) -> None:
    with openft_api.port() as url:
        host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"POST /v1/fine_tuning/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n" + framing)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
    assert openft_api.requests == []
