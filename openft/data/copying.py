"""Lines of JSON copied from file to file with what is put around their texts, for which they need not be parsed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from openft.data.encode import encoded
from openft.data.fixes.fix import Around, Fix
from openft.data.reading.jsonlines import read_json_lines
from openft.data.reading.opening import open_file
from openft.data.reading.source import Source
from openft.errors import DataError

_PIECE = 1 << 16
"""Bytes that are copied at a time; of larger pieces each copy takes memory that the system has to clear first."""
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
    around = [fix.around for fix in last if fix.around is not None]
    with open_file(path) as file:
        while piece := file.read(_PIECE) + file.readline():
            rows = piece.count(b"\n")
            written = put(piece, rows, around)
            if written is not None:
                yield written, rows
                continue
            for batch in read_json_lines(source, iter([piece])):
                yield encoded(batch, last), len(batch.rows)


def put(piece: bytes, rows: int, around: Sequence[Around]) -> bytes | None:
    """Return lines of two texts with more around these, None unless what they go to is written as ``encoded`` does.

    In JSON, a quotation mark in a text follows a backslash, so that the middle of a line is nowhere else. How the texts
    are written, and all else in a line, stays as it is.

    Args:
        piece: lines of JSON, each a prompt and a completion.
        rows: how many.
        around: what is to be put around all texts of a column.
    """
    texts = piece.split(_MIDDLE)
    if len(texts) != rows + 1 or b"\r" in piece or not piece.endswith(b"\n"):
        return None
    middle = _joined(around, "prompt", "behind") + _MIDDLE + _joined(around, "completion", "before")
    head, end = _HEAD + _joined(around, "prompt", "before"), _joined(around, "completion", "behind") + _END
    piece = middle.join(texts)
    if head + end == _HEAD + _END:
        return piece
    lines = piece.split(_END + _HEAD)
    if len(lines) != rows or not (piece.startswith(_HEAD) and piece.endswith(_END)):
        return None
    lines[0], lines[-1] = head + lines[0].removeprefix(_HEAD), lines[-1].removesuffix(_END) + end
    return (end + head).join(lines)


def _joined(around: Sequence[Around], column: str, side: Literal["before", "behind"]) -> bytes:
    """Return what goes to one side of a column's texts, as it stands in JSON."""
    parts = [one.before if side == "before" else one.behind for one in around if one.column == column]
    text = "".join(reversed(parts) if side == "before" else parts)
    return json.dumps(text, ensure_ascii=False)[1:-1].encode()
