"""Opening what a path names, if it is a file: never a wait for a pipe, a device or a link that leads nowhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from openft.errors import DataError

_NOT_FILES = {
    stat.S_IFDIR: "a directory; name a file in it",
    stat.S_IFIFO: "a pipe; write what it gives to a file first",
    stat.S_IFSOCK: "a socket; write what it gives to a file first",
    stat.S_IFCHR: "a device; copy what is on it to a file first",
    stat.S_IFBLK: "a device; copy what is on it to a file first",
}

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a pipe put in the file's place after the look must not hang the open
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_file(path: Path) -> BinaryIO:
    """Return the file, open for reading bytes.

    Raises:
        DataError: nothing is there, it is not a file, or it may not be read.
    """
    try:
        _refuse_not_a_file(os.stat(path).st_mode, path)  # noqa: PTH116 - Path.stat hides the loop on some versions
        descriptor = os.open(path, _FLAGS)
        try:
            _refuse_not_a_file(os.fstat(descriptor).st_mode, path)
        except DataError:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "rb")
    except OSError as error:
        raise _unreadable_path(path, error) from error
    except ValueError as error:  # a zero byte in the name
        raise DataError("cannot be read: its name has a zero byte in it", file=str(path)) from error


def unreadable(path: Path, error: OSError) -> DataError:
    """Return what to raise when a file cannot be opened or read."""
    return DataError(f"cannot be read: {(error.strerror or str(error)).lower()}", file=str(path))


def _unreadable_path(path: Path, error: OSError) -> DataError:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return DataError(f"cannot be read: a link to {path.readlink()}, which is not there", file=str(path))
    return unreadable(path, error)


def _refuse_not_a_file(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        what = _NOT_FILES.get(stat.S_IFMT(mode), "not a file")
        raise DataError(f"cannot be read: {what}", file=str(path))
