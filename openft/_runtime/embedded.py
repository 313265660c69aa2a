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
from pathlib import Path
from threading import Lock
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from openft.config import Address, default_data_dir
from openft.errors import LocalServerError, MissingExtra

STOP = 15.0
"""Seconds that a server has to write its checkpoints and end."""
_direct = build_opener(ProxyHandler({}))


@dataclass
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
            address = self.known or self._found_or_started()
            self.known = address
            return address

    def _found_or_started(self) -> Address:
        folder = self._folder()
        running = attach(folder)
        if running is not None:
            return running
        key = f"sk-openft-{secrets.token_hex(16)}"
        child = _spawn(folder, key)
        line = child.stdout.readline() if child.stdout else b""
        try:
            url = str(json.loads(line)["url"])
        except (ValueError, KeyError, TypeError):
            return self._second_chance(folder, child)
        self._child = child
        return Address(url, key, is_openai=False)

    def stop(self) -> None:
        """End the server if this process started it, after it has written its checkpoints."""
        if self._pid != os.getpid():
            return
        self.known = None
        child, self._child = self._child, None
        if child is not None:
            _end(child)
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None

    def _folder(self) -> Path:
        if self.temporary:
            self._made = self._made or Path(tempfile.mkdtemp(prefix="openft-"))
            return self._made
        return self.data_dir or default_data_dir()

    def _second_chance(self, folder: Path, child: subprocess.Popen[bytes]) -> Address:
        """Another process may have started the server in the same moment; else say why it did not start."""
        _end(child)
        running = attach(folder)
        if running is not None:
            return running
        words = _last_words(folder)
        if "openft[server]" in words or "No module named" in words:
            raise MissingExtra("the embedded server", "server")
        raise LocalServerError(f"the embedded server on {folder} did not start: {words or 'it said nothing'}")


def attach(folder: Path) -> Address | None:
    """Return where a live server on this data directory is, None when there is none."""
    try:
        told = json.loads((folder / "server.json").read_text("utf-8"))
        url, key = str(told["url"]), str(told["api_key"])
        parts = urlsplit(url)
        with _direct.open(f"{parts.scheme}://{parts.netloc}/healthz", timeout=2) as answer:
            alive = answer.status == 200
    except (OSError, ValueError, KeyError, TypeError, URLError):
        return None
    return Address(url, key, is_openai=False) if alive else None


def _spawn(folder: Path, key: str) -> subprocess.Popen[bytes]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "server.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "openft.server", "--port", "0", "--data-dir", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "OPENFT_SERVER_API_KEYS": key},
                start_new_session=True,
            )
    except OSError as problem:
        raise LocalServerError(
            f"the embedded server cannot use {folder}: {problem.strerror}; pass data_dir= or set OPENFT_DATA_DIR"
        ) from problem


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(STOP)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _last_words(folder: Path) -> str:
    try:
        lines = (folder / "server.log").read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
