"""A multipart/form-data body around one streamed file (RFC 7578; names escaped as in WHATWG HTML 4.10)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias


class Section:
    """A run of a larger content, which reads itself."""

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes; an empty piece says that the next one may have to be waited for."""
        raise NotImplementedError


Content: TypeAlias = Path | bytes | BinaryIO | Section | Callable[[], Iterable[bytes]]
"""A file on disk, bytes, an open file, a run of one of these, or a function that starts the content afresh."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file's content on its way out."""

    filename: str
    content: Content
    size: int | None
    """Bytes to come, None when nobody knows before they have been made."""
    start: int = 0
    """Where an open file stood when it was given."""
    repeatable: bool = True
    """Whether the content can be sent a second time."""
    origin: str | None = None
    """What errors call it, where that is not its path or name."""

    @property
    def place(self) -> str:
        """What errors call it: a path as it was given, else the name it goes under."""
        return self.origin or (str(self.content) if isinstance(self.content, Path) else self.filename)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, text first, then one file."""

    fields: Mapping[str, str]
    name: str
    """The file's field."""
    upload: Upload
    boundary: str = field(default_factory=lambda: os.urandom(16).hex())

    @property
    def content_type(self) -> str:
        """The header that goes with the body."""
        return f"multipart/form-data; boundary={self.boundary}"

    def head(self) -> bytes:
        """Return all bytes before the file's content."""
        parts = [
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{escape(name)}"\r\n\r\n{value}\r\n'
            for name, value in self.fields.items()
        ]
        parts.append(
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{escape(self.name)}"; '
            f'filename="{escape(self.upload.filename)}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        return "".join(parts).encode("utf-8", "replace")

    def tail(self) -> bytes:
        """Return all bytes behind the file's content."""
        return f"\r\n--{self.boundary}--\r\n".encode()

    def size(self) -> int | None:
        """Return the length of the whole body, None when the file's is not known."""
        content = self.upload.size
        return None if content is None else len(self.head()) + content + len(self.tail())


def escape(text: str) -> str:
    """Return a field or file name as it may stand between double quotes."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22").replace("\0", "")
