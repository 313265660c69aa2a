"""Tables as pairs of prompt and completion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from openft.data.checks.intake import spelling
from openft.data.columns import by_name, by_place, fewer_last, is_header
from openft.data.reading.readers import open_rows
from openft.data.reading.source import Source
from openft.data.rows import Row, excerpt, json_head
from openft.errors import DataError


class Pair(NamedTuple):
    """A prompt and its completion, as they stand in the table."""

    prompt: str
    completion: str


class _Cells(NamedTuple):
    """One row of a table."""

    line: int
    cells: list[str]


def read_pairs(
    path: str | Path, *, prompt_column: str | None = None, completion_column: str | None = None
) -> list[Pair]:
    """Return all rows of a table, two columns of each.

    A first row that has a known column name in it (``text``, ``label``, …) is a header. Without a header, the column
    with fewer different values is the completion.

    Args:
        path: a file in any format that ``open_rows`` reads.
        prompt_column: its name or its number from 1.
        completion_column: likewise.

    Raises:
        DataError: the table cannot be read, a row is wrong, or the columns are in doubt.
    """
    source = open_rows(path, header=False)
    rows = list(_cells(source))
    if not rows:
        raise DataError("the table is empty", file=source.file)
    first = rows[0]
    headed = first.line == 0 or is_header([row.cells for row in rows], prompt_column, completion_column)
    try:
        choose = by_name if headed else by_place
        names = first.cells if headed else [str(number) for number in range(1, len(first.cells) + 1)]
        chosen = choose(names, prompt_column, completion_column)
    except DataError as error:
        raise DataError(error.reason, file=source.file) from error
    table = rows[headed:]
    prompt, completion = chosen or fewer_last(*([row.cells[column] for row in table] for column in (0, 1)))
    return [_pair(row, prompt, completion, source) for row in table]


def _pair(row: _Cells, prompt: int, completion: int, source: Source) -> Pair:
    pair = Pair(row.cells[prompt], row.cells[completion])
    if not pair.completion.strip():
        raise DataError("the completion is empty; fill it in or remove the row", file=source.file, line=row.line)
    return pair


def _cells(source: Source) -> Iterator[_Cells]:
    """Yield the rows as texts; where each row names its columns, these are a row before all others, with line 0."""
    header: list[str] = []
    for batch in source:
        for line, row in zip(batch.lines, batch.rows, strict=True):
            try:
                _refuse_conversation(row)
                if not header:
                    header = list(row)
                    if source.header is None:
                        yield _Cells(0, header)
                yield _Cells(line, _values(row, header))
            except DataError as error:
                raise DataError(error.reason, file=source.file, line=line) from error


def _refuse_conversation(row: Row) -> None:
    if isinstance(row.get("messages"), list):
        raise DataError("rows of messages are conversations; this takes a table of prompts and completions")


def _values(row: Row, header: list[str]) -> list[str]:
    if row.keys() != set(header):
        raise DataError(f"other keys than in line 1: {json_head(row)}; give every row the same keys")
    return [_text(key, row[key]) for key in header]


def _text(key: str, value: object) -> str:
    """Return a value as text: labels are often whole numbers or booleans, which have one spelling."""
    text = value if isinstance(value, str) else spelling(value)
    if text is None:
        raise DataError(f"{excerpt(key)} is not text: {excerpt(json.dumps(value))}; put it in quotes")
    return text
