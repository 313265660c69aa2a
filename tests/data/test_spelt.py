"""Tables with conversations in their cells."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from data.batches import Row
from data.talks import GOOD
from openft.data import Finding, check, prepare
from openft.data.rows import Kind


def table(folder: Path, rows: list[Row], *more: dict[str, str]) -> Path:
    path = folder / "talks.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: json.dumps(value) for name, value in row.items()} for row in rows)
        writer.writerows(more)
    return path


@pytest.mark.parametrize("kind", ["chat", "preference"])
def test_conversations_are_read_out_of_cells(kind: Kind, tmp_path: Path) -> None:
    prepared = prepare(table(tmp_path, GOOD[kind]), split=False)
    assert [json.loads(line) for line in prepared.files[0].path.read_text("utf-8").splitlines()] == GOOD[kind]
    assert (prepared.facts.kind, prepared.report.text().splitlines()[-1]) == (kind, "nothing found")


def test_an_empty_cell_is_no_key_and_other_columns_stay_text(tmp_path: Path) -> None:
    rows = [{**row, "tools": None, "id": n} for n, row in enumerate(GOOD["chat"])]
    path = table(tmp_path, rows, {"messages": json.dumps(GOOD["chat"][0]["messages"]), "tools": "", "id": "{"})
    found: list[Finding] = []
    check(path, tell=found.append)
    assert {finding.column for finding in found if finding.id == "D611"} == {"id"}
    assert {finding.id for finding in found} == {"D611"}


def test_a_cell_that_is_no_json_is_told_with_its_line(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD["chat"], {"messages": str(GOOD["chat"][0]["messages"])}, {"messages": "[] []"})
    found: list[Finding] = []
    report = check(path, tell=found.append)
    assert [(finding.id, finding.line) for finding in found] == [("D010", 302), ("D010", 303)]
    assert found[0].message.startswith("messages is no JSON: [{'role': ")
    assert report.files[0].rows == 300


def test_columns_of_text_that_are_called_so_are_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("input,output\n" + "".join(f"{n},{n % 2}\n" for n in range(30)))
    assert check(path).files[0].classes == 2
    path.write_text("messages,label\n" + "".join(f"text {n},{n % 2}\n" for n in range(30)))
    assert check(path, prompt="messages", completion="label").files[0].classes == 2
