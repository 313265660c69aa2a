"""Any bytes under any name are read or refused: no other error, no hang, and nothing lost without a word."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openft.data.findings import Finding
from openft.data.reading.readers import SUFFIXES, open_rows
from openft.errors import DataError

KINDS = [*SUFFIXES, *(f"{suffix}.gz" for suffix in SUFFIXES), ".dat"]
ROWS: list[dict[str, object]] = [{"prompt": f"질문 {number} ->", "completion": ' "ok", \\ yes'} for number in range(20)]
PIECES = [b"\n", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"NaN", b"\\ud800"]


def parquet_bytes() -> bytes:
    """Return a Parquet file."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), file)
    return file.getvalue()


def workbook_bytes() -> bytes:
    """Return a workbook."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["prompt", "completion"], *([*row.values()] for row in ROWS)]:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
TABLE = "prompt,completion\n" + "".join(f'"질문 {number}\n","yes, ""so"""\n' for number in range(20))
GOOD = [
    (LINES, ".jsonl"),
    (json.dumps(ROWS, indent=1).encode(), ".json"),
    (TABLE.encode(), ".csv"),
    (TABLE.encode("cp949"), ".csv"),
    (TABLE.encode("utf-16"), ".csv"),
    (TABLE.replace(",", "\t").encode(), ".tsv"),
    (gzip.compress(LINES), ".jsonl.gz"),
    (workbook_bytes(), ".xlsx"),
    (parquet_bytes(), ".parquet"),
]


def read(path: Path, content: bytes) -> int:
    """Read what can be read, and return how many rows that was; any other error than a DataError is one here too."""
    path.write_bytes(content)
    bad: list[Finding] = []
    rows = 0
    error: DataError | None = None
    try:
        for batch in open_rows(path, bad=bad.append, batch_bytes=200):
            assert len(batch.lines) == len(batch.rows)
            assert batch.raw is None or [json.loads(line) for line in batch.raw] == batch.rows
            rows += len(batch.rows)
    except DataError as refusal:
        error = refusal
    assert error is None or (error.file == str(path) and error.reason.isprintable())
    assert all(finding.line and finding.message.isprintable() for finding in bad)
    return rows


@given(st.binary(max_size=300) | st.lists(st.sampled_from(PIECES)).map(b"".join), st.sampled_from(KINDS))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str) -> None:
    read(tmp_path_factory.getbasetemp() / f"any{suffix}", content)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, str]:
    """Draw a good file with some of its bytes changed, left out, doubled or added."""
    content, suffix = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        new = draw(st.sampled_from([b"", content[start:end] * 2, *PIECES]) | st.binary(max_size=8))
        content = content[:start] + new + content[end:]
    return content, suffix


@given(mutated())
@settings(max_examples=300)
def test_spoilt_files_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, file: tuple[bytes, str]) -> None:
    content, suffix = file
    read(tmp_path_factory.getbasetemp() / f"spoilt{suffix}", content)


@pytest.mark.parametrize(("content", "suffix"), GOOD, ids=[suffix for _, suffix in GOOD])
def test_the_files_that_are_spoilt_here_are_good_before(tmp_path: Path, content: bytes, suffix: str) -> None:
    assert read(tmp_path / f"good{suffix}", content) == len(ROWS)
