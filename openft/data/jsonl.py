"""Training files as records: read one by one with file and line, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from pydantic import BaseModel

from openft.data.reading.readers import open_rows
from openft.data.records import to_record
from openft.data.rows import Kind, Row, check_row, json_head, modern, refuse_depth, refuse_mixture
from openft.data.writing import appearing
from openft.errors import DataError
from openft.types.records import TrainingRecord

RecordLike: TypeAlias = TrainingRecord | Mapping[str, Any]
"""A record, or a plain dict with the keys of one."""


def read_jsonl(path: str | Path) -> Iterator[TrainingRecord]:
    """Yield the training records of a file one by one; blank lines are passed over.

    Raises:
        DataError: the file cannot be read or a line is wrong; ``file`` and ``line`` say where.
    """
    for batch in open_rows(path, format="jsonl"):
        for line, row in zip(batch.lines, batch.rows, strict=True):
            try:
                record = to_record(row)
            except DataError as error:
                raise DataError(error.reason, file=batch.file, line=line) from error
            yield record


def encode_records(records: Iterable[RecordLike]) -> Iterator[bytes]:
    """Yield each record as its line of a training file, for an upload that streams.

    The lines are UTF-8 with non-ASCII text as it is, and all of one kind.

    Raises:
        DataError: a record is wrong; ``line`` counts from 1.
    """
    first: Kind | None = None
    for number, record in enumerate(records, 1):
        try:
            row = _row(record)
            kind = check_row(row)
            line = _encode(row)
            first = first or kind
            refuse_mixture(kind, first, row)
        except DataError as error:
            raise DataError(error.reason, line=number) from error
        yield line


def _row(record: object) -> Row:
    if isinstance(record, BaseModel):
        return record.model_dump(exclude_unset=True)
    if isinstance(record, Mapping):
        return modern(dict(cast("Mapping[str, Any]", record)))
    raise DataError(f"a {type(record).__name__}; a record is a dict or one of the classes in openft.types.records")


def _encode(row: Row) -> bytes:
    refuse_depth(row, json_head(row))
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except UnicodeEncodeError as error:
        raise DataError(f"half a surrogate pair in a text: {json_head(row)}; write the whole character") from error
    except (TypeError, ValueError) as error:
        raise DataError(f"not JSON ({error}): {json_head(row)}; use texts, numbers, lists and dicts") from error


def write_jsonl(path: str | Path, records: Iterable[RecordLike]) -> int:
    """Write records as a training file and return how many there were.

    The file appears whole or not at all: it is written beside ``path``, synced to disk, and renamed. What was there is
    replaced.

    Raises:
        DataError: a record is wrong, or the file cannot be written.
    """
    rows = 0
    with appearing(Path(path)) as (file,):
        for line in encode_records(records):
            file.write(line)
            rows += 1
    return rows
