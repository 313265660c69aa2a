"""JSON that is not one object a line: an array of objects, one object, or objects printed over many lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.reading.jsonlines import refuse_twice
from openft.data.reading.source import Source
from openft.data.reading.text import not_utf8
from openft.data.rows import (
    MAX_LINE_BYTES,
    MAX_SIGNS,
    Row,
    excerpt,
    is_crowded,
    json_type,
    refuse_constant,
    refuse_depth,
)
from openft.errors import DataError

_WHITE = " \t\r\n"
_DECODER = json.JSONDecoder(parse_constant=refuse_constant, object_pairs_hook=refuse_twice)
_SHARED = "several rows are on this line; from here on rows are counted where their lines do not tell them apart"
_CUT = 12
"""A literal, an escape or a number that begins this near to the end of a piece may be cut off there."""


def is_document(head: bytes) -> bool:
    """Return whether JSON is to be read as a whole and not line by line, by its first bytes in UTF-8."""
    text = head.decode("utf-8", "replace").lstrip()
    if text.startswith("["):
        return True
    first = text.split("\n", 1)[0]
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        return _may_be_cut(error, text) and len(first) < len(text.rstrip())
    except (RecursionError, ValueError):
        return False
    return len(first) < end


def read_document(source: Source, chunks: Iterator[bytes], batch_bytes: int) -> Iterator[Batch]:
    """Yield the objects of a JSON text, each with the line that it begins in, or with the next number that is free.

    Where rows share a line, its number would not tell them apart; with all of them on one line, rows are counted.

    Raises:
        DataError: the text is not JSON, or a row is wrong and nobody else is told.
    """
    source.note(rules.JSON_DOCUMENT, "read as one JSON text; openft writes one object a line")
    text = _Text(chunks)
    numbers: list[int] = []
    rows: list[Row] = []
    taken = number = 0
    shared = False
    for line, value, length in _values(text):
        if line <= number and not shared:
            shared = True
            source.note(rules.JSON_DOCUMENT, _SHARED, line=line)
        number = max(line, number + 1)
        try:
            rows.append(_row(value, text))
        except DataError as error:
            source.refuse(error.reason, number)
        else:
            numbers.append(number)
        taken += length
        if taken >= batch_bytes:
            yield Batch(source.file, numbers, rows)
            numbers, rows, taken = [], [], 0
    if rows:
        yield Batch(source.file, numbers, rows)


class _Text:
    """A text of which only the part that is looked at is kept."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._undecoded = b""
        self.kept = ""
        self.at = 0
        self.line = 1

    def more(self) -> bool:
        """Take in as much again as is there, and return whether anything came."""
        self.kept = self.kept[self.at :]
        self.at = 0
        pieces: list[str] = []
        wanted = len(self.kept) + 1
        while wanted > 0 and (piece := self._piece()) is not None:
            pieces.append(piece)
            wanted -= len(piece)
        self.kept += "".join(pieces)
        return bool(pieces)

    def _piece(self) -> str | None:
        chunk = next(self._chunks, None)
        raw = self._undecoded + (chunk or b"")
        if not raw:
            return None
        try:
            text, self._undecoded = raw.decode(), b""
        except UnicodeDecodeError as error:
            if chunk is None or error.end < len(raw) or len(raw) - error.start > 3:
                before = self.kept.count("\n") + raw.count(b"\n", 0, error.start)
                begins = raw.rfind(b"\n", 0, error.start) + 1
                line = raw[begins : error.end + 40]
                shown = UnicodeDecodeError("utf-8", line, error.start - begins, error.end - begins, error.reason)
                raise DataError(not_utf8(line, shown).reason, line=self.line + before) from error
            text, self._undecoded = raw[: error.start].decode(), raw[error.start :]
        return text

    def skip(self, also: str = "") -> str:
        """Step over white space, and one character of ``also`` if it is there; return what is there then."""
        while True:
            stop = self.at
            while stop < len(self.kept) and self.kept[stop] in _WHITE:
                stop += 1
            self.step(stop)
            if self.at == len(self.kept):
                if not self.more():
                    return ""
            elif also and self.kept[self.at] in also:
                self.step(self.at + 1)
                also = ""
            else:
                return self.kept[self.at]

    def step(self, to: int) -> None:
        """Go on, counting lines."""
        self.line += self.kept.count("\n", self.at, to)
        self.at = to


