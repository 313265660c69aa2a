"""What ``openft prepare`` says to do next; what can be pasted is pasted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import openft
from cli.running import Run
from openft.cli.advice import advice
from openft.data import FileFacts, Kind, counter
from openft.data.checks import rules
from openft.data.fixes import texts
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
    assert 'model="curie:ft-me-2023"' in "".join(advice([Path("a")], facts(), {}, "curie:ft-me-2023"))
    assert 'model="gpt-4o"' in "".join(advice([Path("a")], facts("chat"), {}, "gpt-4o"))


def test_a_model_of_a_host_is_trained_there_on_prompts_and_completions_too() -> None:
    lines = list(advice([Path("a")], facts(separator=" ->"), {}, "davinci-002"))
    assert 'client.fine_tuning.jobs.create(training_file=Path("a"), model="davinci-002")' in lines[1]
    assert lines[2:] == ['then end each prompt with " ->", as in the data']


def test_the_path_of_a_tokenizer_is_no_model_to_train(tmp_path: Path) -> None:
    tokenizer = Path(openft.__file__).parent / "assets" / "tokenizer.json"
    lines = list(advice([Path("a")], facts(), {" y": 2, " n": 1}, str(tokenizer)))
    assert 'model="ada"' in lines[1]
    assert "gpt-4.1-mini" in "".join(advice([Path("a")], facts("chat"), {}, str(tokenizer)))


def test_the_tokens_to_ask_for_are_those_of_the_longest_completion() -> None:
    counted = [counter("ada")(text) for text in (" yes", " unforgettable")]
    assert list(advice([Path("a")], facts(), {" yes": 9, " unforgettable": 3}))[-1] == (
        f"and ask for max_tokens={max(counted)}, as many as the longest completion has (counted)"
    )
    assert list(advice([Path("a")], facts(), {}, "babbage-002", longest=" four"))[-1] == (
        "and ask for max_tokens=2, as many as the longest completion has (estimated)"
    )


def test_what_was_done_to_prompts_is_to_be_done_to_those_that_are_asked_with() -> None:
    made = [
        texts.remove_start(rules.PROMPT_PREFIX, "prompt", "Review:\x1b "),
        texts.lower(rules.UPPER_CASE_PROMPT, "prompt", ""),
        texts.lower(rules.UPPER_CASE_COMPLETION, "completion", ""),
    ]
    assert list(advice([Path("a")], facts(separator=" ->"), {}, made=made))[3:] == [
        "then do to prompts what was done to the data: take 'Review:\\x1b ' off every prompt",
        "then do to prompts what was done to the data: write every prompt in small letters",
        'then end each prompt with " ->", as in the data',
    ]


def test_the_system_message_that_rows_were_given_is_told(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(f'{{"prompt": "{n}?", "completion": "{n}"}}\n' for n in range(20)))
    said = 'then ask with the same system message: "be\\u202e kind"\n'
    assert said in run("prepare", str(path), "--to", "chat", "--system", "be\u202e kind", "--yes").out
    assert "system message" not in run("prepare", str(path), "--to", "chat", "--yes").out


def test_the_class_whose_metrics_are_told_is_named() -> None:
    files = [Path("a"), Path("b")]
    said = 'metrics are of the class " x"; for those of " y", name it as classification_positive_class'
    assert said in list(advice(files, facts(), {" x": 3, " y": 2}))
    assert said not in list(advice(files[:1], facts(), {" x": 3, " y": 2}))


def test_reinforcement_needs_a_grader() -> None:
    assert list(advice([Path("a")], facts("reinforcement"), {})) == [
        "to train, give client.fine_tuning.jobs.create the files and, in method=, a grader"
    ]
