"""Preparing whole files by one call."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.batches import Row, good, source
from data.test_checking import lines
from data.test_mend_properties import datasets
from openft.data import Finding, Prepared, Severity, check, check_file, hold_out, open_rows, prepare
from openft.data.writing import appearing
from openft.errors import DataError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Twenty rows with a text and a label, of which one is there twice."""
    file = tmp_path / "films.tsv"
    rows = [f"영화 {number}/a\t{'좋다' if number % 2 else '나쁘다'}" for number in range(20)]
    file.write_text("\n".join(["text\tlabel", *rows, rows[3]]) + "\n", "utf-8")
    return file


def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_table_becomes_two_files_that_train(path: Path) -> None:
    before = path.read_bytes()
    prepared = prepare(path)
    assert [fix.id for fix in prepared.made] == ["D101", "D301", "D307"]
    assert prepared.left == ()
    assert [file.path.name for file in prepared.files] == ["films_prepared_train.jsonl", "films_prepared_valid.jsonl"]
    assert [file.rows for file in prepared.files] == [16, 4]
    assert (prepared.facts.separator, prepared.facts.classes) == (" ->", 2)
    assert prepared.labels == {" 나쁘다": 10, " 좋다": 10}
    assert path.read_bytes() == before
    for file in prepared.files:
        assert check_file(file.path).rows == file.rows


def test_the_bytes_are_readable_and_the_keys_in_order(path: Path) -> None:
    [file] = prepare(path, split=False).files
    assert file.path.read_bytes().startswith('{"prompt": "영화 0/a ->", "completion": " 나쁘다"}\n'.encode())


def test_the_order_of_keys_is_mended_where_nothing_else_is(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines([{"completion": row["completion"], "prompt": row["prompt"]} for row in good()]))
    [file] = prepare(path, tmp_path / "out.jsonl", split=False).files
    assert rows_of(file.path) == good()
    assert all(list(row) == ["prompt", "completion"] for row in rows_of(file.path))


