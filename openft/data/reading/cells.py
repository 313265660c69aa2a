"""Rows of cells as rows by column: which row is the header, and whether all rows have its width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.columns import is_header
from openft.data.reading.source import Source
from openft.data.rows import excerpt
from openft.errors import DataError

_LOOKED_AT = 200
"""Rows that are looked at to see whether the first one is a header."""

_LONGEST_NAME = 64


class Cells(NamedTuple):
    """Some rows of a table, in its order."""

    lines: Sequence[int]
    """Where each begins, counted from 1."""
    rows: list[list[str]]


def by_column(source: Source, table: Iterable[Cells], header: bool | None) -> Iterator[Batch]:
    """Yield the rows of a table as dicts, and tell the source its columns.

    Args:
        source: the file.
        table: its rows, the header among them.
        header: whether the first row names the columns; None to judge by what is in it.

    Raises:
        DataError: there are no rows, or a row has another width and nobody else is told.
    """
    names: list[str] = []
    count = 0
    for read in table:
        if not read.rows:
            continue
        cells = read
        if not names:
            headed = _is_header(source, read.rows, header)
            names = _names(source, read.rows[0], headed)
            source.header = names
            cells = Cells(read.lines[headed:], read.rows[headed:])
        batch, refusal = _even(source, names, cells)
        count += len(cells.rows)
        if batch.rows:
            yield batch
        if refusal:
            raise refusal
    if not names:
        raise DataError("the table is empty; put a header and rows in it")
    if not count:
        raise DataError(f"the table has a header ({_shown(names)}) and no rows; add rows")


def _is_header(source: Source, rows: list[list[str]], header: bool | None) -> bool:
    if header is not None:
        return header
    if _looks_like_header(rows[: _LOOKED_AT + 1]):
        return True
    source.note(
        rules.NO_HEADER,
        f"the first row ({_shown(rows[0])}) is taken for data and the columns are called 1, 2, …; "
        "say that there is a header if it is one",
        line=1,
    )
    return False


def _looks_like_header(rows: Sequence[list[str]]) -> bool:
    """Return whether the first row names columns: by known names, else unless its cells are like those below."""
    first = [cell.strip() for cell in rows[0]]
    if is_header(rows):
        return True
    if len(set(first)) < len(first) or any(_is_value(cell) for cell in first[1:] + first[:1] * bool(first[0])):
        return False
    return not any(below.strip() == cell for row in rows[1:] for below, cell in zip(row, first, strict=False))


def _is_value(cell: str) -> bool:
    """Return whether a cell is no name: empty, a number, or long."""
    try:
        float(cell)
    except ValueError:
        return not cell or len(cell) > _LONGEST_NAME or "\n" in cell
    return True


def _names(source: Source, first: list[str], headed: bool) -> list[str]:
    """Return a name for each column, no two the same."""
    if not headed:
        return [str(number) for number in range(1, len(first) + 1)]
    names: list[str] = []
    for number, cell in enumerate(first, 1):
        name = cell.strip() or f"column {number}"
        if name in names:
            taken = name
            name = f"{taken} (column {number})"
            source.note(
                rules.REPEATED_COLUMN,
                f"two columns are called {excerpt(taken)!r}; the later one is called {excerpt(name)!r} here",
                column=name,
            )
        names.append(name)
    return names


def _even(source: Source, names: list[str], cells: Cells) -> tuple[Batch, DataError | None]:
    """Return the rows that have a cell for each column, as far as one that nobody wants to be told of."""
    width = len(names)
    if set(map(len, cells.rows)) <= {width}:
        return Batch(source.file, cells.lines, [dict(zip(names, row, strict=True)) for row in cells.rows]), None
    lines: list[int] = []
    rows: list[dict[str, object]] = []
    for line, row in zip(cells.lines, cells.rows, strict=True):
        if len(row) == width:
            lines.append(line)
            rows.append(dict(zip(names, row, strict=True)))
            continue
        try:
            source.refuse(
                f"number of columns is {len(row)}, in the first row it is {width}: {excerpt(' | '.join(row))}; "
                "quote cells that hold the delimiter, or remove the row",
                line,
            )
        except DataError as refusal:
            return Batch(source.file, lines, rows), refusal
    return Batch(source.file, lines, rows), None


def _shown(names: Sequence[str]) -> str:
    return excerpt(", ".join(names[:12]))
