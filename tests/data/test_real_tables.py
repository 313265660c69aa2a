"""Tables as other programs write them, prepared whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.batches import Row
from data.test_checking import lines
from openft.data import prepare


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_labels_that_pandas_made_floats_are_trained_on_as_whole_numbers(tmp_path: Path, name: str) -> None:
    rows: list[Row] = [{"text": f"film {n} was so", "label": float(n % 2)} for n in range(30)]
    if name == "a.jsonl":
        (tmp_path / name).write_text(lines(rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    prepared = prepare(tmp_path / name, split=False)
    assert prepared.labels == {" 0": 15, " 1": 15}
    assert "D106" in [fix.id for fix in prepared.made]
