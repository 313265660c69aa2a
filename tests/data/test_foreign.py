"""Rows in layouts that other tools write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from data.batches import Row
from openft.data import Finding, check, convert, open_rows, prepare
from openft.data.checks.paths import as_list
from openft.errors import DataError


def written(folder: Path, value: Row | Sequence[object], name: str = "data.jsonl") -> Path:
    path = folder / name
    rows: list[object] = [value] if isinstance(value, dict) else list(value)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def talk(number: int, **more: object) -> Row:
    said = [{"from": "human", "value": f"hi {number}"}, {"from": "gpt", "value": f"yo {number}"}]
    return {"id": f"x{number}", "conversations": said, **more}


def only_message(path: Path) -> str:
    report = check(path)
    [kind] = report.kinds
    assert (kind.id, kind.count) == ("D012", 1)
    return kind.first[0].message


@pytest.mark.parametrize(
    ("row", "named", "remedy"),
    [
        (talk(1), "conversations as ShareGPT writes them", "--to chat, or openft.data.convert"),
        ({"conversation": [{"role": "user", "content": "a"}]}, "as ShareGPT writes them", "--to chat"),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "a chosen and a rejected answer", "--to preference"),
        ({"instruction": "a", "input": "b", "output": "c"}, "as Alpaca writes them", "template {instruction} {input}"),
    ],
)
def test_a_known_layout_is_named_once_with_what_to_do(row: Row, named: str, remedy: str, tmp_path: Path) -> None:
    message = only_message(written(tmp_path, [row] * 20))
    assert named in message
    assert remedy in message


def test_what_is_no_known_layout_has_its_columns_told(tmp_path: Path) -> None:
    path = written(tmp_path, [{"conversations": [{"by": 1}], "chosen": "a", "x": ["a"]}] * 20)
    assert "which columns are the prompt and the completion? there are conversations, chosen, x" in only_message(path)


def test_columns_that_are_named_go_before_a_layout(tmp_path: Path) -> None:
    path = written(tmp_path, [{"instruction": "a", "input": f"b{n}", "output": f"{n % 2}"} for n in range(20)])
    assert check(path, prompt="{instruction} {input}", completion="output").files[0].classes == 2


def test_conversations_of_sharegpt_become_chats(tmp_path: Path) -> None:
    path = written(tmp_path, [talk(n) for n in range(20)])
    prepared = prepare(path, to="chat", split=False)
    [first, *_] = prepared.files[0].path.read_text("utf-8").splitlines()
    said = [{"role": "user", "content": "hi 0"}, {"role": "assistant", "content": "yo 0"}]
    assert json.loads(first) == {"messages": said}
    assert prepared.files[0].rows == 20
    [left_out] = [kind.first[0].message for kind in prepared.report.kinds if kind.id == "D021"]
    assert left_out == "columns that have no place in a chat row are left out: id"


def test_a_conversation_is_told_its_own_system_message_or_the_one_that_is_given(tmp_path: Path) -> None:
    own = {"conversations": [{"from": "system", "value": "c"}, {"from": "gpt", "value": "d"}]}
    path = written(tmp_path, [talk(1), talk(2, system="b"), own])
    [batch] = convert(open_rows(path), "chat", system="a")
    firsts = [(as_list(row["messages"]) or [])[0] for row in batch.rows]
    assert firsts == [{"role": "system", "content": text} for text in "abc"]
    [plain] = convert(open_rows(path), "chat")
    assert (as_list(plain.rows[0]["messages"]) or [])[0] == {"role": "user", "content": "hi 1"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"conversations": []}, "conversations is no list of messages"),
        ({"id": 3}, "conversations is no list of messages"),
        ({"conversations": [3]}, r"conversations\[0\] is a JSON number, not a message"),
        ({"conversations": [{"from": "observation", "value": ""}]}, r"conversations\[0\] is from 'observation'"),
        ({"conversations": [{"from": None, "value": ""}]}, r"conversations\[0\] is from a JSON null"),
        ({"conversations": [{"from": "gpt", "value": 1}]}, r"conversations\[0\] says a JSON number, not text"),
        (talk(2, tools="[]"), "tools have no place here"),
    ],
)
def test_what_has_no_place_in_a_chat_is_refused(row: Row, reason: str, tmp_path: Path) -> None:
    path = written(tmp_path, [talk(1), row])
    with pytest.raises(DataError, match=reason) as caught:
        list(convert(open_rows(path), "chat"))
    assert caught.value.line == 2


def test_rows_in_a_list_within_an_object_are_taken_out_and_counted(tmp_path: Path) -> None:
    rows: list[object] = [{"prompt": f"film {n} ->", "completion": f" {n} END"} for n in range(4500)]
    rows[3] = 7
    path = written(tmp_path, {"version": 1, "data": rows}, "data.json")
    found: list[Finding] = []
    report = check(path, tell=found.append)
    assert report.files[0].rows == 4499
    assert [(finding.id, finding.line) for finding in found] == [("D010", 4), ("D013", 1)]
    assert "rows are taken out of the list 'data'" in found[1].message
    assert prepare(path, split=False).files[0].rows == 4499


def test_objects_without_the_list_are_refused_and_the_others_taken(tmp_path: Path) -> None:
    one: Row = {"data": [{"prompt": f"film {n} ->", "completion": f" {n} END"} for n in range(10)]}
    found: list[Finding] = []
    report = check(written(tmp_path, [one, {"data": 1}, {"data": [2]}, one]), tell=found.append)
    assert report.files[0].rows == 20
    assert [(finding.id, finding.line) for finding in found if finding.id == "D010"] == [("D010", 2), ("D010", 11)]


@pytest.mark.parametrize(
    "columns",
    [
        {"prompt": [f"film {n} ->" for n in range(20)], "completion": [n % 2 for n in range(20)]},
        {"prompt": {str(n): f"film {n} ->" for n in range(20)}, "completion": {str(n): n % 2 for n in range(20)}},
    ],
)
def test_columns_with_all_of_their_values_are_read_as_rows(columns: Row, tmp_path: Path) -> None:
    path = written(tmp_path, columns, "data.json")
    prepared = prepare(path, split=False)
    assert [json.loads(line) for line in prepared.files[0].path.read_text("utf-8").splitlines()] == [
        {"prompt": f"film {n} ->", "completion": f" {n % 2}"} for n in range(20)
    ]
    assert "D013" in {kind.id for kind in prepared.report.kinds}


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": ["a", "b"], "completion": ["c"]},
        {"prompt": ["a"], "completion": ["c"]},
        {"prompt": ["a", "b"], "completion": {"0": "c", "1": "d"}},
        {"prompt": {"0": "a", "1": "b"}, "completion": {"0": "c", "2": "d"}},
        {"prompt": [["a"], "b"], "completion": ["c", "d"]},
        {"prompt": ["a", "b"], "completion": 1},
    ],
)
def test_what_only_looks_like_columns_is_one_row(row: Row, tmp_path: Path) -> None:
    assert check(written(tmp_path, row)).files[0].rows == 1


def test_a_further_column_with_a_list_is_no_list_of_rows(tmp_path: Path) -> None:
    row: Row = {"prompt": "a ->", "completion": " b END", "items": [{"prompt": "c"}]}
    assert "D013" not in {kind.id for kind in check(written(tmp_path, row)).kinds}
    rows: list[Row] = [{"text": f"{n}", "label": f"{n % 2}", "items": [{"x": 1}]} for n in range(20)]
    assert check(written(tmp_path, rows)).files[0].rows == 20


NO_ROWS: list[Row] = [{"data": [1]}, {"data": []}, {"data": [{}], "rows": [{}]}, {"other": [{}]}]


@pytest.mark.parametrize("row", NO_ROWS)
def test_lists_of_anything_else_are_no_rows(row: Row, tmp_path: Path) -> None:
    assert "which columns are the prompt and the completion?" in only_message(written(tmp_path, row))
