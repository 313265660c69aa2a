"""``openft prepare``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.running import Run, run_apart
from cli.terminal import on_terminal

ROWS = [f"{'good' if number % 2 else 'bad'} film {number},{'yes' if number % 2 else 'no'}" for number in range(40)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Forty rows in two classes, one of them twice."""
    path = tmp_path / "films.csv"
    path.write_text("\n".join(["prompt,completion", *ROWS, ROWS[3]]) + "\n")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"films.csv"}


def test_yes_writes_a_training_and_a_validation_file(table: Path, run: Run) -> None:
    before = table.read_bytes()
    ended = run("prepare", str(table), "--yes")
    assert (ended.code, ended.err) == (0, "")
    train, valid = table.with_name("films_prepared_train.jsonl"), table.with_name("films_prepared_valid.jsonl")
    assert f"wrote {train}: 32 rows\nwrote {valid}: 8 rows\n" in ended.out
    rows = rows_of(train) + rows_of(valid)
    assert len(rows) == 40
    assert all(list(row) == ["prompt", "completion"] for row in rows)
    assert {row["completion"] for row in rows} == {" yes", " no"}
    assert all(row["prompt"].endswith(" ->") for row in rows)
    assert table.read_bytes() == before


def test_each_fix_is_shown_on_real_rows(table: Path, run: Run) -> None:
    out = run("prepare", str(table), "--yes").out
    assert f"D307 leading-space: begin every completion with a space\n  {table}:2 completion\n" in out
    assert '    - "no"\n    + " no"\n' in out
    assert f"D101 duplicate-row: leave out 1 rows that are there before\n  {table}:42\n    - " in out


def test_a_second_run_takes_the_next_free_name(table: Path, run: Run) -> None:
    first = run("prepare", str(table), "--yes").out
    again = run("prepare", str(table), "--yes").out
    assert "films_prepared_train.jsonl" in first
    assert "films_prepared_train (1).jsonl" in again
    assert (table.parent / "films_prepared_valid.jsonl").read_bytes() == (
        table.parent / "films_prepared_valid (1).jsonl"
    ).read_bytes()


def test_what_was_prepared_needs_nothing_more(table: Path, run: Run) -> None:
    run("prepare", str(table), "--yes", "--no-split")
    ended = run("prepare", str(table.with_name("films_prepared.jsonl")), "--no-split")
    assert ended.code == 0
    assert "there is nothing to change\n" in ended.out
    assert "films_prepared.jsonl" in ended.out.split("to train on this machine, paste:")[1]
    assert written(table.parent) == {"films_prepared.jsonl"}


def test_without_a_terminal_nothing_is_written_and_it_says_how(table: Path, run: Run) -> None:
    ended = run("prepare", str(table))
    assert ended.code == 1
    assert "nothing is written, since there is no terminal to ask on; --yes makes these changes in " in ended.out
    assert not written(table.parent)


def test_without_a_terminal_it_does_not_wait_for_a_pipe(table: Path) -> None:
    reading, writing = os.pipe()
    try:
        ended = run_apart("prepare", str(table), stdin=reading)
    finally:
        os.close(reading)
        os.close(writing)
    assert ended.code == 1
    assert not written(table.parent)


def test_a_dry_run_shows_the_same_and_writes_nothing(table: Path, run: Run) -> None:
    ended = run("prepare", str(table), "--dry-run", "--yes")
    assert ended.code == 0
    assert "D301 missing-separator: end every prompt with ' ->'" in ended.out
    assert "nothing is written in a dry run; it would be " in ended.out
    assert not written(table.parent)


@pytest.mark.parametrize(
    ("options", "made"),
    [
        (("--only", "D307"), {"D307"}),
        (("--only", "d307, D101"), {"D307", "D101"}),
        (("--skip", "D307"), {"D101", "D301"}),
        (("--only", ""), set[str]()),
    ],
)
def test_fixes_can_be_chosen(options: tuple[str, ...], made: set[str], table: Path, run: Run) -> None:
    ended = run("prepare", str(table), "--yes", "--json", *options)
    assert ended.code == 0
    told = json.loads(ended.out)
    assert {fix["id"] for fix in told["fixes"] if fix["made"]} == made
    assert {fix["id"] for fix in told["fixes"]} == {"D101", "D301", "D307"}


