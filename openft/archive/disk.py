"""What is on the disk when a function returns, and one run at a time in a folder."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from openft.data.writing import appearing, sync_folder
from openft.errors import ConfigError, DataError

LOCK = ".openft-lock"
CHUNK = 1 << 20


class Written(NamedTuple):
    """What a file has become."""

    bytes: int
    sha256: str


def write(target: Path, pieces: Iterable[bytes]) -> Written:
    """Write a file that appears whole or not at all, and return its size and its hash."""
    make_folder(target.parent)
    size, digest = 0, sha256()
    with appearing(target) as (file,):
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
    return Written(size, digest.hexdigest())


def hidden_in(folder: Path) -> Path:
    """Return a name in the folder for something that is not complete; the next run removes what is left of it."""
    make_folder(folder)
    return folder / f".openft-{secrets.token_hex(8)}.tmp"


def reveal(hidden: Path, target: Path) -> None:
    """Give a file its name once it is on the disk."""
    with failing(target):
        with hidden.open("rb+") as file:
            os.fsync(file.fileno())
        hidden.replace(target)
        sync_folder(target.parent)


def hash_of(path: Path) -> Written:
    """Return a file's size and its hash."""
    size, digest = 0, sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return Written(size, digest.hexdigest())


def sweep(folder: Path) -> None:
    """Remove what killed runs have left half written."""
    for pattern in (".openft-*.tmp", ".openft-*.part"):
        for left in folder.rglob(pattern):
            with suppress(OSError):
                left.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, for good."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with failing(folder):
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


@contextmanager
def failing(path: Path) -> Generator[None]:
    """Let what the system refuses be a DataError that names the path."""
    try:
        yield
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise DataError(f"cannot be written: {reason}", file=str(path)) from problem


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Hold the folder for one run.

    Raises:
        ConfigError: another run has it.
    """
    make_folder(folder)
    with failing(folder / LOCK):
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        try:
            _hold(descriptor)
        except OSError as problem:
            if problem.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise DataError(f"cannot be locked: {problem.strerror}", file=str(folder / LOCK)) from problem
            text = f"another run is at work in {folder}; let it end, or name another folder"
            raise ConfigError(text) from None
        yield
    finally:
        os.close(descriptor)  # which gives the lock back


def _hold(descriptor: int) -> None:
    if sys.platform == "win32":  # pragma: no cover - another platform's lock
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
