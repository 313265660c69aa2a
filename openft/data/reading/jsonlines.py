"""JSON Lines: one object in each line, read many lines at a time and each of them exactly."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple, cast

from pydantic_core import from_json

from openft.data.batch import Batch, Both, Plain, pairs_of
from openft.data.reading.lines import Block, line_blocks
from openft.data.reading.source import Source
from openft.data.rows import MAX_DEPTH, MAX_SIGNS, Row, excerpt, parse_row, refuse_crowded, refuse_depth
from openft.errors import DataError

_ESCAPE = re.compile(rb"\\([^n])")
"""But for line ends, which are the most frequent."""
_MAY_BE_CONTROL = re.compile(rb'\\[^"\\/nrt]')
_NO_CONTROL = frozenset({b'"', b"\\", b"/", b"r", b"t"})
_MOST_ESCAPES = 4 << 20
"""Bytes of which all may be escapes without taking much memory."""
_LONG = 512
"""Bytes of a row from which quotation marks are few."""


def read_json_lines(source: Source, chunks: Iterator[bytes]) -> Iterator[Batch]:
    """Yield the rows of a text in UTF-8, with each line's bytes; blank lines are passed over.

    Raises:
        DataError: a line is wrong, and nobody else is told.
    """
    for block in line_blocks(chunks, ends=True):
        whole, refusal = parsed(block.lines, block.text), None
        if whole is None:
            batch, refusal = _line_by_line(source, block)
        else:
            lines = range(block.first, block.first + len(whole.rows))
            plain = Plain(block.text) if whole.escapes.clean else None
            batch = Batch(source.file, lines, whole.rows, block.lines, plain, whole.both)
        if batch.rows:
            yield batch
        if refusal:
            raise refusal


class Parsed(NamedTuple):
    """The objects in lines, one in each."""

    rows: list[Row]
    both: Both | None
    """All prompts and all completions where each object is these two texts and nothing else."""
    escapes: Escapes


def parsed(lines: list[bytes], text: bytes) -> Parsed | None:
    """Return the objects in lines, None if a line needs a closer look; ``text`` is all of them."""
    if len(text) > MAX_SIGNS and max(map(len, lines)) > MAX_SIGNS:
        return None
    try:
        rows: list[Row] = [from_json(line, allow_inf_nan=False, cache_strings="keys") for line in lines]
        both, escapes = pairs_of(rows), Escapes(text)
        return Parsed(rows, both, escapes) if is_faithful(rows, escapes, both) else None
    except (ValueError, TypeError):  # no JSON, or no object
        return None


def _line_by_line(source: Source, block: Block) -> tuple[Batch, DataError | None]:
    """Return the rows of a block, as far as a line that nobody wants to be told of."""
    numbers: list[int] = []
    rows: list[Row] = []
    lines: list[bytes] = []
    batch = Batch(source.file, numbers, rows, lines)
    for number, line in enumerate(block.lines, block.first):
        if not line or line.isspace():
            continue
        try:
            rows.append(row_of(line))
        except DataError as error:
            try:
                source.refuse(error.reason + _cut_off(block, number), number)
            except DataError as refusal:
                return batch, refusal
        else:
            numbers.append(number)
            lines.append(line)
    return batch, None


def _cut_off(block: Block, number: int) -> str:
    """Return what to add about a last line that does not end as a row does."""
    last = not block.ended and number == block.first + len(block.lines) - 1
    cut = last and not block.lines[-1].rstrip().endswith(b"}")
    return "; the file ends in the middle of this line, get all of it again" if cut else ""


def row_of(line: bytes) -> Row:
    """Return the object in a line.

    Raises:
        DataError: there is none, or another reader would see another one.
    """
    refuse_crowded(line)
    try:
        row = from_json(line, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        row = parse_row(line)  # says what is wrong
    if not isinstance(row, dict):
        return parse_row(line)
    if not is_faithful([row], Escapes(line)):
        refuse_unfaithful(line.decode())
    return cast("Row", row)


class Escapes:
    """The escapes in lines of JSON, which are looked for when they are asked for."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._found: list[bytes] | None = None

    @property
    def quotes(self) -> int:
        """How many quotation marks stand behind a backslash that is not itself escaped."""
        raw = self.raw
        if b"\\" not in raw:
            return 0
        if len(raw) > _MOST_ESCAPES:
            return (raw.replace(b"\\\\", b"") if b"\\\\" in raw else raw).count(b'\\"')
        self._found = _ESCAPE.findall(raw)  # twice as fast
        return self._found.count(b'"')

    @property
    def clean(self) -> bool:
        """Whether texts are known to have no control character of ASCII but tabs and line ends.

        Then all else of ASCII that is in one, but quotation marks and slashes, stands in ``raw`` as it is.
        """
        if b"\x7f" in self.raw:
            return False
        if self._found is not None:
            return _NO_CONTROL.issuperset(self._found)
        return b"\\" not in self.raw or _MAY_BE_CONTROL.search(self.raw) is None


def is_faithful(rows: list[Row], escapes: Escapes, both: Both | None = None) -> bool:
    """Return whether parsing has lost nothing: no key twice in one object, no number out of range, nothing too deep.

    A key that is there twice leaves two quotation marks more than the rows account for. Counting them costs a tenth of
    collecting the keys of each object.
    """
    strings = _strings(rows) if both is None else 4 * len(rows)
    quotes = _quotes(escapes.raw, len(rows))
    return strings is not None and (quotes == 2 * strings or quotes - escapes.quotes == 2 * strings)


def _quotes(raw: bytes, rows: int) -> int:
    """Return how many quotation marks there are, for which few are looked for and many are counted."""
    return len(raw) - len(raw.replace(b'"', b"")) if len(raw) > _LONG * rows else raw.count(b'"')


def _strings(rows: list[Row]) -> int | None:
    """Return how many strings there are, keys too; None where a number is out of range, or something too deep."""
    values = list(chain.from_iterable(map(dict[str, object].values, rows)))
    strings = sum(map(len, rows)) + sum(isinstance(value, str) for value in values)
    level: list[object] = [value for value in values if isinstance(value, float | list | dict)]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return strings
        if any(isinstance(value, float) and math.isinf(value) for value in level):
            return None
        objects = [cast("Row", value) for value in level if isinstance(value, dict)]
        inner = [item for value in level if isinstance(value, list) for item in cast("list[object]", value)]
        level = [*inner, *chain.from_iterable(map(dict[str, object].values, objects))]
        strings += sum(map(len, objects)) + sum(isinstance(value, str) for value in level)
    return None


def refuse_unfaithful(text: str) -> None:
    """Raise DataError with what ``is_faithful`` objects to.

    Raises:
        DataError: always.
    """
    value = json.loads(text, object_pairs_hook=refuse_twice)
    refuse_depth(value, text)
    raise DataError(f"a number too large for a float: {excerpt(text)}; put it in quotes, or remove it")


def refuse_twice(pairs: list[tuple[str, object]]) -> Row:
    """Return an object from its keys and values, as a hook of ``json``.

    Raises:
        DataError: a key is there twice, of which other readers take the first or the last.
    """
    row = dict(pairs)
    if len(row) != len(pairs):
        key = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise DataError(f"key {excerpt(key)!r} is there twice; keep one of them")
    return row