@pytest.mark.parametrize("option", ["--only", "--skip"])
def test_an_unknown_fix_is_wrong_usage_and_the_known_ones_are_named(option: str, table: Path, run: Run) -> None:
    ended = run("prepare", str(table), option, "D101,D405")
    assert ended.code == 2
    assert "no fix has the id 'D405'" in ended.err.replace("\n", " ")
    assert "D310 trailing-blank" in ended.err


def test_json_is_one_document_with_what_was_found_and_done(table: Path, run: Run) -> None:
    ended = run("prepare", str(table), "--yes", "--json")
    told = json.loads(ended.out)
    assert told["prepared"]["separator"] == " ->"
    assert told["labels"] == {" no": 20, " yes": 20}
    assert [Path(file["file"]).name for file in told["written"]] == [
        "films_prepared_train.jsonl",
        "films_prepared_valid.jsonl",
    ]
    assert [file["rows"] for file in told["written"]] == [32, 8]
    assert {finding["id"] for finding in told["findings"]} >= {"D101", "D301", "D307"}


def test_a_report_says_what_was_found_and_done(table: Path, run: Run) -> None:
    report = table.with_name("report.json")
    assert run("prepare", str(table), "--yes", "--report", str(report)).code == 0
    told = json.loads(report.read_text("utf-8"))
    assert [file["rows"] for file in told["written"]] == [32, 8]
    assert "D301" in {finding["id"] for finding in told["findings"]}


@pytest.mark.parametrize("report", ["out.json", "out_train.json", "out_valid.json"])
def test_a_report_is_not_written_over_what_is_trained_on(table: Path, run: Run, report: str) -> None:
    out, place = table.with_name("out.json"), table.with_name(report)
    ended = run("prepare", str(table), "-o", str(out), "--report", str(place), "--yes")
    assert ended.code == 1
    assert ended.err == f"error: {place}: is a file that is to be trained on; name another one for the report\n"
    assert written(table.parent) == set()


