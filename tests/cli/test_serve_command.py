"""``openft serve``."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from cli.running import Run


def stop_when(path: Path, text: str, number: signal.Signals) -> None:
    """Send this process a signal as soon as a file has a text in it."""

    def watch() -> None:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and not (path.exists() and text in path.read_text()):
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    threading.Thread(target=watch, daemon=True).start()


def test_it_serves_until_it_is_told_to_stop_and_keeps_the_key_it_made(tmp_path: Path, run: Run) -> None:
    stop_when(tmp_path / "server.json", "url", signal.SIGINT)
    first = run("serve", "--port", "0", "--data-dir", str(tmp_path), "--load-wait", "1")
    assert first.code == 0
    assert re.fullmatch(r"openft is serving at http://127\.0\.0\.1:\d+/v1\n", first.out)
    key = (tmp_path / "api-key").read_text().strip()
    assert key.startswith("sk-openft-")
    assert key in first.err
    assert (tmp_path / "api-key").stat().st_mode & 0o777 == 0o600
    stop_when(tmp_path / "server.json", "url", signal.SIGTERM)
    assert key in run("serve", "--port", "0", "--data-dir", str(tmp_path)).err


def test_keys_come_from_options_and_from_the_environment(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENFT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("OPENFT_SERVER_API_KEYS", " sk-two, ,sk-three")
    monkeypatch.setenv("OPENFT_SERVER_MEMBER_KEYS", "sk-four")
    stop_when(tmp_path / "server.json", "sk-one", signal.SIGTERM)
    ended = run("serve", "--port", "0", "--api-key", "sk-one", "--member-key", "sk-five")
    assert (ended.code, ended.err) == (0, "")
    assert not (tmp_path / "api-key").exists()


def test_a_port_in_use_is_one_line_and_1(tmp_path: Path, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", "--port", port, "--data-dir", str(tmp_path), "--api-key", "sk-one")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith(f"error: cannot listen on 127.0.0.1:{port}")


@pytest.mark.parametrize("base", ["llama", "=folder", "llama="])
def test_a_base_without_name_or_source_is_wrong_usage(run: Run, base: str) -> None:
    ended = run("serve", "--base", base)
    assert ended.code == 2
    assert f"'{base}' is not NAME=SOURCE" in ended.err


def test_an_unset_variable_is_no_data_directory(run: Run) -> None:
    done = run("serve", "--data-dir", "")
    assert done.code == 2
    assert "name a folder" in done.err


def test_a_named_base_is_known_to_the_server(tmp_path: Path, run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        data = str(tmp_path / "data")
        assert (
            run("serve", "--port", port, "--data-dir", data, "--base", f"mine={tmp_path}", "--api-key", "x").code == 1
        )


def test_without_the_servers_packages_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "openft.server.serve", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ended = run("serve")
    assert ended.code == 1
    assert ended.err == "error: openft serve needs more packages; install them with: pip install 'openft[server]'\n"


@pytest.mark.parametrize("key", ["", " "])
def test_an_empty_key_is_one_line_and_1(tmp_path: Path, run: Run, key: str) -> None:
    ended = run("serve", "--data-dir", str(tmp_path), "--api-key", key)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith("error: an API key is empty; ")
