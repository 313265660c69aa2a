"""Files that appear whole or not at all, one or several together."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Generator, Sequence
from errno import EISDIR
from pathlib import Path
from typing import BinaryIO

from openft.errors import DataError


@contextlib.contextmanager
def appearing(*paths: Path) -> Generator[Sequence[BinaryIO]]:
    """Give files to write to, which are under their names when the block ends well, and gone if it does not.

    They are written beside their places, synced to disk, and renamed; what was there is replaced. Once all are
    written, only a system that refuses a rename between two others can make some of them appear without the rest.

    Raises:
        DataError: one cannot be written.
    """
    for path in paths:
        _refuse_device(path)
    beside = [path.with_name(f".openft-{os.urandom(8).hex()}.tmp") for path in paths]
    try:
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(hidden.open("xb")) for hidden in beside]
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        if any(path.is_dir() for path in paths):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        for path, hidden in zip(paths, beside, strict=True):
            hidden.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"cannot be written: {reason}", file=", ".join(map(str, paths))) from error
    finally:
        for hidden in beside:
            with contextlib.suppress(OSError):
                hidden.unlink(missing_ok=True)


def _refuse_device(path: Path) -> None:
    """Raise DataError if a device or a pipe is there, whose place the file would take.

    Raises:
        DataError: it is.
    """
    with contextlib.suppress(OSError, ValueError):  # nothing is there, or it cannot be looked at: writing tells
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise DataError("is a device or a pipe; name the file to write", file=str(path))


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder durable, where the system lets a folder be opened (Windows does not)."""
    with contextlib.suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