def test_preparing_twice_gives_the_same_bytes(path: Path) -> None:
    first, second = prepare(path), prepare(path)
    assert [file.path.name for file in second.files] == [
        "films_prepared_train (1).jsonl",
        "films_prepared_valid (1).jsonl",
    ]
    for one, other in zip(first.files, second.files, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()


def test_a_fifth_of_each_class_is_held_out(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    rows = [f"film {number},{'rare' if number < 20 else 'common'}" for number in range(300)]
    path.write_text("\n".join(["prompt,completion", *rows]) + "\n")
    held_out = [row["completion"] for row in rows_of(prepare(path).files[1].path)]
    assert (held_out.count(" rare"), held_out.count(" common")) == (4, 56)


def test_conversations_are_split_by_what_comes_before_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    talks = [
        [{"role": "user", "content": f"question {number // 2}"}, {"role": "assistant", "content": f"answer {number}"}]
        for number in range(40)
    ]
    path.write_text(lines([{"messages": talk} for talk in talks]))
    train, valid = prepare(path, split=True).files
    assert train.rows + valid.rows == 40
    assert valid.rows == 8
    assert "D405" not in {kind.id for kind in check(train.path, valid.path).kinds}
    assert "D405" in {kind.id for kind in check(path, valid.path).kinds}


def test_a_row_that_is_no_conversation_is_on_one_side(tmp_path: Path) -> None:
    rows: list[Row] = [{"messages": [{"role": "user", "content": "x"}]}, {"messages": []}, {"messages": 1}]
    held_out = hold_out(source(rows), kind="chat", share=0.5)
    sides = [held_out.split(batch) for size in (1, 7) for batch in source(rows, size=size)()]
    assert sum(len(side.rows) for pair in sides for side in pair) == 6


def test_another_seed_holds_others_out(path: Path) -> None:
    one, other = (prepare(path, seed=seed).files[1].path.read_bytes() for seed in (1, 2))
    assert one != other


def test_both_parts_have_no_text_in_common(path: Path) -> None:
    train, valid = prepare(path, validation_share=0.5).files
    assert "D405" not in {kind.id for kind in check(train.path, valid.path).kinds}


def test_how_much_is_held_out_can_be_said(path: Path) -> None:
    assert [file.rows for file in prepare(path, validation_share=0.5).files] == [10, 10]
    assert [file.rows for file in prepare(path, validation_share=0.5, validation_most=2).files] == [18, 2]


def test_what_is_well_as_it_is_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines(good()))
    prepared = prepare(path, split=False)
    assert (prepared.made, prepared.files) == ((), ())
    assert [file.name for file in tmp_path.iterdir()] == ["data.jsonl"]


@pytest.mark.parametrize("change", [lambda data: b"\xef\xbb\xbf" + data, lambda data: data + b"{\n"])
def test_a_file_that_no_fix_but_the_writing_mends_is_written(change: object, tmp_path: Path) -> None:
    assert callable(change)
    path = tmp_path / "data.jsonl"
    path.write_bytes(change(lines(good()).encode()))
    [file] = prepare(path, split=False).files
    assert rows_of(file.path) == good()


def test_a_dry_run_says_what_would_be_made(path: Path) -> None:
    prepared = prepare(path, dry_run=True)
    assert [fix.id for fix in prepared.made] == ["D101", "D301", "D307"]
    assert prepared.files == ()
    assert [file.name for file in path.parent.iterdir()] == ["films.tsv"]


def test_fixes_are_chosen_by_id_or_by_a_function(path: Path) -> None:
    assert [fix.id for fix in prepare(path, dry_run=True, only={"D301"}).made] == ["D301"]
    refused = prepare(path, dry_run=True, skip={"D301"}, accept=lambda fix, _: fix.id != "D101")
    assert [fix.id for fix in refused.made] == ["D307"]
    assert [fix.id for fix in refused.left] == ["D101", "D301"]


def test_an_id_that_no_fix_has_is_refused(path: Path) -> None:
    with pytest.raises(DataError, match=r"no fix has the id 'D405'; there are .*D101"):
        prepare(path, only={"D405"})


def test_rows_that_a_fix_makes_equal_are_named_too(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines([*good(), good()[7], {**good()[9], "prompt": f"\x07{good()[9]['prompt']}"}]))
    found: list[Finding] = []
    prepared = prepare(path, split=False, tell=found.append)
    assert [(finding.id, finding.line) for finding in found if finding.severity is Severity.WARNING] == [
        ("D501", 402),
        ("D101", 401),
        ("D101", 402),
    ]
    assert prepared.files[0].rows == 400


def test_what_is_wrong_twice_in_a_line_is_told_twice(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines([*good(), {"prompt": "x\x07\n\n###\n\n", "completion": " a\x07"}]))
    found: list[Finding] = []
    prepare(path, split=False, dry_run=True, tell=found.append)
    assert [(finding.line, finding.column) for finding in found if finding.id == "D501"] == [
        (401, "prompt"),
        (401, "completion"),
    ]


def test_rows_that_no_host_takes_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines([{"prompt": ["x"], "completion": " a"}, *good(), {"completion": " a"}]))
    prepared = prepare(path, split=False)
    assert prepared.files[0].rows == 400
    assert {kind.id for kind in prepared.report.kinds} >= {"D107", "D201"}


def test_without_a_row_that_can_be_used_there_is_an_error_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines([{"prompt": ["x"], "completion": " a"}] * 20))
    with pytest.raises(DataError, match="no row can be used"):
        prepare(path)
    assert [file.name for file in tmp_path.iterdir()] == ["data.jsonl"]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        prepare(tmp_path / "nowhere.jsonl")


