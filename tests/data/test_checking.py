"""Checking whole files by one call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.batches import Row, good
from openft.data import Batch, Finding, Report, check, prepare
from openft.errors import MissingExtra


def lines(rows: list[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "data.jsonl"
    file.write_text(lines(good()))
    return file


def ids(report: Report) -> list[str]:
    return [kind.id for kind in report.kinds]


def test_nothing_wrong(path: Path) -> None:
    report = check(path)
    assert report.usable
    assert report.kinds == []
    [facts] = report.files
    assert (facts.rows, facts.task, facts.classes, facts.separator) == (400, "classification", 2, "\n\n###\n\n")


def test_no_file_is_nothing_found() -> None:
    assert check().text() == "nothing found"


def test_each_bad_line_is_told_once_however_often_the_data_is_read(path: Path) -> None:
    rows = lines(good())
    path.write_text(f"nonsense\n{rows}[1]\n{rows}{{\n")
    found: list[Finding] = []
    seen: list[Batch] = []
    report = check(path, tell=found.append, watch=seen.append)
    assert [finding.line for finding in found if finding.id == "D010"] == [1, 402, 803]
    assert len(seen) > 2  # duplicates are confirmed by a further reading
    assert [kind.count for kind in report.kinds if kind.id == "D101"] == [400]


def test_rows_without_a_chosen_column_are_told_once_too(path: Path) -> None:
    rows: list[Row] = [{"text": f"{number} ->", "label": f" {number} END"} for number in range(300)]
    broken = "{\n" + lines([*rows, {"text": "x"}, *rows])
    path.write_text(broken)
    found: list[Finding] = []
    check(path, prompt="text", completion="label", tell=found.append)
    assert [(finding.id, finding.line) for finding in found if finding.id == "D010"] == [("D010", 1), ("D010", 302)]


def test_what_was_noticed_about_the_file_is_among_the_findings(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    report = check(path)
    assert report.usable
    assert ids(report) == ["D001"]


def test_a_file_that_ends_in_the_middle_is_told_with_its_line(path: Path) -> None:
    path.write_bytes("prompt,completion\n안녕,응\n".encode("utf-16") + b"\x00")
    report = check(path, format="csv")
    assert not report.usable
    assert "D012" in ids(report)


def test_rows_are_read_up_to_what_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"prompt,completion\n" + b"a,b\n" * 40_000 + b"\x81\x20\xff\n" * 9)
    [kind] = [kind for kind in check(path).kinds if kind.id == "D012"]
    assert kind.first[0].line == 40_002


def test_columns_with_known_names_are_taken_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("id,document,label\n" + "".join(f"{n},film {n},{n % 2}\n" for n in range(30)))
    report = check(path)
    assert [f.message for kind in report.kinds for f in kind.first if f.id == "D015"] == [
        "column 'document' is taken for the prompt and 'label' for the completion; name others if that is wrong"
    ]
    assert report.files[0].rows == 30


def test_one_of_two_columns_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("left,right\n" + "".join(f"film {n},{n % 2}\n" for n in range(30)))
    report = check(path, completion="right")
    assert "D015" not in ids(report)
    assert report.files[0].classes == 2


def test_without_a_header_the_column_with_fewer_values_is_the_completion(tmp_path: Path) -> None:
    path = tmp_path / "films.tsv"
    path.write_text("".join(f"film {n} is long\t{n % 2}\n" for n in range(30)))
    assert check(path).files[0].classes == 2
    path.write_text("".join(f"{n % 2}\tfilm {n} is long\n" for n in range(30)))
    assert check(path).files[0].classes == 2


def test_columns_without_a_header_are_named_by_their_number(tmp_path: Path) -> None:
    path = tmp_path / "films.tsv"
    path.write_text("".join(f"{n}\tfilm {n}\t{n % 2}\n" for n in range(30)))
    assert check(path, prompt="{1}: {2}", completion="3").files[0].rows == 30


def test_naming_columns_says_that_there_is_a_header(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text("7,8\n" + "".join(f"{n},{n % 2}\n" for n in range(30)))
    assert check(path, prompt="1", completion="2").files[0].rows == 31
    assert check(path, prompt="7", completion="8", header=True).files[0].rows == 30


@pytest.mark.parametrize("key", ["Prompt", " prompt", "prompt"])
def test_names_that_are_nearly_right_are_not_chosen_but_mended(key: str, path: Path) -> None:
    path.write_text(lines([{key: f"{n} ->", "completion": f" {n} END"} for n in range(300)]))
    assert "D015" not in ids(check(path))


def test_conversations_are_not_taken_for_columns(path: Path) -> None:
    talk = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"}]
    path.write_text(lines([{"messages": talk}] * 20))
    report = check(path)
    assert "D015" not in ids(report)
    assert report.files[0].kind == "chat"


def test_the_first_findings_that_are_kept_can_be_more(path: Path) -> None:
    path.write_text(lines(good() + good()))
    assert len(check(path, first=20).kinds[0].first) == 20


def test_a_missing_package_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 64 + b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtra, match="parquet"):
        check(path)


def test_a_template_that_is_wrong_is_told(path: Path) -> None:
    report = check(path, prompt="{", completion="completion")
    assert [kind.id for kind in report.kinds] == ["D012"]


def test_a_validation_file_may_have_a_few_rows_only(path: Path, tmp_path: Path) -> None:
    few = tmp_path / "valid.jsonl"
    few.write_text(lines([{**row, "prompt": f"also {row['prompt']}"} for row in good(9)]))
    assert check(path, few).usable
    assert "D104" in ids(check(few, path))
    assert ids(check(path, few)) == []


@pytest.mark.parametrize("column", ["prompt", "completion"])
def test_a_validation_file_may_have_equal_texts(column: str, path: Path, tmp_path: Path) -> None:
    few = tmp_path / "valid.jsonl"
    few.write_text(lines([{**row, "prompt": f"also {row['prompt']}", column: " x\n\n###\n\n"} for row in good(9)]))
    assert check(path, few).usable
    assert not check(few).usable


def test_conversations_with_an_input_that_is_null_are_no_table(path: Path) -> None:
    path.write_text(lines([{"messages": [{"role": "user", "content": str(n)}], "input": None} for n in range(300)]))
    report = check(path)
    assert (ids(report), report.files[0].kind) == ([], "reinforcement")


def test_a_file_without_rows_is_named(path: Path) -> None:
    path.write_text("garbage\n")
    assert {finding.file for kind in check(path).kinds for finding in kind.first} == {str(path)}


TALK: Row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
DUEL: Row = {
    "input": {"messages": [{"role": "user", "content": "a"}]},
    "preferred_output": [{"role": "assistant", "content": "b"}],
    "non_preferred_output": [{"role": "assistant", "content": "c"}],
}


@pytest.mark.parametrize(
    ("row", "model", "remedy"),
    [
        (good(1)[0], "gpt-4o", "convert them with prepare --to chat, or openft.data.convert"),
        (TALK, "davinci-002", "convert them with prepare --to prompt_completion, or openft.data.convert"),
        (TALK, "ada:ft-me-2023", "convert them with prepare --to prompt_completion, or openft.data.convert"),
        (DUEL, "ada", "name a model that learns from them"),
    ],
)
def test_a_model_that_does_not_learn_from_the_format_is_an_error(path: Path, row: Row, model: str, remedy: str) -> None:
    path.write_text(lines([row] * 10))
    told = {finding.id: finding.message for kind in check(path, model=model).kinds for finding in kind.first}
    assert told["D022"].endswith(remedy)
    prepared = prepare(path, model=model, dry_run=True)
    assert "D022" in ids(prepared.report)


@pytest.mark.parametrize(
    ("row", "model"),
    [(good(1)[0], "ada"), (TALK, "gpt-4o"), (DUEL, "gpt-4o"), (TALK, "my-own"), (good(1)[0], "my-own")],
)
def test_a_model_that_learns_from_it_or_is_not_known_is_none(path: Path, row: Row, model: str) -> None:
    path.write_text(lines([row] * 10))
    assert "D022" not in ids(check(path, model=model))
    path.write_text("")
    assert "D022" not in ids(check(path, model="gpt-4o"))
