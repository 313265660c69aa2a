"""The Python of the embedded server: the client's own, or the one that OPENFT_SERVER_PYTHON names."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from openft import LocalServerError, MissingExtra
from openft._runtime.embedded import Embedded


def made(folder: Path, *lines: str) -> str:
    """Return a program in place of a Python."""
    path = folder / "python"
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.embedded
def test_the_server_runs_in_the_environment_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "note"
    python = made(tmp_path, f"echo started > {note}", f'exec {shlex.quote(sys.executable)} "$@"')
    monkeypatch.setenv("OPENFT_SERVER_PYTHON", python)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    server = Embedded(tmp_path / "data", temporary=False)
    assert server.start().base_url.startswith("http://127.0.0.1:")
    server.stop()
    assert note.read_text() == "started\n"


def test_a_named_python_that_is_not_there_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENFT_SERVER_PYTHON", str(tmp_path / "missing"))
    with pytest.raises(
        LocalServerError, match=r"cannot be started: .*missing.*; OPENFT_SERVER_PYTHON may name a Python"
    ):
        Embedded(tmp_path / "data", temporary=False).start()


def test_a_named_python_without_the_server_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = made(tmp_path, "echo \"$0: No module named 'openft'\" >&2", "exit 1")
    monkeypatch.setenv("OPENFT_SERVER_PYTHON", python)
    with pytest.raises(MissingExtra, match=rf"the embedded server that {python} runs needs more packages"):
        Embedded(tmp_path / "data", temporary=False).start()


def test_an_empty_variable_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENFT_SERVER_PYTHON", "")
    monkeypatch.setattr(sys, "executable", made(tmp_path, "echo own words >&2"))
    with pytest.raises(LocalServerError, match="did not start: own words"):
        Embedded(tmp_path / "data", temporary=False).start()


@pytest.mark.parametrize("temporary", [True, False])
def test_only_a_server_that_nobody_comes_back_to_ends_without_its_last_checkpoints(
    tmp_path: Path, temporary: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    python = made(tmp_path, f'echo "$*" > {told}', """echo '{"url": "http://127.0.0.1:1/v1"}'""", "cat")
    monkeypatch.setenv("OPENFT_SERVER_PYTHON", python)
    server = Embedded(None if temporary else tmp_path / "data", temporary=temporary)
    server.start()
    server.stop()
    assert ("--grace-seconds 0" in told.read_text()) is temporary
