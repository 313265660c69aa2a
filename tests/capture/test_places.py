"""Where answers may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from openft import DataError
from openft.capture.places import refuse_other_files


@pytest.mark.parametrize("there", [b"my notes\n", b'{"prompt": "a", "completion": "b"}\n', b"[1]\n", b"\xff\xfe"])
def test_a_file_that_is_no_earlier_output_is_not_written_over(there: bytes, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    out.write_bytes(there)
    with pytest.raises(DataError, match="has no captured answers in it; name another file, or remove it"):
        refuse_other_files(out)
    assert out.read_bytes() == there


@pytest.mark.parametrize("there", [None, b"", b'{"row": 1, "line": 1, "prompt": "a", "answer": "b", "match": null}\n'])
def test_an_earlier_output_is_written_anew(there: bytes | None, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    if there is not None:
        out.write_bytes(there)
    refuse_other_files(out)
