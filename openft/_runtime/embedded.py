"""The embedded server's process: attach to the one that runs on a data directory, or start it."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from threading import Lock, Timer
from time import monotonic, sleep
from typing import BinaryIO, cast
from urllib.request import ProxyHandler, build_opener

from openft._core.outgoing import bare
from openft.config import Address, Secret, checked_url, default_data_dir
from openft.errors import LocalServerError, MissingExtra, OpenFTError

START = 60.0
"""Seconds that a server has to say where it is."""
TAKEOVER = 60.0
"""Seconds that another server has to appear on the folder, or to leave it."""
STOP = 15.0
"""Seconds that a server has to write its checkpoints and end."""
PYTHON = "OPENFT_SERVER_PYTHON"
"""Names the Python to start servers with, for clients in an environment without ``openft[server]``."""
_direct = build_opener(ProxyHandler({}))


@dataclass(eq=False)
class Embedded:
    """A server for one client, shared with whoever else uses its data directory."""

    data_dir: Path | None
    """None is the user's data directory."""
    temporary: bool
    known: Address | None = field(default=None, init=False, repr=False)
    """Where it was found or started."""
    _locks: dict[int, Lock] = field(default_factory=dict[int, Lock], init=False, repr=False)
    """By process: a forked one must not wait for a lock that was held when it began."""
    _pid: int = field(default_factory=os.getpid, init=False, repr=False)
    _made: Path | None = field(default=None, init=False, repr=False)
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def start(self) -> Address:
        """Return where the server is, started now unless it runs already.

        Raises:
            LocalServerError: it does not start; the message has its last words.
            MissingExtra: its packages are not installed.
        """
        with self._lock:
            if self.known is None:
                self.known = self._found_or_started(self._folder())
            return self.known

    def stop(self) -> None:
        """End the server if this process started it, after it has written its checkpoints."""
        if self._pid != os.getpid():
            return
        with self._lock:
            self.known = None
            self._end_child()
            if self._made is not None:
                shutil.rmtree(self._made, ignore_errors=True)
                self._made = None
                atexit.unregister(self.stop)

    @property
    def _lock(self) -> Lock:
        return self._locks.setdefault(os.getpid(), Lock())

    def _found_or_started(self, folder: Path) -> Address:
        """Return where the server is; one that is just stopping on the folder is waited for, then followed."""
        until = monotonic() + TAKEOVER
        while True:
            found = attach(folder) or self._started(folder)
            if isinstance(found, Address):
                return found
            if "another server" not in found or monotonic() > until:
                raise _refusal(folder, found)
            found_now = _appearing(folder)
            if found_now is not None:
                return found_now

    def _folder(self) -> Path:
        if not self.temporary:
            return self.data_dir or default_data_dir()
        if self._made is None:
            try:
                self._made = Path(tempfile.mkdtemp(prefix="openft-"))
                atexit.register(self.stop)  # nobody may have closed the client
            except OSError as problem:
                raise LocalServerError(f"there is no room for a temporary folder ({problem})") from problem
        return self._made

    def _started(self, folder: Path) -> Address | str:
        """Return where the server is that was started, or the last words of one that did not start."""
        self._end_child()  # one that was lost
        key = Secret(f"sk-openft-{secrets.token_hex(16)}")
        with _log(folder) as log:
            before = log.seek(0, os.SEEK_END)
            self._child = child = _spawn(folder, key, log, temporary=self.temporary)
            try:
                return Address(str(json.loads(_first_line(child))["url"]), key, is_openai=False)
            except (ValueError, KeyError, TypeError):
                self._end_child()
            log.seek(before)
            return log.read().decode("utf-8", "replace").strip().rpartition("\n")[2]

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        try:
            child.communicate(timeout=STOP)  # the end of its stdin tells it to end
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


def attach(folder: Path) -> Address | None:
    """Return where a live server on this data directory is, None when there is none."""
    try:
        told = json.loads((folder / "server.json").read_text("utf-8"))
        url, key = checked_url(str(told["url"])), str(told["api_key"])
        with _direct.open(f"{url.removesuffix('/v1')}/healthz", timeout=5) as answer:
            # not whoever has got the port of a server that was killed: the key is for this one
            ours = json.loads(answer.read(4096))["instance"] == told["instance"]
    except (OSError, ValueError, KeyError, TypeError, HTTPException):
        return None
    return Address(url, Secret(key), is_openai=False) if ours else None


def _log(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (folder / "server.log").open("ab+")
    except OSError as problem:
        raise LocalServerError(
            f"the embedded server cannot use {folder}: {problem.strerror}; pass data_dir= or set OPENFT_DATA_DIR"
        ) from problem


def _spawn(folder: Path, key: str, log: BinaryIO, *, temporary: bool) -> subprocess.Popen[bytes]:
    python = os.environ.get(PYTHON) or sys.executable
    at_once = ["--grace-seconds", "0"] if temporary else []  # nobody will go on from a worker's last checkpoint
    try:
        return subprocess.Popen(  # noqa: S603 - our own module
            [python, "-m", "openft.server", "--port", "0", "--data-dir", str(folder), *at_once],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "OPENFT_SERVER_API_KEYS": key},
            start_new_session=True,
        )
    except OSError as problem:
        raise LocalServerError(
            f"the embedded server cannot be started: {problem}; {PYTHON} may name a Python"
        ) from bare(problem)


def _first_line(child: subprocess.Popen[bytes]) -> bytes:
    too_late = Timer(START, child.kill)
    too_late.daemon = True
    too_late.start()
    try:
        return cast("BinaryIO", child.stdout).readline()
    finally:
        too_late.cancel()


def _appearing(folder: Path) -> Address | None:
    """Return where the server is that holds the folder, if it says so within a second; one that stops will not."""
    until = monotonic() + 1.0
    while (found := attach(folder)) is None and monotonic() < until:
        sleep(0.1)
    return found


def _refusal(folder: Path, words: str) -> OpenFTError:
    if "openft[server]" in words or "No module named" in words:
        python = os.environ.get(PYTHON)
        return MissingExtra(f"the embedded server that {python} runs" if python else "the embedded server", "server")
    return LocalServerError(f"the embedded server on {folder} did not start: {words or 'it said nothing'}")
