"""Lines of JSON copied from file to file with what is put around their texts, for which they need not be parsed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from openft.data.encode import encoded
from openft.data.fixes.fix import Around, Fix
from openft.data.reading.jsonlines import read_json_lines
from openft.data.reading.opening import open_file
from openft.data.reading.source import Source
from openft.errors import DataError

_PIECE = 1 << 18
"""Bytes that are copied at a time; each piece costs a little, and much larger ones memory that has to be cleared."""
_LONG = 512
"""Bytes of a line from which it is long."""
_HEAD, _MIDDLE, _END = b'{"prompt": "', b'", "completion": "', b'"}\n'


class Unchanged:
    """What tells that a file is still the one that was looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self._now()

    def hold(self) -> None:
        """Raise DataError if the file is another one by now.

        Raises:
            DataError: it was written to, replaced or removed.
        """
        if self._now() != self._known:
            reason = "was changed after it was looked at; let nobody write to it, and start again"
            raise DataError(reason, file=str(self._path))

    def _now(self) -> tuple[int, ...]:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - Path.stat costs the loading of more
        except (OSError, ValueError):
            return ()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def copied(source: Source, path: Path, last: Sequence[Fix]) -> Iterator[tuple[bytes, int]]:
    """Yield the lines of a file with changes made, many at a time, and how many they are.

    Args:
        source: the file, of which each row is a line of JSON with a prompt and a completion, and nothing else.
        path: where it is.
        last: the changes; each puts something around all texts of a column.
    """
    frame = framed([fix.around for fix in last if fix.around is not None])
    with open_file(path) as file:
        while piece := file.read(_PIECE) + file.readline():
            written = put(piece, frame)
            if written is not None:
                yield written
                continue
            for batch in read_json_lines(source, iter([piece])):
                yield encoded(batch, last), len(batch.rows)


class Frame(NamedTuple):
    """What is around the texts of a line."""

    head: bytes
    middle: bytes
    end: bytes


def framed(around: Sequence[Around]) -> Frame:
    """Return what is around the texts of a line, with more around all texts of a column."""
    return Frame(
        _HEAD + _joined(around, "prompt", "before"),
        _joined(around, "prompt", "behind") + _MIDDLE + _joined(around, "completion", "before"),
        _joined(around, "completion", "behind") + _END,
    )


def put(piece: bytes, frame: Frame) -> tuple[bytes, int] | None:
    """Return lines of two texts with another frame, and how many; None unless all are as ``encoded`` writes them.

    In JSON, a quotation mark in a text follows a backslash, so that neither the middle of a line nor what is between
    two of them is anywhere else. How the texts are written stays as it is.

    Args:
        piece: lines of JSON, each a prompt and a completion.
        frame: what is to be around the texts.
    """
    if not (piece.startswith(_HEAD) and piece.endswith(_END)):
        return None
    return _one_by_one(piece, frame) if piece.find(b"\n") > _LONG else _all_at_once(piece, frame)


def _all_at_once(piece: bytes, frame: Frame) -> tuple[bytes, int] | None:
    lines = piece[len(_HEAD) : -len(_END)].split(_END + _HEAD)
    texts = (frame.end + frame.head).join(lines).split(_MIDDLE)
    if len(texts) != len(lines) + 1 or piece.count(b"\n") != len(lines):
        return None
    texts[0], texts[-1] = frame.head + texts[0], texts[-1] + frame.end
    return frame.middle.join(texts), len(lines)


def _one_by_one(piece: bytes, frame: Frame) -> tuple[bytes, int] | None:
    """Do the same in half the time where lines are long, of which not all of each is looked through."""
    lines = BytesIO(piece).readlines()
    made: list[bytes] = []
    for line in lines:
        at = line.find(_MIDDLE)
        if at < 0 or not (line.startswith(_HEAD) and line.endswith(_END)):
            return None
        made += frame.head, line[len(_HEAD) : at], frame.middle, line[at + len(_MIDDLE) : -len(_END)], frame.end
    return b"".join(made), len(lines)


def _joined(around: Sequence[Around], column: str, side: Literal["before", "behind"]) -> bytes:
    """Return what goes to one side of a column's texts, as it stands in JSON."""
    parts = [one.before if side == "before" else one.behind for one in around if one.column == column]
    text = "".join(reversed(parts) if side == "before" else parts)
    return json.dumps(text, ensure_ascii=False)[1:-1].encode()
