"""The embedded server's process: attach to the one that runs on a data directory, or start it."""

from __future__ import annotations

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

from openft.config import Address, checked_url, default_data_dir
from openft.errors import LocalServerError, MissingExtra, OpenFTError

START = 60.0
"""Seconds that a server has to say where it is."""
STOP = 15.0
"""Seconds that a server has to write its checkpoints and end."""
_direct = build_opener(ProxyHandler({}))


@dataclass(eq=False)
class Embedded:
    """A server for one client, shared with whoever else uses its data directory."""

    data_dir: Path | None
    """None is the user's data directory."""
    temporary: bool
    known: Address | None = field(default=None, init=False, repr=False)
    """Where it was found or started."""
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)
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
                folder = self._folder()
                self.known = attach(folder) or self._started(folder)
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

    def _folder(self) -> Path:
        if not self.temporary:
            return self.data_dir or default_data_dir()
        if self._made is None:
            try:
                self._made = Path(tempfile.mkdtemp(prefix="openft-"))
            except OSError as problem:
                raise LocalServerError(f"there is no room for a temporary folder ({problem})") from problem
        return self._made

    def _started(self, folder: Path) -> Address:
        self._end_child()  # one that was lost
        key = f"sk-openft-{secrets.token_hex(16)}"
        with _log(folder) as log:
            before = log.seek(0, os.SEEK_END)
            self._child = child = _spawn(folder, key, log)
            try:
                return Address(str(json.loads(_first_line(child))["url"]), key, is_openai=False)
            except (ValueError, KeyError, TypeError):
                self._end_child()
            log.seek(before)
            words = log.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        other = _other(folder, words)
        if other is None:
            raise _refusal(folder, words)
        return other

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
        with _direct.open(f"{url.removesuffix('/v1')}/healthz", timeout=2) as answer:
            ours = "openft-version" in answer.headers  # not whoever got the port of a server that was killed
    except (OSError, ValueError, KeyError, TypeError, HTTPException):
        return None
    return Address(url, key, is_openai=False) if ours else None


def _log(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (folder / "server.log").open("ab+")
    except OSError as problem:
        raise LocalServerError(
            f"the embedded server cannot use {folder}: {problem.strerror}; pass data_dir= or set OPENFT_DATA_DIR"
        ) from problem


def _spawn(folder: Path, key: str, log: BinaryIO) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "openft.server", "--port", "0", "--data-dir", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "OPENFT_SERVER_API_KEYS": key},
            start_new_session=True,
        )
    except OSError as problem:
        raise LocalServerError(f"the embedded server cannot be started: {problem}") from problem


def _first_line(child: subprocess.Popen[bytes]) -> bytes:
    too_late = Timer(START, child.kill)
    too_late.daemon = True
    too_late.start()
    try:
        return cast("BinaryIO", child.stdout).readline()
    finally:
        too_late.cancel()


def _other(folder: Path, words: str) -> Address | None:
    """Return where the server is that another process has started in the same moment, once it says so."""
    until = monotonic() + (STOP if "another server" in words else 0.0)
    while (found := attach(folder)) is None and monotonic() < until:
        sleep(0.1)
    return found


def _refusal(folder: Path, words: str) -> OpenFTError:
    if "openft[server]" in words or "No module named" in words:
        return MissingExtra("the embedded server", "server")
    return LocalServerError(f"the embedded server on {folder} did not start: {words or 'it said nothing'}")
