"""What preparing holds in memory: never the data; 64 MB and 32 bytes for each row, Python and openft included."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROWS = 150_000
CODE = """
import sys
from openft.data import prepare
prepare(sys.argv[1], sys.argv[2], split=False)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def line(number: int) -> str:
    return json.dumps({"prompt": f"what is {number} of many things", "completion": f"thing {number % 3}"}) + "\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its peak")
@pytest.mark.parametrize(
    "number",
    [lambda number: number, lambda number: number % (ROWS // 2), lambda _: 0],
    ids=["all rows differ", "each row is there twice", "all rows are equal"],
)
def test_memory_for_short_rows_stays_within_its_bound(tmp_path: Path, number: Callable[[int], int]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(map(line, map(number, range(ROWS)))))
    command = [sys.executable, "-c", CODE, str(path), str(tmp_path / "out.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 64e6 + 32 * ROWS