def test_an_output_is_replaced_as_a_whole(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("before")
    prepare(path, out, split=False)
    assert rows_of(out)[0]["completion"] == " 나쁘다"
    assert not list(tmp_path.glob(".openft*"))


def test_writing_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("before")
    writing = appearing(first, second)
    files = writing.__enter__()
    files[0].write(b"half")
    assert not writing.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert first.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_no_file_appears_where_another_place_is_a_directory(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    second.mkdir()
    with pytest.raises(DataError, match="cannot be written: is a directory"), appearing(first, second) as files:
        files[0].write(b"x")
    assert [file.name for file in tmp_path.iterdir()] == ["b"]


def test_a_pipe_or_a_device_is_not_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for there in (pipe, link):
        with pytest.raises(DataError, match="is a device or a pipe; name the file to write"), appearing(there):
            pass
    assert pipe.is_fifo()
    assert link.is_symlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_an_error(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(DataError, match="cannot be written: permission denied"):
            prepare(path)
    finally:
        path.parent.chmod(0o700)


def test_a_name_that_cannot_be_is_an_error(path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written: file name too long"):
        prepare(path, path.with_name("a" * 250 + ".jsonl"), split=True)


def test_the_free_name_passes_over_links_that_lead_nowhere(path: Path) -> None:
    path.with_name("films_prepared.jsonl").symlink_to("nowhere")
    assert prepare(path, split=False).files[0].path.name == "films_prepared (1).jsonl"


def test_a_packed_file_gives_its_name_without_both_suffixes(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "films.old.csv.gz"
    path.write_bytes(gzip.compress(b"prompt,completion\n" + b"".join(b"%d,x%d\n" % (n, n) for n in range(20))))
    assert prepare(path, split=False).files[0].path.name == "films.old_prepared.jsonl"


def prepared_and_left(tmp_path: Path, rows: list[Row]) -> tuple[Prepared, list[Row]]:
    path = tmp_path / "data.jsonl"
    path.write_text(lines(rows), "utf-8")
    prepared = prepare(path, tmp_path / "out.jsonl", split=False)
    return prepared, rows_of(tmp_path / "out.jsonl")


@given(datasets())
@settings(max_examples=150, deadline=None)
def test_what_is_written_reads_back_passes_every_upload_and_needs_nothing_more(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    folder = tmp_path_factory.mktemp("data")
    try:
        prepared, after = prepared_and_left(folder, rows)
    except DataError as error:
        if "no row" in error.reason or "which columns" in error.reason:
            return
        raise
    out = folder / "out.jsonl"
    assert check_file(out).rows == len(after) == prepared.files[0].rows
    found: list[Finding] = []
    prepare(folder / "data.jsonl", split=False, dry_run=True, tell=found.append, first=99)
    named = {finding.line for finding in found if finding.severity is not Severity.NOTE} - {None}
    assert len(rows) - len(after) <= len(named)
    assert [row for batch in open_rows(out) for row in batch.rows] == after
    again = prepare(out, split=False, dry_run=True)
    assert again.made == ()


@given(st.lists(st.tuples(st.text(), st.text(min_size=1)), min_size=12, max_size=40, unique=True))
@settings(max_examples=60, deadline=None)
def test_nothing_is_lost_where_all_fixes_are_refused(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("data")
    rows: list[Row] = [{"prompt": prompt, "completion": f"x{completion}"} for prompt, completion in texts]
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    prepare(path, folder / "out.jsonl", split=False, only=())
    assert [row for batch in open_rows(folder / "out.jsonl") for row in batch.rows] == rows


def test_rows_that_cannot_be_converted_are_told_once_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    talk = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"}]
    tool = [{"role": "user", "content": "hello"}, {"role": "tool", "content": "1", "tool_call_id": "a"}, talk[1]]
    plain: list[Row] = [{"messages": [{"role": "user", "content": f"q {n}"}, talk[1]]} for n in range(20)]
    path.write_text("{\n" + lines([*plain, {"messages": tool}, *plain]))
    prepared = prepare(path, to="prompt_completion", split=False, only=())
    told = {kind.id: [finding.line for finding in kind.first] for kind in prepared.report.kinds}
    assert told["D010"] == [1, 22]
    assert prepared.files[0].rows == 40


def test_what_is_in_the_format_already_is_not_converted(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(lines(good()))
    assert prepare(path, to="prompt_completion", split=False).files == ()


@pytest.mark.parametrize("ids", ["D301, d307,", ["d301", "D307"]])
def test_ids_may_be_one_text_and_in_small_letters(ids: str | list[str], path: Path) -> None:
    assert {fix.id for fix in prepare(path, only=ids, dry_run=True).made} <= {"D301", "D307"}
    assert not {fix.id for fix in prepare(path, skip=ids, dry_run=True).made} & {"D301", "D307"}
    with pytest.raises(DataError, match="no fix has the id 'NOPE'"):
        prepare(path, only="nope")


def test_a_space_before_a_text_that_has_one_makes_no_mark(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"prompt": "  END", "completion": "END"}\n', encoding="utf-8")
    prepare(path, out, split=False)
    assert prepare(out, split=False, dry_run=True).made == ()
