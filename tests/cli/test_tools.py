"""``openft tools fine_tunes.prepare_data``, as the 2023 guide prints it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from cli.running import Run, run_apart

COMMAND = ("tools", "fine_tunes.prepare_data")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Forty rows in two classes, one of them twice, and one without a completion."""
    path = tmp_path / "films.csv"
    rows = [f"film number {number},{'yes' if number % 2 else 'no'}" for number in range(40)]
    path.write_text("\n".join(["prompt,completion", *rows, rows[3], "empty,"]) + "\n")
    return path


def answering(monkeypatch: pytest.MonkeyPatch, answers: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))


def rows_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("quiet", ["-q", "--quiet"])
def test_quiet_says_yes_to_all(quiet: str, table: Path, run: Run) -> None:
    ended = run(*COMMAND, "-f", str(table), quiet)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Analyzing...\n")
    assert len(rows_of(table.with_name("films_prepared_train.jsonl"))) == 32
    assert len(rows_of(table.with_name("films_prepared_valid.jsonl"))) == 8


@pytest.mark.parametrize("no", ["n", "no", "N", "No"])
def test_no_and_n_both_mean_no(no: str, table: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, f"{no}\n" * 4 + "\n")
    ended = run(*COMMAND, "--file", str(table))
    assert ended.code == 0
    assert len(rows_of(table.with_name("films_prepared.jsonl"))) == 41
    assert rows_of(table.with_name("films_prepared.jsonl"))[0] == {"prompt": "film number 0", "completion": "no"}


def test_other_answers_are_asked_again(table: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "perhaps\n" + "y\n" * 3 + "n\n" * 2)
    ended = run(*COMMAND, "-f", str(table))
    assert ended.out.count("please say yes or no\n") == 1
    assert ended.out.endswith("films_prepared.jsonl? [Y/n] nothing is written\n")
    assert ended.code == 0


def test_what_is_necessary_is_told_and_not_asked(table: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "\n" * 5)
    out = run(*COMMAND, "-f", str(table)).out
    assert "D102 empty-completion: leave out rows with an empty completion\n" in out
    assert out.count("make this change? [Y/n]") == 3
    assert out.count("hold 20% of the rows") == 1


def test_the_end_of_the_answers_writes_nothing(table: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "y\n")
    ended = run(*COMMAND, "-f", str(table))
    assert ended.code == 1
    assert ended.err == "error: no answer, so nothing is written\n"
    assert [path.name for path in table.parent.iterdir()] == ["films.csv"]


def test_data_that_will_not_train_ends_with_1(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "few.txt"
    path.write_text("one\ntwo\n")
    ended = run(*COMMAND, "-f", str(path), "-q")
    assert ended.code == 1
    assert "it will not train yet: 2 rows" in ended.out


def test_a_file_that_is_not_there_is_one_line(run: Run) -> None:
    ended = run(*COMMAND, "-f", "nowhere.csv")
    assert ended.code == 1
    assert ended.err == "error: nowhere.csv: cannot be read: no such file or directory\n"


@pytest.mark.parametrize("arguments", [("tools",), COMMAND, ("tools", "nonsense"), (*COMMAND, "-f", "a", "-x")])
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], run: Run) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: openft tools")


@pytest.mark.parametrize("arguments", [("tools", "--help"), (*COMMAND, "-h")])
def test_help_is_its_own(arguments: tuple[str, ...], run: Run) -> None:
    ended = run(*arguments)
    assert ended.code == 0
    assert ended.out.startswith("usage: openft tools")


def test_it_runs_as_the_guide_prints_it(table: Path) -> None:
    ended = run_apart(*COMMAND, "-f", str(table), "-q")
    assert ended.code == 0
    assert "films_prepared_train.jsonl" in ended.out
