"""Running the ``openft`` command, in this process and as one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import pytest

from openft.__main__ import main


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run: TypeAlias = Callable[..., Ended]


def run_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run a command in this process."""
    monkeypatch.setattr(sys, "argv", ["openft", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    code = ended.value.code
    return Ended(code if isinstance(code, int) else int(code is not None), out, err)


def run_apart(*arguments: str, stdin: int = subprocess.DEVNULL, **environment: str) -> Ended:
    """Run a command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "openft", *arguments],
        stdin=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
