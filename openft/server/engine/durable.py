"""Puts files and folders in place so that a crash leaves the old ones or the new ones, never half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def file_in_place(path: Path) -> Generator[Path, None, None]:
    """Yield a temporary name to write to; what stands there at the end replaces ``path``."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def folder_in_place(path: Path) -> Generator[Path, None, None]:
    """Yield a temporary folder to fill; it becomes ``path``, unless another process was there first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        yield temporary
        for entry in temporary.iterdir():
            sync(entry)
        sync(temporary)
        _rename_unless_there(temporary, path)
        sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename_unless_there(temporary: Path, path: Path) -> None:
    try:
        temporary.rename(path)
    except OSError:
        # a folder only ever gets this name when it is complete, so the one that is there will do
        if not path.is_dir():
            raise
