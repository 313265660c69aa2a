"""A file's content in memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class FileContent:
    """What a file contains; for large files ``files.download`` writes to disk instead."""

    content: bytes

    def __repr__(self) -> str:
        return f"<FileContent of {len(self.content):,} bytes>"

    @property
    def text(self) -> str:
        """The content as text, a byte-order mark removed; bytes that are not UTF-8 become U+FFFD."""
        return self.content.decode("utf-8-sig", "replace")

    def read(self) -> bytes:
        """Return the content."""
        return self.content
