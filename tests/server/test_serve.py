"""Starting and stopping: one line when it cannot, and an orderly end."""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from openft.server import ServeError, Settings
from openft.server import __main__ as command
from openft.server.__main__ import main
from openft.server.home import Home
from openft.server.serve import is_loopback, serve
from server.running import OWNER, settings_for

COMMAND = [sys.executable, "-m", "openft.server", "--port", "0", "--data-dir"]


@pytest.fixture
def served() -> Iterator[list[subprocess.Popen[str]]]:
    """What a test starts, ended with it."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def begin(served: list[subprocess.Popen[str]], data_dir: Path, **environment: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*COMMAND, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    served.append(process)
    return process


def line_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_the_embedded_server_tells_its_address_and_ends_with_its_stdin(
    served: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = begin(served, tmp_path, OPENFT_SERVER_API_KEYS=" sk-a, sk-b,", OPENFT_SERVER_MEMBER_KEYS="sk-c")
    url = line_of(process)["url"]
    assert url.endswith("/v1")
    for key in ("sk-a", "sk-b", "sk-c"):
        assert httpx.get(f"{url}/models", headers={"authorization": f"Bearer {key}"}).status_code == 200
    noted = tmp_path / "server.json"
    instance = httpx.get(f"{url}/healthz").json()["instance"]
    told = {"url": url, "pid": process.pid, "instance": instance, "api_key": "sk-a"}
    assert json.loads(noted.read_text()) == told
    assert stat.S_IMODE(noted.stat().st_mode) == 0o600
    out, err = process.communicate(timeout=10)  # closes its stdin
    assert (process.returncode, out, err) == (0, "", "")
    assert not noted.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_order(
    served: list[subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    process = begin(served, tmp_path, OPENFT_SERVER_API_KEYS="sk-a")
    line_of(process)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not (tmp_path / "server.json").exists()


def test_a_second_server_on_the_same_folder_is_refused_with_one_line(
    served: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    line_of(begin(served, tmp_path, OPENFT_SERVER_API_KEYS="sk-a"))
    second = begin(served, tmp_path, OPENFT_SERVER_API_KEYS="sk-a")
    _, err = second.communicate(timeout=10)
    assert second.returncode == 1
    assert err.startswith("error: another server is using ")
    assert err.count("\n") == 1
    assert (tmp_path / "server.json").exists()


def test_without_keys_one_is_made_shown_and_kept(served: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    shown = []
    for _ in range(2):
        process = begin(served, tmp_path)
        url = line_of(process)["url"]
        key = (tmp_path / "api-key").read_text().strip()
        assert httpx.get(f"{url}/models", headers={"authorization": f"Bearer {key}"}).status_code == 200
        shown.append(process.communicate(timeout=10)[1])
    assert key.startswith("sk-openft-")
    assert shown[0] == shown[1] == f"the API key is {key} (kept in {tmp_path / 'api-key'})\n"
    assert stat.S_IMODE((tmp_path / "api-key").stat().st_mode) == 0o600


def refused(settings: Settings) -> str:
    with pytest.raises(ServeError) as caught:
        serve(settings, watch_stdin=False, announce=lambda url: pytest.fail(url))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1:{port} (" in refused(settings_for(tmp_path, port=port))
    home = Home(tmp_path)
    home.open()  # the folder is free again
    home.close()


@pytest.mark.parametrize("host", ["host.invalid", "::1%nowhere"])
def test_a_host_that_is_not_ours_is_one_line(tmp_path: Path, host: str) -> None:
    assert f"cannot listen on {host}" in refused(settings_for(tmp_path, host=host))


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "choose another with --data-dir" in refused(settings_for(tmp_path / "file"))
    assert "choose another with --data-dir" in refused(settings_for(tmp_path / "file" / "below"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "files").write_text("")
    assert "choose another with --data-dir" in refused(settings_for(tmp_path / "data"))


@pytest.mark.parametrize("content", [b"this is no database" * 100, "newer"])
def test_a_database_that_is_not_ours_is_one_line(tmp_path: Path, content: bytes | str) -> None:
    database = tmp_path / "openft.sqlite"
    if isinstance(content, bytes):
        database.write_bytes(content)
    else:
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version = 99")
    assert "openft.sqlite" in refused(settings_for(tmp_path))


def test_nobody_is_served_from_afar_without_a_key(tmp_path: Path) -> None:
    assert "needs a key" in refused(settings_for(tmp_path, host="0.0.0.0", api_keys=()))


def test_what_loopback_is() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.0.1", "example.com", ""))


def test_a_key_is_made_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        serve(
            settings_for(tmp_path, api_keys=(), member_keys=()),
            watch_stdin=False,
            announce=lambda _: os.kill(os.getpid(), signal.SIGTERM),
        )
    shown = capfd.readouterr().err.splitlines()
    assert len(shown) == 2
    assert shown[0] == shown[1]
    assert (tmp_path / "api-key").read_text().strip() in shown[0]


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("localhost", "localhost")])
def test_the_address_is_one_that_can_be_reached(tmp_path: Path, host: str, shown: str) -> None:
    told: list[str] = []

    def announce(url: str) -> None:
        told.append(url)
        os.kill(os.getpid(), signal.SIGINT)

    serve(settings_for(tmp_path, host=host), watch_stdin=False, announce=announce)
    assert told[0].startswith(f"http://{shown}:")


def test_serving_leaves_signals_as_they_were(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    serve(settings_for(tmp_path), watch_stdin=False, announce=lambda _: os.kill(os.getpid(), signal.SIGTERM))
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_command_serves_until_its_stdin_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENFT_SERVER_API_KEYS", OWNER)
    read, write = os.pipe()
    saved = os.dup(0)
    os.dup2(read, 0)
    try:
        os.write(write, b"what is written there means nothing\n")
        threading.Timer(1.0, os.close, [write]).start()
        begun = time.monotonic()
        assert main(["--port", "0", "--data-dir", str(tmp_path)]) == 0
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(read)
    assert time.monotonic() - begun > 0.9
    assert json.loads(capfd.readouterr().out)["url"].startswith("http://127.0.0.1:")


def test_the_module_can_be_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["openft.server", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(command.__file__), run_name="__main__")
    assert ended.value.code == 0
    assert "--data-dir" in capsys.readouterr().out


def test_the_command_ends_with_1_and_one_line_when_it_cannot_serve(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--host", "0.0.0.0", "--data-dir", str(tmp_path)]) == 1
    assert capfd.readouterr().err.startswith("error: serving on 0.0.0.0 needs a key; ")
