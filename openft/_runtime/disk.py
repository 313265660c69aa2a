"""Files on disk: out as the pieces of a form, in under a name that appears only when all is there."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from openft._core.multipart import Form, Section, Upload
from openft._runtime.uploads import rewind
from openft.errors import DataError

CHUNK = 1024 * 1024
NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None)
"""Linux's flag to read only what is in memory."""


def pieces(form: Form) -> Generator[bytes, None, None]:
    """Yield a multipart body, the file's content read 1 MiB at a time.

    An empty piece says that the next one may have to be waited for. What the system has in memory comes without: a
    thread for every megabyte would double the CPU time of an upload on an event loop.

    Raises:
        DataError: the content cannot be read, or has changed its length since the upload began.
    """
    yield form.head()
    passed, promised = 0, form.upload.size
    for piece in contents(form.upload):
        passed += len(piece)
        if promised is not None and passed > promised:
            break
        yield piece
    if promised is not None and passed != promised:
        raise DataError(f"changed while it was being sent ({promised} bytes before); try again", file=form.upload.place)
    yield form.tail()


def contents(upload: Upload) -> Iterator[bytes]:
    """Yield the content; whatever fails in reading it is about the data, not about the connection.

    Raises:
        DataError: it cannot be read.
    """
    try:
        yield from _content(upload)
    except DataError:
        raise
    except Exception as problem:
        words = getattr(problem, "strerror", None) or f"{type(problem).__name__}: {problem}"
        raise DataError(f"cannot be read: {words}", file=upload.place) from problem


def sha256(upload: Upload) -> str | None:
    """Return the SHA-256 of the content, in hexadecimal; None where it cannot be read a second time."""
    if not upload.repeatable:
        return None
    from hashlib import sha256

    digest = sha256()
    try:
        for piece in contents(upload):
            digest.update(piece)
    except DataError:
        return None
    return digest.hexdigest()


def _content(upload: Upload) -> Iterator[bytes]:
    content = upload.content
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, Path):
        yield from from_disk(content)
    elif isinstance(content, Section):
        yield from content.pieces()
    elif callable(content):
        yield from _waited_for(_gathered(content()))
    else:
        rewind(content, upload.start)
        yield from _waited_for(iter(partial(content.read, CHUNK), b""))


def from_disk(path: Path, start: int = 0, size: int = sys.maxsize) -> Iterator[bytes]:
    """Yield ``size`` bytes of a file from ``start`` on, fewer where it ends; an empty piece where one must wait."""
    yield b""
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        buffer = memoryview(bytearray(min(CHUNK, size)))
        while size > 0:
            wanted = buffer[: min(CHUNK, size)]
            read = _in_memory(file, wanted)
            if read is None:
                yield b""
                read = file.readinto(wanted)
            if not read:
                return
            size -= read
            yield bytes(wanted[:read])


def _in_memory(file: FileIO, buffer: memoryview) -> int | None:
    """Read what needs no waiting and return its size, 0 at the end; None where there is nothing, or no telling."""
    if NOWAIT is None:  # pragma: no cover - other systems cannot tell
        return None
    position = file.tell()
    try:
        size = os.preadv(file.fileno(), [buffer], position, NOWAIT)
    except OSError:
        return None
    file.seek(position + size)
    return size


def _waited_for(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield b""
    for chunk in chunks:
        yield chunk
        yield b""


def _gathered(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces worth sending."""
    gathered = bytearray()
    for line in lines:
        gathered += line
        if len(gathered) >= CHUNK:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


@contextmanager
def replacing(target: Path) -> Generator[BinaryIO]:
    """Give a file to write to that takes the target's place when the body ends, and goes when it fails.

    Raises:
        DataError: the target is there and no file, or cannot be written.
    """
    if what := _no_file(target):
        raise DataError(f"is a {what}; name the file to write", file=str(target))
    partial = target.with_name(f".openft-{secrets.token_hex(8)}.part")
    try:
        try:
            with partial.open("xb") as file:
                yield file
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as problem:
        raise DataError(f"cannot be written: {problem.strerror or problem}", file=str(target)) from problem


def _no_file(target: Path) -> str | None:
    """Return what is there in place of a file; a rename would put one in the place of a device, too."""
    try:
        mode = target.stat().st_mode if target.name else stat.S_IFDIR
        return None if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "device or pipe"
    except OSError:
        return None
    except ValueError as problem:  # no path of this system's, as one with a null byte
        raise DataError(f"cannot be written: {problem}", file=str(target)) from problem
