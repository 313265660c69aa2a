"""Parquet as rows."""

from __future__ import annotations

import datetime
import gzip
import io
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.reading import noted, read, refusal, rows_of, source_of
from openft.errors import MissingExtra


def parquet(table: Any, **options: Any) -> bytes:
    """Return a Parquet file of a table."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


TWO = pa.table({"prompt": ["a", None], "completion": ["NA", "나"]})
ROWS = [(1, {"prompt": "a", "completion": "NA"}), (2, {"prompt": None, "completion": "나"})]


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a"])
def test_parquet_is_known_by_its_bytes(tmp_path: Path, name: str) -> None:
    source = source_of(tmp_path, name, parquet(TWO))
    assert rows_of(source) == ROWS
    assert source.header == ["prompt", "completion"]
    assert ("D004" in noted(source)) == (name == "a.jsonl")


def test_compressed_parquet_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a.parquet.gz", gzip.compress(parquet(TWO))) == ROWS


def test_values_are_what_json_has_for_them(tmp_path: Path) -> None:
    day = datetime.date(2024, 5, 6)
    values: dict[str, Any] = {"n": 1, "f": 1.5, "b": True, "l": ["x"], "o": {"k": [1]}}
    table = pa.Table.from_pylist(
        [values | {"day": day, "d": Decimal("1.50"), "raw": b"x", "days": [day], "s": {"d": day}}]
    )
    table = table.append_column("kind", pa.array(["x"]).dictionary_encode())
    source = source_of(tmp_path, "a.parquet", parquet(table))
    assert rows_of(source) == [(1, values | {"day": "2024-05-06", "d": "1.50", "kind": "x"})]
    assert [note.column for note in source.notes] == ["raw", "days", "s"]
    assert "column 'raw' is of type binary, which no training file has; it is left out" in source.notes[0].message


def test_many_rows_come_in_batches(tmp_path: Path) -> None:
    table = pa.table({"text": [f"t{number}" for number in range(10_000)]})
    batches = list(source_of(tmp_path, "a.parquet", parquet(table)))
    assert len(batches) > 1
    assert [line for batch in batches for line in batch.lines] == list(range(1, 10_001))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (parquet(TWO)[:-9], "the Parquet data is damaged"),
        (b"PAR1", "the Parquet data is damaged"),
        (parquet(pa.table({"a": [b"x"]})), "no column holds texts, numbers or lists"),
        (parquet(TWO.slice(0, 0)), "the table has no rows"),
        (parquet(pa.table([["a"], ["b"]], names=["x", "x"])), "two columns are called 'x'"),
        (parquet(pa.table({"a": pa.nulls(11_000_000, pa.int8())})), "grows to 11,000,000 rows"),
    ],
    ids=range(6),
)
def test_a_bad_file_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refusal(tmp_path, "a.parquet", content).reason


def test_a_missing_package_is_named_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"reading Parquet needs more packages; .* 'openft\[parquet\]'"):
        read(tmp_path, "a.parquet", parquet(TWO))