def test_rows_that_go_once_columns_have_their_names_are_told_before_the_end(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "data.jsonl"
    rows = [{"Prompt": f"say {n}", "Completion": f"answer {n}" if n > 1 else [n]} for n in range(14)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = run("prepare", str(path), "--yes").out
    assert out.count(f"{path}:1: error: D107 not-text") == 1
    assert out.count(f"{path}:2: error: D107 not-text") == 1
    assert "left out 2 rows with errors that no fix mends, see above" in out


def test_a_report_does_not_take_the_free_name(table: Path, run: Run) -> None:
    place = table.with_name("films_prepared_valid.jsonl")
    assert run("prepare", str(table), "--report", str(place), "--yes").code == 1
    assert written(table.parent) == set()


def test_a_report_is_not_written_over_the_data(table: Path, run: Run) -> None:
    ended = run("prepare", str(table), "--yes", "--report", str(table))
    assert ended.code == 1
    assert ended.err == f"error: {table}: is a file that is read; name another one for the report\n"


def test_a_model_is_counted_and_priced(table: Path, run: Run) -> None:
    out = run("prepare", str(table), "--yes", "--model", "ada").out
    assert "films.csv: 32 rows, " in out
    assert "films.csv: ada, embedded: about " in out
    assert 'model="ada"' in out


def test_a_fix_that_changes_keys_is_shown_on_whole_rows(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "data.jsonl"
    rows = [{"Prompt": f"film {number} ->", "completion": f" {number} END", "id": number} for number in range(20)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = run("prepare", str(path), "--yes").out
    assert "D202 misnamed-column: call the columns prompt and completion\n" in out
    assert '    - "{"Prompt": "film 0 ->"' in out
    assert '    + "{"prompt": "film 0 ->"' in out


@pytest.mark.parametrize(
    ("out", "says"),
    [
        (".", "cannot be written: a directory"),
        ("no/such/out.jsonl", "cannot be written: there is no folder"),
        ("films.csv", "give it the suffix .jsonl"),
        ("link.jsonl", "is the file that is read"),
        ("hard.jsonl", "is the file that is read"),
        ("pipe", "cannot be written: not a file"),
    ],
)
def test_an_output_that_would_do_harm_is_refused(out: str, says: str, table: Path, run: Run) -> None:
    before = table.read_bytes()
    (table.parent / "link.jsonl").symlink_to(table)
    (table.parent / "hard.jsonl").hardlink_to(table)
    os.mkfifo(table.parent / "pipe")
    ended = run("prepare", str(table), "--yes", "--no-split", "-o", str(table.parent / out))
    assert ended.code == 1
    assert says in ended.err
    assert table.read_bytes() == before


def test_an_output_is_written_where_it_was_named(table: Path, run: Run) -> None:
    ended = run("prepare", str(table), "--yes", "-o", str(table.parent / "out.jsonl"), "--seed", "2")
    assert ended.code == 0
    assert written(table.parent) == {"out_train.jsonl", "out_valid.jsonl"}


@pytest.mark.parametrize("there", ["out_train.jsonl", "out_valid.jsonl"])
def test_a_file_with_a_name_that_was_not_given_is_not_replaced_unasked(there: str, table: Path, run: Run) -> None:
    (table.parent / there).write_text("mine")
    ended = run("prepare", str(table), "--yes", "-o", str(table.parent / "out.jsonl"))
    assert (ended.code, written(table.parent)) == (1, {there})
    assert f"{there}: is there already" in ended.err
    assert (table.parent / there).read_text() == "mine"


def test_the_file_that_was_named_is_replaced(table: Path, run: Run) -> None:
    (table.parent / "out.jsonl").write_text("mine")
    assert run("prepare", str(table), "--yes", "--no-split", "-o", str(table.parent / "out.jsonl")).code == 0
    assert len(rows_of(table.parent / "out.jsonl")) == 40


def test_the_question_says_what_is_replaced(table: Path) -> None:
    (table.parent / "out_valid.jsonl").write_text("mine")
    arguments = ("prepare", "films.csv", "-o", "out.jsonl")
    code, screen = on_terminal(table.parent, *arguments, answers=[b"y\n"] * 5)
    assert "write out_train.jsonl and out_valid.jsonl, in place of what is in out_valid.jsonl? [Y/n] " in screen
    assert (code, len(rows_of(table.parent / "out_valid.jsonl"))) == (0, 8)


def test_columns_are_named_on_the_command_line(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "reviews.tsv"
    lines = [f"{number}\t영화 {number}번은 {'좋다' if number % 2 else '나쁘다'}\t{number % 2}" for number in range(40)]
    path.write_text("\n".join(["id\tdocument\tlabel", *lines]), "utf-8")
    ended = run("prepare", str(path), "--prompt", "document", "--completion", "label", "--yes", "--no-split")
    assert ended.code == 0
    assert '{"prompt": "영화 0번은 나쁘다 ->", "completion": " 0"}\n' in (
        tmp_path / "reviews_prepared.jsonl"
    ).read_text("utf-8")


def test_data_that_will_not_train_is_written_and_says_so(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "few.csv"
    path.write_text("prompt,completion\na,b\nc,d\n")
    ended = run("prepare", str(path), "--yes")
    assert ended.code == 1
    assert "it will not train yet: 2 rows; hosts demand at least 10, add rows\n" in ended.out


def test_rows_with_errors_that_no_fix_mends_are_left_out_and_named(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "some.jsonl"
    good = [json.dumps({"prompt": f"{number} ->", "completion": f" {number}."}) for number in range(20)]
    path.write_text("\n".join([*good, '{"prompt": [1], "completion": " x."}', '{"prompt": ', "{}"]) + "\n")
    ended = run("prepare", str(path), "--yes")
    assert f"{path}:21: error: D107 not-text" in ended.out
    assert f"{path}:22: error: D010 unreadable-row" in ended.out
    assert f"{path}:23: error: D201 missing-column" in ended.out
    assert "left out 3 rows with errors that no fix mends, see above\n" in ended.out
    assert len(rows_of(tmp_path / "some_prepared.jsonl")) == 20


def test_rows_of_which_none_can_be_used_are_an_error(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "none.jsonl"
    path.write_text('{"prompt": [1], "completion": "x"}\n' * 20)
    ended = run("prepare", str(path), "--yes")
    assert ended.code == 1
    assert ended.err == f"error: {path}: no row can be used, so that nothing is written; mend what was found\n"
    assert not (tmp_path / "none_prepared.jsonl").exists()


def test_a_dash_is_wrong_usage(run: Run) -> None:
    ended = run("prepare", "-", "--yes")
    assert ended.code == 2
    assert "write what comes on stdin to a file first" in ended.err.replace("\n", " ")


def test_questions_are_answered_on_a_terminal(table: Path) -> None:
    answers = [b"\n", b"what\n", b"no\n", b"y\n", b"n\n", b"YES\n"]
    code, screen = on_terminal(table.parent, "prepare", "films.csv", answers=answers)
    assert code == 0
    assert screen.count("make this change? [Y/n]") == 4
    assert screen.count("please say yes or no") == 1
    assert "wrote films_prepared.jsonl: 40 rows" in screen
    assert rows_of(table.with_name("films_prepared.jsonl"))[0] == {"prompt": "bad film 0", "completion": " no"}


def test_no_to_the_last_question_writes_nothing(table: Path) -> None:
    code, screen = on_terminal(table.parent, "prepare", "films.csv", answers=[b"y\n"] * 4 + [b"n\n"])
    assert code == 0
    assert "nothing is written" in screen
    assert not written(table.parent)


@pytest.mark.parametrize(("key", "code"), [(b"\x04", 1), (b"\x03", 130)])
@pytest.mark.parametrize("after", [0, 2, 4])
def test_the_end_of_input_and_an_interrupt_write_nothing(key: bytes, code: int, after: int, table: Path) -> None:
    ended = on_terminal(table.parent, "prepare", "films.csv", answers=[b"\n"] * after + [key])
    assert ended.code == code
    assert not written(table.parent)


def test_rows_are_converted_before_they_are_checked(table: Path, run: Run) -> None:
    ended = run("prepare", str(table), "--to", "chat", "--system", "Was it good?", "--yes", "--no-split")
    assert ended.code == 0
    first = table.with_name("films_prepared.jsonl").read_text().splitlines()[0]
    assert json.loads(first) == {
        "messages": [
            {"role": "system", "content": "Was it good?"},
            {"role": "user", "content": "bad film 0"},
            {"role": "assistant", "content": "no"},
        ]
    }
    assert "to train with the key in OPENAI_API_KEY, paste:" in ended.out


def test_answers_with_a_score_become_preferences(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "answers.csv"
    lines = [f"question {number},answer {better},{better}" for number in range(20) for better in (0, 1)]
    path.write_text("\n".join(["prompt,completion,score", *lines]) + "\n")
    assert run("prepare", str(path), "--to", "preference", "--yes", "--no-split").code == 0
    rows = rows_of(tmp_path / "answers_prepared.jsonl")
    assert len(rows) == 20
    assert rows[0].keys() == {"input", "preferred_output", "non_preferred_output"}


def test_a_conversion_that_there_is_not_is_an_error(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "x"}]}\n' * 20)
    ended = run("prepare", str(path), "--to", "preference", "--yes")
    assert ended.code == 1
    assert "cannot be made preference" in ended.err
