"""Where a job's work is done: a process of its own on this machine, unless told otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol, cast

from openft.server.jobspec import LOG


class Work(Protocol):
    """One attempt at a job."""

    def poll(self) -> int | None:
        """Return how it ended, None while it has not."""
        ...

    def cancel(self, grace: float) -> None:
        """Ask it to write a checkpoint and end; after so many seconds, a later poll ends it by force."""
        ...

    def let_go(self, grace: float) -> None:
        """Do as its server's end would do: it writes a checkpoint and ends, as with cancel."""
        ...


class Ended:
    """Work that is over already."""

    def poll(self) -> int:
        """Return that it ended."""
        return 0

    def cancel(self, grace: float) -> None:
        """Do nothing."""

    def let_go(self, grace: float) -> None:
        """Do nothing."""


class Executor(Protocol):
    """Starts attempts."""

    def submit(self, folder: Path) -> Work:
        """Begin, or go on with, the job in a folder (see openft.server.jobspec)."""
        ...


class SubprocessExecutor:
    """Runs each attempt as a child process that ends when this process does."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)

    def submit(self, folder: Path) -> Work:
        """Start a process; its standard input stays open as long as this process lives."""
        with (folder / LOG).open("ab") as log:
            return _Process(
                subprocess.Popen(  # noqa: S603 - our own command
                    [*self._command, str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=without_secrets(os.environ),
                    start_new_session=True,  # Ctrl-C is for the server, which lets its workers end in order
                )
            )


class _Process:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._deadline: float | None = None

    def poll(self) -> int | None:
        code = self._process.poll()
        if code is None:
            if self._deadline is not None and time.monotonic() > self._deadline:
                kill_group(self._process.pid)
            return None
        self._close_stdin()
        return code

    def cancel(self, grace: float) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + grace
            self._process.terminate()

    def let_go(self, grace: float) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + grace
        self._close_stdin()

    def _close_stdin(self) -> None:
        cast("IO[bytes]", self._process.stdin).close()


def kill_group(pid: int) -> None:
    """End a process that leads its session, and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without API keys; a child needs none."""
    return {name: value for name, value in environment.items() if "API_KEY" not in name and "MEMBER_KEY" not in name}
