"""The bar that shows how far a file was read."""

from __future__ import annotations

import gzip
import io
import re
import sys
from pathlib import Path

import pytest

from openft.cli.progress import ReadingBar
from openft.data import Batch, open_rows


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is on a terminal when a file was read twice, without what moves the cursor."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with ReadingBar() as bar:
        for _ in range(2):
            for batch in open_rows(path):
                bar(batch)
        bar.pause()
        bar.resume()
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())


@pytest.mark.parametrize("packed", [False, True])
def test_rows_are_counted_anew_in_each_reading(packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.jsonl"
    data = b'{"prompt": "a", "completion": "b"}\n' * 50_000
    path.write_bytes(gzip.compress(data) if packed else data)
    assert "50,000 rows" in shown(path, monkeypatch)
    assert "100,000 rows" not in shown(path, monkeypatch)


def test_a_file_that_has_gone_meanwhile_is_no_trouble() -> None:
    with ReadingBar() as bar:
        bar(Batch("nowhere.jsonl", [], []))
        bar(Batch("nowhere.jsonl", [1], [{"prompt": "a", "completion": "b"}], [b"{}"]))
