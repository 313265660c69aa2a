"""Tables with conversations in their cells, spelt as JSON: rows with the values that the cells spell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from openft.data.batch import Batch
from openft.data.reading.jsonlines import row_of
from openft.data.reading.source import Source
from openft.data.rows import CHAT_KEYS, PREFERENCE_KEYS, Row, excerpt
from openft.errors import DataError


def spelt_columns(header: Sequence[str]) -> list[str]:
    """Return the columns of a table that spell JSON, by their names; none where it holds no conversations."""
    if "messages" not in header and not PREFERENCE_KEYS.issubset(header):
        return []
    return [name for name in header if name in CHAT_KEYS | PREFERENCE_KEYS]


def spelt(source: Source, columns: Sequence[str]) -> Source:
    """Return the source with the values that some of its columns spell; empty cells are left out."""

    def read(told: Source) -> Iterator[Batch]:
        for batch in source:
            told.encoding, told.sheet, told.header = source.encoding, source.sheet, None
            lines: list[int] = []
            rows: list[Row] = []
            for line, row in zip(batch.lines, batch.rows, strict=True):
                try:
                    rows.append(_values(row, columns))
                    lines.append(line)
                except DataError as error:
                    told.refuse(error.reason, line)
            yield Batch(batch.file, lines, rows)

    return replace(source, read=read)


def _values(row: Row, columns: Sequence[str]) -> Row:
    made = {name: value for name, value in row.items() if name not in columns or value not in {"", None}}
    for name in columns:
        if isinstance(text := made.get(name), str):
            made[name] = _value(text, name)
    return made


def _value(text: str, name: str) -> object:
    try:
        return row_of(f'{{"value": {text}}}'.encode("utf-8", "surrogatepass"))["value"]
    except DataError as error:
        raise DataError(
            f"{name} is no JSON: {excerpt(text)}; write a list in it as JSON, with double quotes"
        ) from error
