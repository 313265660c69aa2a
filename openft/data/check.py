"""Whether bytes are a training file: line by line, while they pass, in bounded memory.

Lines end with a line feed only, since U+2028 and the like are legal inside JSON strings. A carriage return before it,
blank lines, and a byte order mark before line 1 are let through; OpenAI refused the mark, Azure demanded it, and
nothing is lost by reading past it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from openft.data.reading.lines import BOM
from openft.data.reading.opening import open_file, unreadable
from openft.data.rows import MAX_LINE_BYTES, Kind, check_row, parse_row, refuse_long, refuse_mixture
from openft.errors import DataError

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """What a training file was found to be."""

    rows: int
    """Training records; blank lines do not count."""
    kind: Kind


class UploadCheck:
    """Checks the bytes of one training file as they arrive, cut anywhere.

    ```python
    check = UploadCheck()
    for chunk in chunks:
        check.feed(chunk)
    checked = check.finish()
    ```
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._line = 0
        self._rows = 0
        self._kind: Kind | None = None

    def feed(self, chunk: bytes) -> None:
        """Check the lines that end in this chunk.

        Raises:
            DataError: a line is wrong; ``line`` and ``reason`` say which and why.
        """
        first, *others = chunk.split(b"\n")
        self._rest += first
        if others:
            self._check(bytes(self._rest))
            for line in others[:-1]:
                self._check(line)
            self._rest = bytearray(others[-1])
        if len(self._rest) > MAX_LINE_BYTES:  # refused now, not when its end comes
            self._check(bytes(self._rest))

    def finish(self) -> Checked:
        """Check what is left and return what the file is.

        Raises:
            DataError: the last line is wrong, or there was no row at all.
        """
        self._check(bytes(self._rest))
        self._rest.clear()
        if self._kind is None:
            raise DataError("the file has no rows; write one JSON object per line")
        return Checked(self._rows, self._kind)

    def _check(self, raw: bytes) -> None:
        self._line += 1
        if self._line == 1:
            raw = raw.removeprefix(BOM)
        try:
            refuse_long(raw)
            if not raw or raw.isspace():
                return
            row = parse_row(raw)
            kind = check_row(row)
            self._kind = self._kind or kind
            refuse_mixture(kind, self._kind, row)
        except DataError as error:
            raise DataError(error.reason, line=self._line) from error
        self._rows += 1


def check_file(file: Path | BinaryIO, *, name: str | None = None) -> Checked:
    """Return what the file is, having read all of it.

    Args:
        file: a path, or a binary file, which is read from where it stands to its end.
        name: what errors call the file; a path's own text when left out.

    Raises:
        DataError: the file cannot be read or is not a training file; ``file`` and ``line`` say where.
    """
    if isinstance(file, Path):
        name = name or str(file)
        try:
            with open_file(file) as opened:
                return check_file(opened, name=name)
        except OSError as error:
            raise unreadable(file, error) from error
    check = UploadCheck()
    try:
        while chunk := file.read(_CHUNK):
            check.feed(chunk)
        return check.finish()
    except DataError as error:
        raise DataError(error.reason, file=name, line=error.line) from error
