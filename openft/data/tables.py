"""CSV, TSV and JSONL tables as pairs of prompt and completion, each also as .gz."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from openft.data.columns import by_name, by_place, is_header
from openft.data.lines import read_lines
from openft.data.rows import MAX_LINE_BYTES, Row, excerpt, json_head, parse_row
from openft.errors import DataError


class Pair(NamedTuple):
    """A prompt and its completion, as they stand in the table."""

    prompt: str
    completion: str


class Cells(NamedTuple):
    """One row of a table."""

    line: int
    """Where it begins, counted from 1; 0 for the keys of a JSONL table, which are a header whatever they say."""
    cells: list[str]


def read_pairs(
    path: str | Path, *, prompt_column: str | None = None, completion_column: str | None = None
) -> list[Pair]:
    """Return all rows of a table, two columns of each.

    A first row that has a known column name in it (``text``, ``label``, …) is a header. Without a header, the column
    with fewer different values is the completion.

    Args:
        path: a ``.csv``, ``.tsv`` or ``.jsonl`` file in UTF-8, or one of those with ``.gz`` behind.
        prompt_column: its name or its number from 1.
        completion_column: likewise.

    Raises:
        DataError: the table cannot be read, a row is wrong, or the columns are in doubt.
    """
    path = Path(path)
    rows = read_cells(path)
    first = next(rows, None)
    if first is None:
        raise DataError("the table is empty", file=str(path))
    try:
        headed = first.line == 0 or is_header(first.cells, prompt_column, completion_column)
        choose = partial(by_name, first.cells) if headed else partial(by_place, len(first.cells))
        chosen = choose(prompt_column, completion_column)
    except DataError as error:
        raise DataError(error.reason, file=str(path)) from error
    table = list(_even(rows if headed else chain([first], rows), len(first.cells), path))
    prompt, completion = chosen or _fewer_last(table)
    return [_pair(row, prompt, completion, path) for row in table]


def _fewer_last(table: list[Cells]) -> tuple[int, int]:
    """Return the indices of two columns, the one with fewer different values last."""
    first, second = ({row.cells[column] for row in table} for column in (0, 1))
    return (1, 0) if len(first) < len(second) else (0, 1)


def _pair(row: Cells, prompt: int, completion: int, path: Path) -> Pair:
    pair = Pair(row.cells[prompt], row.cells[completion])
    if not pair.completion.strip():
        raise DataError("the completion is empty; fill it in or remove the row", file=str(path), line=row.line)
    return pair


def read_cells(path: Path) -> Iterator[Cells]:
    """Yield the rows of a table as they stand in it, a JSONL table with its keys as a header row before.

    Raises:
        DataError: the table cannot be read, or a row is wrong.
    """
    suffix = Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()
    readers = {".csv": _csv, ".tsv": _tsv, ".tab": _tsv, ".jsonl": _jsonl, ".ndjson": _jsonl}
    if suffix not in readers:
        raise DataError("unknown kind of table; call it .csv, .tsv or .jsonl after what is in it", file=str(path))
    return readers[suffix](path)


def _even(rows: Iterator[Cells], width: int, path: Path) -> Iterator[Cells]:
    for row in rows:
        if len(row.cells) != width:
            raise DataError(
                f"number of columns is {len(row.cells)}, in line 1 it is {width}: {excerpt(' | '.join(row.cells))}; "
                "quote cells that hold the delimiter, or remove the row",
                file=str(path),
                line=row.line,
            )
        yield row


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    for number, raw in read_lines(path):
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"byte {error.start + 1} of the line is not UTF-8: {excerpt(raw.decode(errors='replace'))}; "
                "save the file as UTF-8",
                file=str(path),
                line=number,
            ) from error
        yield number, text


def _tsv(path: Path) -> Iterator[Cells]:
    """Yield a row per line; quotes are text, since tab-separated text has them unbalanced more often than not."""
    for number, text in _texts(path):
        if text:
            yield Cells(number, text.split("\t"))


def _csv(path: Path) -> Iterator[Cells]:
    if csv.field_size_limit() < MAX_LINE_BYTES:  # one setting for the process, so it is only ever raised
        csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader((f"{text}\n" for _, text in _texts(path)), strict=True)
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield Cells(begins, cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"a quoted cell that does not end as it should ({error}); double the quotes inside it",
            file=str(path),
            line=begins,
        ) from error


def _jsonl(path: Path) -> Iterator[Cells]:
    header: list[str] = []
    for number, raw in read_lines(path):
        if not raw or raw.isspace():
            continue
        try:
            row = parse_row(raw)
            _refuse_conversation(row)
            if not header:
                header = list(row)
                yield Cells(0, header)
            yield Cells(number, _values(row, header))
        except DataError as error:
            raise DataError(error.reason, file=str(path), line=number) from error


def _refuse_conversation(row: Row) -> None:
    if isinstance(row.get("messages"), list):
        raise DataError("rows of messages are conversations; this takes a table of prompts and completions")


def _values(row: Row, header: list[str]) -> list[str]:
    if row.keys() != set(header):
        raise DataError(f"other keys than in line 1: {json_head(row)}; give every row the same keys")
    return [_text(key, row[key]) for key in header]


def _text(key: str, value: object) -> str:
    """Return a value as text: labels are often integers or booleans, which have one spelling in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return json.dumps(value)
    raise DataError(f"{excerpt(key)} is not text: {excerpt(json.dumps(value))}; put it in quotes")
