"""A command on a pseudo terminal, answered as a person would."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Shown(NamedTuple):
    """How a command on a terminal ended, and what was on it."""

    code: int
    screen: str


def on_terminal(folder: Path, *arguments: str, answers: list[bytes], question: bytes = b"[Y/n] ") -> Shown:
    """Run a command on a terminal and give it one answer for each question."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "openft", *arguments]
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True, preexec_fn=_take_over
    )
    os.close(theirs)
    screen = b""
    try:
        deadline = time.monotonic() + 20
        seen = 0
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not piece:
                break
            screen += piece
            if answers and screen.endswith(question) and len(screen) > seen:
                seen = len(screen)
                os.write(ours, answers.pop(0))
        else:
            raise AssertionError(f"it waits for more: {screen!r}")
        code = child.wait(20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        child.wait()
        os.close(ours)
    return Shown(code, screen.decode(errors="replace").replace("\r\n", "\n"))


def _take_over() -> None:
    """Make the terminal the one that Ctrl-C on it goes to this process from."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
