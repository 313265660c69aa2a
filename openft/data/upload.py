"""Whether bytes are a training file: checked while they pass, in bounded memory.

Lines end with a line feed only, since U+2028 and the like are legal inside JSON strings. A carriage return before it,
blank lines, and a byte order mark before line 1 are let through; OpenAI refused the mark, Azure demanded it, and
nothing is lost by reading past it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from openft.data.reading.jsonlines import Parsed, parsed, row_of
from openft.data.reading.lines import BOM
from openft.data.reading.opening import open_file, unreadable
from openft.data.rows import (
    MAX_LINE_BYTES,
    MAX_MESSAGES,
    ROLES,
    Kind,
    Row,
    check_row,
    refuse_long,
    refuse_mixture,
)
from openft.errors import DataError

_CHUNK = 1024 * 1024
_MESSAGES, _ROLE, _CONTENT = itemgetter("messages"), itemgetter("role"), itemgetter("content")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a training file was found to be."""

    rows: int
    """Training records that were checked; blank lines do not count."""
    kind: Kind


class UploadCheck:
    """Checks the bytes of one training file as they arrive, cut anywhere.

    ```python
    check = UploadCheck()
    for chunk in chunks:
        check.feed(chunk)
    checked = check.finish()
    ```

    Args:
        first: how many rows are checked, what follows is let through; None for all.
    """

    def __init__(self, *, first: int | None = None) -> None:
        self._rest = bytearray()
        self._line = 0
        self._rows = 0
        self._kind: Kind | None = None
        self._first = first

    @property
    def enough(self) -> bool:
        """Whether all rows have been checked that were to be."""
        return self._rows == self._first

    def feed(self, chunk: bytes) -> None:
        """Check the lines that end in this chunk.

        Raises:
            DataError: a line is wrong; ``line`` and ``reason`` say which and why.
        """
        for start in range(0, len(chunk), _CHUNK):  # rows take ten times the memory of their lines
            if self.enough:
                return
            self._feed(chunk[start : start + _CHUNK])

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

    def _feed(self, chunk: bytes) -> None:
        cut = chunk.rfind(b"\n")
        if cut < 0:
            self._rest += chunk
        else:
            self._rest += chunk[:cut]
            self._check(bytes(self._rest))
            self._rest = bytearray(chunk[cut + 1 :])
        if len(self._rest) > MAX_LINE_BYTES:  # refused now, not when its end comes
            self._refuse_long()

    def _check(self, block: bytes) -> None:
        """Check whole lines, together where nothing is wrong with them."""
        lines = self._unmarked(block).split(b"\n")
        whole = self._first is None or self._rows + len(lines) <= self._first
        found = parsed(lines, block) if whole else None
        if found is None:
            self._line_by_line(lines)
        elif (kind := _kind_of_all(found)) is not None and self._kind in (None, kind):
            self._kind = kind
            self._line += len(lines)
            self._rows += len(lines)
        else:
            self._one_by_one(found.rows)

    def _line_by_line(self, lines: list[bytes]) -> None:
        with self._placed():
            for line in lines:
                if self.enough:
                    return
                self._line += 1
                refuse_long(line)
                if line and not line.isspace():
                    self._take(row_of(line))

    def _one_by_one(self, rows: list[Row]) -> None:
        with self._placed():
            for row in rows:
                self._line += 1
                self._take(row)

    def _take(self, row: Row) -> None:
        kind = check_row(row)
        self._kind = self._kind or kind
        refuse_mixture(kind, self._kind, row)
        self._rows += 1

    def _refuse_long(self) -> None:
        line = self._unmarked(bytes(self._rest))
        if len(line) > MAX_LINE_BYTES:
            self._line_by_line([line])

    def _unmarked(self, raw: bytes) -> bytes:
        return raw if self._line else raw.removeprefix(BOM)

    @contextmanager
    def _placed(self) -> Generator[None]:
        try:
            yield
        except DataError as error:
            raise DataError(error.reason, line=self._line) from error


def _kind_of_all(found: Parsed) -> Kind | None:
    """Return the kind of rows that are all correct and as plain as most are, None if one needs a closer look."""
    if found.both is not None:
        return "prompt_completion" if all(found.both[1]) else None
    try:
        return "chat" if _are_chats(found.rows) else None
    except (KeyError, TypeError):
        return None


def _are_chats(rows: list[Row]) -> bool:
    talks: list[list[Row]] = list(map(_MESSAGES, rows))
    if set(map(type, talks)) != {list} or max(map(len, rows)) > 1 or not 0 < max(map(len, talks)) <= MAX_MESSAGES:
        return False
    messages = list(chain.from_iterable(talks))
    if set(map(type, messages)) != {dict} or max(map(len, messages)) > 2:
        return False
    spoken = set(map(type, map(_CONTENT, messages))) == {str} and set(map(_ROLE, messages)) <= set(ROLES)
    return spoken and all(talk and talk[-1]["role"] == "assistant" for talk in talks)


def check_file(file: Path | BinaryIO, *, name: str | None = None, first: int | None = None) -> Checked:
    """Return what the file is, having read all of it or its first rows.

    Args:
        file: a path, or a binary file, which is read from where it stands.
        name: what errors call the file; a path's own text when left out.
        first: how many rows are checked; None for all.

    Raises:
        DataError: the file cannot be read or is not a training file; ``file`` and ``line`` say where.
    """
    if isinstance(file, Path):
        name = name or str(file)
        try:
            with open_file(file) as opened:
                return check_file(opened, name=name, first=first)
        except OSError as error:
            raise unreadable(file, error) from error
    check = UploadCheck(first=first)
    try:
        while not check.enough and (chunk := file.read(_CHUNK)):
            check.feed(chunk)
        return check.finish()
    except DataError as error:
        raise DataError(error.reason, file=name, line=error.line) from error
