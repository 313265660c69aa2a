"""The data directory: where things are kept, who may use it, and how bytes get there to stay."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from openft.server.settings import ServeError


class Home:
    """One data directory, used by one server at a time.

    ```
    openft.sqlite   files, jobs, models, events
    files/ID        contents
    incoming/       uploads on their way; emptied at start
    jobs/STEM/      a job's folder (see openft.server.jobspec); its model stays there
    bases/NAME/     embedded bases, made on first use
    lock, server.json, api-key, inference.log
    ```
    """

    def __init__(self, root: Path) -> None:
        self.root: Path = root.absolute()
        self.database: Path = self.root / "openft.sqlite"
        self.files: Path = self.root / "files"
        self.incoming: Path = self.root / "incoming"
        self.jobs: Path = self.root / "jobs"
        self.bases: Path = self.root / "bases"
        self.server_json: Path = self.root / "server.json"
        self.key_file: Path = self.root / "api-key"
        self.inference_log: Path = self.root / "inference.log"
        self._lock: int | None = None

    def open(self) -> None:
        """Make the folders and take the lock; does nothing when this object holds it already.

        Raises:
            ServeError: another server is at work here, or the folder cannot be written to.
        """
        if self._lock is not None:
            return
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ServeError(_unusable(self.root, error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for folder in (self.files, self.incoming, self.jobs, self.bases):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            os.close(descriptor)
            raise ServeError(_unusable(self.root, error)) from error
        self._lock = descriptor

    def close(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def file(self, file_id: str) -> Path:
        """Return where a file's content is."""
        return self.files / file_id

    def job(self, stem: str) -> Path:
        """Return a job's folder."""
        return self.jobs / stem

    def temporary(self) -> Path:
        """Return a new name for an upload on its way."""
        return self.incoming / secrets.token_hex(12)


def _unusable(root: Path, error: OSError) -> str:
    if error.errno in (errno.EAGAIN, errno.EACCES) and isinstance(error, BlockingIOError):
        return f"another server is using {root}; stop it, or choose another folder with --data-dir"
    return f"cannot use the data directory {root} ({error.strerror}); choose another with --data-dir"


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(temporary: Path, final: Path) -> None:
    """Make a written file durable under its final name; it was synced by who wrote it."""
    temporary.replace(final)
    sync(final.parent)


def write_in_place(final: Path, content: bytes) -> None:
    """Replace a file so that a crash leaves the old one or the new one; only its owner may read it."""
    temporary = final.with_name(f".{final.name}.tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    put_in_place(temporary, final)


def copy_in_place(source: Path, temporary: Path, final: Path) -> None:
    """Copy a file so that the copy is complete and durable once it has its name."""
    try:
        shutil.copyfile(source, temporary)
        sync(temporary)
        put_in_place(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


def remove(paths: Iterable[Path]) -> None:
    """Remove files and whole folders; what is not there is gone already."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
