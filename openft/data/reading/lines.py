"""The lines of a text as bytes in UTF-8, with their numbers, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import NamedTuple

from openft.data.rows import MAX_LINE_BYTES, refuse_long
from openft.errors import DataError

BOM = b"\xef\xbb\xbf"


class Block(NamedTuple):
    """Whole lines that follow each other."""

    first: int
    """The number of the first one, counted from 1."""
    lines: list[bytes]
    """Without their ends, whether line feed or carriage return and line feed, unless these were asked for."""
    text: bytes
    """The lines with all that is between them."""
    ended: bool
    """Whether the last one has an end; only the very last line of a file may have none."""


def line_blocks(chunks: Iterable[bytes], *, returns: bool = False, ends: bool = False) -> Iterator[Block]:
    """Yield the lines of a text that comes in pieces cut anywhere.

    Lines end with a line feed only, since U+2028 and the like are legal inside JSON strings.

    Args:
        chunks: the text.
        returns: keep the carriage return before a line feed, which may be part of a quoted cell.
        ends: keep the ends of lines, which takes a quarter of the time.

    Raises:
        DataError: a line is too long, which bounds the memory needed.
    """
    number = 1
    rest: list[bytes] = []
    waiting = 0
    for chunk in chunks:
        cut = chunk.rfind(b"\n")
        if cut < 0:
            rest.append(chunk)
            waiting += len(chunk)
            if waiting > MAX_LINE_BYTES + 1:  # one more for a carriage return
                _refuse_long([b"".join(rest)], number)
            continue
        block = b"".join([*rest, memoryview(chunk)[: cut + ends]])
        rest = [chunk[cut + 1 :]]
        waiting = len(rest[0])
        lines = _split(block, number, returns=returns, ends=ends)
        yield Block(number, lines, block, ended=True)
        number += len(lines)
    if last := b"".join(rest):
        yield Block(number, _split(last, number, returns=returns, ends=ends), last, ended=False)


def _split(block: bytes, number: int, *, returns: bool, ends: bool) -> list[bytes]:
    lines = BytesIO(block).readlines() if ends else block.split(b"\n")
    if not (returns or ends) and b"\r" in block:
        lines = [line.removesuffix(b"\r") for line in lines]
    if len(block) > MAX_LINE_BYTES:
        _refuse_long(lines, number)
    return lines


def _refuse_long(lines: list[bytes], number: int) -> None:
    for line, raw in enumerate(lines, number):
        try:
            refuse_long(raw.rstrip(b"\r\n"))
        except DataError as error:
            raise DataError(error.reason, line=line) from error