def _values(text: _Text) -> Iterator[tuple[int, object, int]]:
    """Yield each value with its line and length: the items of an array, or values that follow each other."""
    is_array = text.skip() == "["
    if is_array:
        text.step(text.at + 1)
    character = text.skip()
    while character and not (is_array and character == "]"):
        line = text.line
        value, end = _decode(text)
        length = end - text.at
        text.step(end)
        yield line, value, length
        character = text.skip()
        if is_array and character not in {",", "]"}:
            raise _not_json(text, "Expecting ',' or ']'", text.at)
        if is_array and character == ",":
            character = text.skip(",")
            if character == "]":
                raise _not_json(text, "Expecting value", text.at)
    if is_array:
        if not character:
            raise _not_json(text, "the array has no end", text.at)
        text.step(text.at + 1)
        if text.skip():
            raise _not_json(text, "Extra data", text.at)


def _decode(text: _Text) -> tuple[object, int]:
    """Return the value that begins here, and where it ends, taking in more of the text until it is whole."""
    while True:
        try:
            whole: tuple[object, int] = _DECODER.raw_decode(text.kept, text.at)
        except json.JSONDecodeError as error:
            cut = _may_be_cut(error, text.kept)
            refusal = _not_json(text, error.msg, error.pos)
            if cut:
                _refuse_large(text)
            if not cut or not text.more():
                raise refusal from error
        except RecursionError as error:
            raise DataError("nested too deep; flatten the row", line=text.line) from error
        except DataError as error:
            raise DataError(error.reason, line=text.line) from error
        except ValueError as error:
            shown = excerpt(text.kept[text.at : text.at + 60])
            raise DataError(
                f"a number that JSON does not have or that is too long: {shown}; remove it", line=text.line
            ) from error
        else:
            value, end = whole
            if end < len(text.kept) or type(value) in {dict, list} or not text.more():
                return value, end


def _refuse_large(text: _Text) -> None:
    """Raise DataError if a row whose end is not there yet is too large already."""
    length = len(text.kept) - text.at
    if length > MAX_SIGNS and is_crowded(text.kept[text.at :].encode()):
        raise DataError(f"a row of more than {MAX_SIGNS:,} commas and brackets; split it", line=text.line)
    if length > MAX_LINE_BYTES:
        raise DataError(f"a row longer than {MAX_LINE_BYTES >> 20} MiB; shorten it", line=text.line)


def _may_be_cut(error: json.JSONDecodeError, text: str) -> bool:
    if error.msg.startswith("Invalid control"):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()) - _CUT


def _not_json(text: _Text, why: str, at: int) -> DataError:
    line = text.line + text.kept.count("\n", text.at, at)
    here = excerpt(text.kept[at : at + 60]) or "the end of the file; is it cut off?"
    return DataError(f"not valid JSON ({why}) at {here}; mend it there", line=line)


def _row(value: object, text: _Text) -> Row:
    if not isinstance(value, dict):
        shown = excerpt(json.dumps(value, ensure_ascii=True)[:100])
        raise DataError(f"a JSON {json_type(value)}, not an object: {shown}; write one {{…}} for each row")
    row = cast("Row", value)
    if set(map(type, row.values())) <= {str} and "".join([*row, *map(str, row.values())]).isascii():
        return row
    refuse_depth(row, "a row")
    try:
        json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise DataError("half a surrogate pair in a text; write the whole character") from error
    except ValueError as error:
        raise DataError("a number too large for a float; put it in quotes, or remove it") from error
    return row
