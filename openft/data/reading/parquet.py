"""Parquet, some rows at a time (extra ``parquet``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.reading.container import FREE_BYTES, MAX_RATIO
from openft.data.reading.extras import package
from openft.data.reading.source import Source
from openft.data.rows import excerpt
from openft.errors import DataError

_FREE_ROWS = 10_000_000
"""Rows that a file may always have, however small it is; equal ones take next to nothing."""

_MOST_ROWS = 4096
"""Rows of a batch."""

_METADATA_BYTES = 64 * 1024 * 1024


def read_parquet(source: Source, file: BinaryIO, batch_bytes: int) -> Iterator[Batch]:
    """Yield the rows of a Parquet file; ``lines`` count them from 1.

    Numbers, booleans and lists stay what they are, dates and decimals become text.

    Raises:
        DataError: the file is damaged or a bomb, or has no column that can be text.
        MissingExtra: pyarrow is not installed.
    """
    arrow = package("pyarrow", "reading Parquet", "parquet")
    package("pyarrow.parquet", "reading Parquet", "parquet")
    try:
        opened, rows = _open(arrow, source, file, batch_bytes)
        columns = _columns(arrow, source, opened.schema_arrow)
        first = 1
        names = [name for name, _ in columns]
        for piece in opened.iter_batches(batch_size=rows, use_threads=False):
            lists = [_values(arrow, piece.column(place)) for _, place in columns]
            parsed = [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=True)]
            yield Batch(source.file, range(first, first + len(parsed)), parsed)
            first += len(parsed)
    except (arrow.ArrowException, OSError, ValueError, OverflowError, IndexError) as error:
        raise DataError(f"the Parquet data is damaged ({excerpt(str(error))}); write the file again") from error
    if first == 1:
        raise DataError("the table has no rows; add rows")


def _open(arrow: Any, source: Source, file: BinaryIO, batch_bytes: int) -> tuple[Any, int]:
    """Return the file and how many rows to take at a time."""
    limits = {"thrift_string_size_limit": _METADATA_BYTES, "thrift_container_size_limit": 1_000_000}
    opened = arrow.parquet.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20, **limits)
    size = file.seek(0, 2)
    metadata = opened.metadata
    grown = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if grown > max(FREE_BYTES, MAX_RATIO * size) or metadata.num_rows > max(_FREE_ROWS, MAX_RATIO * size):
        raise DataError(
            f"the Parquet data grows to {metadata.num_rows:,} rows and {grown >> 20} MiB from {size:,} bytes, "
            "as a bomb does; unpack it yourself if you trust it"
        )
    texts = [field.name for field in opened.schema_arrow if _is_text(arrow, field.type)]
    if texts:  # a long text that is there often then stays one text
        opened = arrow.parquet.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20, read_dictionary=texts, **limits)
    rows = batch_bytes * max(1, metadata.num_rows) // max(1, grown)
    return opened, min(max(1, rows), _MOST_ROWS)


def _columns(arrow: Any, source: Source, schema: Any) -> list[tuple[str, int]]:
    """Return the name and place of each column that can be said in JSON."""
    columns: list[tuple[str, int]] = []
    for place, field in enumerate(schema):
        name = str(field.name)
        if any(name == known for known, _ in columns):
            raise DataError(f"two columns are called {excerpt(name)!r}; rename one")
        if _is_json(arrow, field.type):
            columns.append((name, place))
            continue
        source.note(
            rules.COLUMN_LEFT_OUT,
            f"column {excerpt(name)!r} is of type {excerpt(str(field.type))}, which no training file has; "
            "it is left out",
            column=name,
        )
    if not columns:
        raise DataError("no column holds texts, numbers or lists; write the texts into one")
    source.header = [name for name, _ in columns]
    return columns


def _is_text(arrow: Any, kind: Any) -> bool:
    return bool(arrow.types.is_string(kind) or arrow.types.is_large_string(kind))


def _is_json(arrow: Any, kind: Any) -> bool:
    """Return whether the values of a type are texts, numbers, lists or objects, or have one spelling as a text."""
    types = arrow.types
    if types.is_list(kind) or types.is_large_list(kind):
        return _is_json(arrow, kind.value_type) and not _needs_text(arrow, kind.value_type)
    if types.is_struct(kind):
        inner = [kind.field(number).type for number in range(kind.num_fields)]
        return all(_is_json(arrow, each) and not _needs_text(arrow, each) for each in inner)
    if types.is_dictionary(kind):
        return _is_json(arrow, kind.value_type)
    plain = (types.is_boolean, types.is_integer, types.is_floating, types.is_null)
    return _is_text(arrow, kind) or _needs_text(arrow, kind) or any(check(kind) for check in plain)


def _needs_text(arrow: Any, kind: Any) -> bool:
    return bool(arrow.types.is_temporal(kind) or arrow.types.is_decimal(kind))


def _values(arrow: Any, column: Any) -> list[object]:
    """Return the values of a column, None where there is none."""
    if arrow.types.is_dictionary(column.type):
        known = _values(arrow, column.dictionary)
        return [None if index is None else known[index] for index in column.indices.to_pylist()]
    values: list[object] = (column.cast(arrow.string()) if _needs_text(arrow, column.type) else column).to_pylist()
    return values
