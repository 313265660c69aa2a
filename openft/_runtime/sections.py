"""A file that goes out in parts: several are read at a time, and all of it is hashed once, in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from openft._core.multipart import Section, Upload
from openft._runtime.disk import CHUNK, contents, from_disk
from openft.errors import ConfigError, DataError

STEP = 8 * CHUNK
"""Bytes that are hashed in one go; a cancelled upload waits no longer than for that."""


class Source:
    """Content of known size that can be read at any place.

    Raises:
        ConfigError: it is none.
    """

    def __init__(self, sent: Upload) -> None:
        content = sent.content
        if sent.size is None or callable(content) or isinstance(content, Section):
            raise ConfigError("what is uploaded in parts must have a known size; pass a path, bytes or an open file")
        self.size = sent.size
        self.path = content if isinstance(content, Path) else None
        self._content: Path | bytes | BinaryIO = content
        self._start = sent.start
        self._place = sent.place
        self._position = Lock()
        self._state = (sent.size, self._look()[1])

    @property
    def modified(self) -> int:
        """When the file was last changed, in nanoseconds; 0 for what is no file."""
        return self._state[1]

    def part(self, start: int, size: int) -> Upload:
        """Return a run of the content as what a form takes."""
        return Upload("upload", _Run(self, start, size), size, origin=self._place)

    def pieces(self, start: int, size: int) -> Iterator[bytes]:
        """Yield a run of the content; an empty piece says that the next one may have to be waited for.

        Raises:
            DataError: the file is not what it was when the upload began.
        """
        content = self._content
        if isinstance(content, Path):
            yield from from_disk(content, start, size)
        elif isinstance(content, bytes):
            for place in range(start, start + size, CHUNK):
                yield content[place : min(place + CHUNK, start + size)]
        else:
            for place in range(start, start + size, CHUNK):
                yield b""
                yield self._read(content, place, min(CHUNK, start + size - place))
        self.check()

    def check(self) -> None:
        """Raise DataError where the file has changed since the upload began."""
        if self._look() != self._state:
            raise DataError("changed while it was being sent; call again to send it anew", file=self._place)

    def _read(self, file: BinaryIO, place: int, size: int) -> bytes:
        with self._position:
            file.seek(self._start + place)
            return file.read(size)

    def _look(self) -> tuple[int, int]:
        if self.path is None:
            return self.size, 0
        try:
            found = self.path.stat()
        except OSError:
            return 0, 0
        return found.st_size, found.st_mtime_ns


class _Run(Section):
    def __init__(self, source: Source, start: int, size: int) -> None:
        self._source = source
        self._start = start
        self._size = size

    def pieces(self) -> Iterator[bytes]:
        yield from self._source.pieces(self._start, self._size)


class Digest:
    """The MD5 of a whole content, of which parts may be sent in any order.

    Whoever has sent a part hashes on up to its end, when the system still has it in memory: the disk is read once.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hash = hashlib.md5(usedforsecurity=False)
        self._done = 0
        self._turn = Lock()

    def advance(self, until: int) -> bool:
        """Hash some more, and return whether that was all up to a place."""
        with self._turn:
            size = min(STEP, until - self._done)
            if size > 0:
                for piece in contents(self._source.part(self._done, size)):
                    self._hash.update(piece)
                self._done += size
            return self._done >= until

    def text(self) -> str:
        """Return what has been hashed, in hexadecimal."""
        return self._hash.hexdigest()
