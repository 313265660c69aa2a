"""A file that is prepared without questions says what it said before, and advice that is followed cuts no answer."""

from __future__ import annotations

import json
from pathlib import Path

from data.batches import Row
from openft.data import prepare


def lines(rows: list[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_small_letters_are_made_only_where_they_are_asked_for_by_id(tmp_path: Path) -> None:
    path = tmp_path / "dna.jsonl"
    given: list[Row] = [{"prompt": f"gene {n} ->", "completion": f" ACGTTGCA BRCA{n}\n"} for n in range(40)]
    path.write_text(lines(given))
    prepared = prepare(path, accept=lambda *_: True)
    assert (prepared.made, [fix.id for fix in prepared.left], prepared.files) == ((), ["D309"], ())
    [file] = prepare(path, only=["D309"]).files
    assert rows_of(file.path)[3]["completion"] == " acgttgca brca3\n"
