"""What ``openft prepare`` says to do next; what can be pasted is pasted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.running import Run
from openft.cli.advice import advice
from openft.data import FileFacts, Kind
from openft.testing import FakeAPI


def facts(kind: Kind = "prompt_completion", *, separator: str = "", stop: str = "") -> FileFacts:
    return FileFacts("data.csv", "csv", "utf-8", 40, kind, "classification", 2, separator, stop)


def pasted(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.train
def test_the_command_trains_on_what_was_prepared(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        f"film {number} is {'good' if number % 2 else 'bad'},{'yes' if number % 2 else 'no'}" for number in range(20)
    ]
    Path('it\'s "my" film.csv').write_text("\n".join(["prompt,completion", *rows]) + "\n")
    said = run("prepare", 'it\'s "my" film.csv', "--yes").out.splitlines()
    [command] = [line for line in said if line.startswith("  python ")]
    done = pasted(command, tmp_path, OPENFT_DATA_DIR=str(tmp_path / "models"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ada:ft-")


@pytest.mark.parametrize("kind", ["chat", "preference"])
def test_the_command_starts_a_job_on_conversations(kind: Kind, tmp_path: Path) -> None:
    asked, said = [{"role": "user", "content": "hello"}], [{"role": "assistant", "content": "yes"}]
    row = {
        "chat": {"messages": asked + said},
        "preference": {"input": {"messages": asked}, "preferred_output": said, "non_preferred_output": said},
    }[kind]
    (tmp_path / "talk.jsonl").write_text(f"{json.dumps(row)}\n" * 10)
    command = list(advice([Path("talk.jsonl"), Path("talk.jsonl")], facts(kind), {}))[1]
    api = FakeAPI(speed=100_000)
    with api.port() as url:
        done = pasted(command, tmp_path, OPENFT_BASE_URL=url, OPENFT_API_KEY="sk-any")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ft:gpt-4.1-mini-2025-04-14:")


def test_several_classes_are_counted_and_two_have_a_positive_one() -> None:
    files = [Path("a"), Path("b")]
    assert "classification_n_classes=3)" in "".join(advice(files, facts(), {"x": 3, "y": 2, "z": 1}))
    assert 'classification_positive_class=" x")' in "".join(advice(files, facts(), {" x": 3, " y": 2}))
    assert "classification" not in "".join(advice(files[:1], facts(), {" x": 3, " y": 2}))


def test_the_separator_and_the_stop_sequence_are_told_with_newlines_escaped() -> None:
    lines = list(advice([Path("a")], facts(separator="\n\n###\n\n", stop=" END"), {}))
    assert lines[-2:] == [
        'then end each prompt with "\\n\\n###\\n\\n", as in the data',
        'and stop where completions end: stop=[" END"]',
    ]
    assert len(list(advice([Path("a")], facts(), {}))) == 3


def test_what_a_terminal_would_obey_is_escaped_and_still_the_same_name(tmp_path: Path) -> None:
    path = Path("a\u202e\x1b'b.jsonl")
    command = list(advice([path], facts(), {}))[1]
    assert command.isprintable()
    shown = pasted(
        command.partition("; client")[0]
        + "; print(ascii(Path("
        + command.partition("Path(")[2].partition(")")[0]
        + ").name))'",
        tmp_path,
    )
    assert shown.stdout.strip() == ascii(path.name)


def test_the_model_that_was_named_is_the_one_to_train() -> None:
    assert 'model="curie"' in "".join(advice([Path("a")], facts(), {}, "curie"))
    assert 'model="ada"' in "".join(advice([Path("a")], facts(), {}, "gpt-4o"))
    assert 'model="gpt-4o"' in "".join(advice([Path("a")], facts("chat"), {}, "gpt-4o"))


def test_reinforcement_needs_a_grader() -> None:
    assert list(advice([Path("a")], facts("reinforcement"), {})) == [
        "to train, give client.fine_tuning.jobs.create the files and, in method=, a grader"
    ]
