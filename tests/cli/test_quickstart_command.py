"""``openft quickstart``, with real training on a few rows."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from rich.console import Console

from cli.running import Run
from openft.cli.quickstart import show
from openft.quickstart import QuickstartResult


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Ten rows."""
    path = tmp_path / "tiny.csv"
    rows = [f"{['good', 'bad'][number % 2]} film {number},{['yes', 'no'][number % 2]}" for number in range(10)]
    path.write_text("\n".join(["film,fine", *rows]))
    return path


@pytest.mark.train
def test_json_is_one_document_and_nothing_else(table: Path, run: Run) -> None:
    ended = run("quickstart", "--data", str(table), "--prompt-column", "film", "--completion-column", "2", "--json")
    assert (ended.code, ended.err) == (0, "")
    result = json.loads(ended.out)
    assert list(result) == [field.name for field in dataclasses.fields(QuickstartResult)]
    assert (result["status"], result["train_rows"], result["held_out_rows"]) == ("succeeded", 8, 2)
    assert result["deleted"] is True


@pytest.mark.train
@pytest.mark.slow
def test_a_pipe_gets_plain_lines(table: Path, run: Run) -> None:
    ended = run("quickstart", "--data", str(table), "--completion-column", "fine")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("data       tiny.csv: 8 rows to train on, 2 held out\n")
    assert "           Completed epoch 4/4" in ended.out
    assert ended.out.splitlines()[-1].startswith("done in ")


def test_the_last_line_says_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    result = QuickstartResult("file-1", "ft-1", "succeeded", "ada:ft-x", 8, 2, 0.5, 1.0, 61.7, deleted=True)
    show(result, Console(), as_json=False)
    assert capsys.readouterr().out == "done in 62 s\n"


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_interrupted_quickstart_says_that_nothing_stays_behind(
    options: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("openft.cli.quickstart.run", interrupted)
    assert run("quickstart", *options) == (130, "", "interrupted; nothing stays behind\n")


def test_conversations_are_told_from_tables(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "good.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n')
    ended = run("quickstart", "--data", str(path))
    line = "rows of messages are conversations; this takes a table of prompts and completions"
    assert ended == (1, "", f"error: {path}:1: {line}\n")


def test_a_bad_table_is_one_line_and_1(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("text,label\na,b\nonly one\n")
    ended = run("quickstart", "--data", str(path))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"error: {path}:3: number of columns is 1, in the first row it is 2: only one;")
