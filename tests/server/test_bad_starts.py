"""What a server is told that cannot be: one line, with a remedy that fits."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from openft.server import ServeError
from openft.server.auth import Keys
from openft.server.serve import serve
from server.running import settings_for


def refused(data_dir: Path, **choices: object) -> str:
    with pytest.raises(ServeError) as caught:
        serve(settings_for(data_dir, **choices), watch_stdin=False, announce=lambda url: pytest.fail(url))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "\t\n"])
@pytest.mark.parametrize("role", ["api_keys", "member_keys"])
def test_an_empty_key_is_one_line(tmp_path: Path, role: str, key: str) -> None:
    assert "an API key is empty" in refused(tmp_path, **{role: ("sk-good", key)})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (Path.touch, "there is no key in"),
        (lambda path: path.write_text(" \n"), "there is no key in"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "cannot read a key from"),
        (Path.mkdir, "cannot read a key from"),
    ],
)
def test_a_key_file_without_a_key_is_one_line(tmp_path: Path, spoil: Callable[[Path], object], reason: str) -> None:
    spoil(tmp_path / "api-key")
    told = refused(tmp_path, api_keys=())
    assert reason in told
    assert "remove it, and a new one is made" in told


def test_blanks_around_a_key_do_not_count(tmp_path: Path) -> None:
    told: list[str] = []

    def announce(url: str) -> None:
        told.append(json.loads((tmp_path / "server.json").read_text())["api_key"])
        os.kill(os.getpid(), signal.SIGTERM)

    serve(settings_for(tmp_path, api_keys=(" sk-a\n",)), watch_stdin=False, announce=announce)
    assert told == ["sk-a"]


def test_a_key_is_known_without_the_blanks_around_it() -> None:
    keys = Keys([" sk-a\n"], ["sk-b "])
    assert keys.who("Bearer sk-a").owner
    assert not keys.who("Bearer sk-b").owner


@pytest.mark.parametrize("host", ["host.invalid", "192.0.2.1", "a..b", "ü" * 70])
def test_a_host_that_is_not_ours_is_not_about_the_port(tmp_path: Path, host: str) -> None:
    told = refused(tmp_path, host=host)
    assert host in told
    assert "--host" in told
    assert "--port" not in told
