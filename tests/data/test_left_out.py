"""Which rows are left out of what is written, and what names them."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from data import talks, test_mend_properties
from data.batches import Row
from data.test_checking import lines
from openft.data import Finding, Severity, check, prepare
from openft.data.preparation import Preparation
from openft.data.training_file import Reading
from openft.errors import DataError

GONE = {"D101", "D102", "D103", "D606", "D607", "D633"}
"""The ids of fixes that leave rows out."""
EACH: list[Row] = [
    {"Prompt": f"say {number}\n\n###\n\n", "Completion": f" answer {number} END"} for number in range(14)
]
TALK = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"}]


def is_final(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and not finding.fixable and finding.line is not None


def test_rows_that_turn_out_to_be_no_text_once_columns_have_their_names_are_named(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    rows = [*EACH]
    rows[5], rows[7], rows[8] = (
        {**rows[5], "Completion": 1.5},
        {**rows[7], "Completion": ["x"]},
        {**rows[8], "Prompt": None},
    )
    path.write_text(lines(rows))
    found: list[Finding] = []
    prepared = prepare(path, split=False, tell=found.append)
    assert prepared.files[0].rows == 11
    assert [(one.id, one.line) for one in found if one.line and one.id != "D202"] == [
        ("D107", 6),
        ("D107", 8),
        ("D107", 9),
    ]


def test_rows_whose_columns_are_left_as_they_are_are_named_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    good: list[Row] = [{key.lower(): row[key] for key in row} for row in EACH]
    path.write_text(lines([*good, {**good[0], "id": "7"}, EACH[1], {**good[2], "prompt": "x", "id": "8"}]))
    found: list[Finding] = []
    prepared = prepare(path, split=False, only=(), tell=found.append)
    assert prepared.files[0].rows == 14
    named = [(one.id, one.line) for one in found if one.severity is Severity.ERROR and not one.fixable]
    assert named == [("D203", 15), ("D202", 16), ("D203", 17)]
    assert found[-1].message.endswith("it is left out")


def test_rows_with_errors_that_no_fix_mends_are_left_out_so_that_a_check_passes(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    plain: list[Row] = [{"messages": [{"role": "user", "content": f"q {number}"}, TALK[1]]} for number in range(20)]
    silent: Row = {"messages": [TALK[0], {**TALK[1], "weight": 0}]}
    stray: Row = {"messages": [TALK[0], {"role": "tool", "content": "1"}, TALK[1]]}
    path.write_text(lines([silent, *plain, stray]))
    found: list[Finding] = []
    [file] = prepare(path, split=False, tell=found.append).files
    assert file.rows == 20
    assert {one.line for one in found if is_final(one)} == {1, 22}
    assert check(file.path).usable
    assert prepare(file.path, split=False).files == ()


def test_each_row_of_an_array_on_one_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    texts = ["FOO A", "FOO A", "foo a", "FOOO B", "fooo b", "FOO C", "FOO D"]
    rows: list[Row] = [{"prompt": text, "completion": "HI"} for text in texts]
    path.write_text(json.dumps(rows))
    found: list[Finding] = []
    prepared = prepare(path, split=False, tell=found.append)
    gone = {one.line for one in found if one.id == "D101"}
    assert len(gone) == len(rows) - prepared.files[0].rows > 0
    assert 2 in gone


def test_conversations_on_one_line_are_named_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    silent = [{**TALK[1], "content": ""}]
    path.write_text(
        json.dumps(
            [{"messages": [{**TALK[0], "content": f"q {n}"}, *(silent if n % 2 else TALK[1:])]} for n in range(60)]
        )
    )
    found: list[Finding] = []
    assert prepare(path, split=False, tell=found.append).files[0].rows == 30
    assert [one.line for one in found if one.id == "D606"] == list(range(2, 61, 2))


def test_two_pairs_of_one_conversation_are_named_both(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    again = [TALK[0], {**TALK[1], "content": "no\x07"}, TALK[0], {**TALK[1], "content": "no"}]
    some: list[Row] = [{"messages": [{**TALK[0], "content": f"q {n}"}, TALK[1]]} for n in range(20)]
    path.write_text(lines([*some, {"messages": [*TALK, *TALK[:1], TALK[1]]}, {"messages": again}, {"messages": again}]))
    found: list[Finding] = []
    prepared = prepare(path, to="prompt_completion", split=False, tell=found.append)
    made = 20 + 2 + 2 + 2
    assert len([one for one in found if one.id == "D101"]) == made - prepared.files[0].rows


def test_too_few_rows_are_an_error_that_is_left_where_others_went(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines([*EACH[:9], {**EACH[9], "Completion": [1]}]))
    preparation = Preparation(path, Reading())
    preparation.mend(lambda *_: True)
    assert [error.id for error in preparation.errors] == ["D104"]
    assert preparation.unusable == 1


def test_an_error_whose_fix_was_refused_is_left(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines([*EACH, {"Prompt": "x", "Completion": " "}]))
    preparation = Preparation(path, Reading())
    preparation.mend(lambda fix, _: fix.id != "D102")
    assert [error.id for error in preparation.errors] == ["D102"]
    assert preparation.unusable == 0


@given(
    st.one_of(talks.datasets(), test_mend_properties.datasets()),
    st.booleans(),
    st.sets(st.sampled_from(sorted({*GONE, "D106", "D202", "D203", "D604", "D608", "D611"})), max_size=3),
)
@settings(max_examples=300, deadline=None)
def test_the_rows_that_go_are_those_that_findings_name(rows: list[Row], array: bool, refused: set[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.json"
        text = json.dumps(rows, separators=(",", ":")) if array else lines(rows)
        path.write_text(text, "utf-8")
        found: list[Finding] = []
        try:
            preparation = Preparation(path, Reading(), tell=found.append)
        except DataError as error:
            if "which columns" in error.reason:
                return
            raise
        preparation.mend(lambda fix, _: fix.id not in refused)
        left = {line for batch in preparation._mended.settled() for line in batch.lines}
    lost = set(range(1, len(rows) + 1)) - left
    by_fixes = {one.line for one in found if one.fixable and one.id in GONE - refused and one.line}
    assert by_fixes <= lost
    assert lost <= by_fixes | {
        one.line for one in found if one.severity is Severity.ERROR and (not one.fixable or one.id in refused)
    }


@given(st.one_of(talks.datasets(), test_mend_properties.datasets()))
@settings(max_examples=200, deadline=None)
def test_what_is_written_passes_a_check_or_errors_are_said_to_be_left(rows: list[Row]) -> None:
    with TemporaryDirectory() as folder:
        path, out = Path(folder) / "data.jsonl", Path(folder) / "out.jsonl"
        path.write_text(lines(rows), "utf-8")
        try:
            preparation = Preparation(path, Reading())
            preparation.mend(lambda *_: True)
            preparation.write((out,), share=0.2, most=9, seed=1)
        except DataError as error:
            if "which columns" in error.reason or "no row" in error.reason:
                return
            raise
        left = {kind.id for kind in check(out).kinds if kind.severity is Severity.ERROR}
        assert left == {error.id for error in preparation.errors}
