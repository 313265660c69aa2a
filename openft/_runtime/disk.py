"""Files on disk: out as the pieces of a form, in under a name that appears only when all is there."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from openft._core.multipart import Content, Form, rewind
from openft.errors import DataError

CHUNK = 1024 * 1024


def pieces(form: Form) -> Generator[bytes, None, None]:
    """Yield a multipart body, the file's content read 1 MiB at a time."""
    yield form.head()
    yield from _content(form.upload.content, form.upload.start)
    yield form.tail()


def _content(content: Content, start: int) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, Path):
        with content.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    elif callable(content):
        yield from _gathered(content())
    else:
        rewind(content, start)
        while chunk := content.read(CHUNK):
            yield chunk


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
        DataError: the target's folder cannot be written to.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        file = partial.open("wb")
    except OSError as problem:
        raise DataError(f"cannot be written: {problem.strerror or problem}", file=str(target)) from problem
    try:
        with file:
            yield file
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
