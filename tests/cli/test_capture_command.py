"""``openft capture``: what it prints, how it ends, and that it goes on where it was."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from cli.running import Run
from openft.capture import TERMS
from openft.capture.setup import Setup
from openft.cli.capture import default_output, unescaped
from openft.cli.counting import CountingBar
from openft.testing import FakeAPI, Slow, Status

MODEL = "babbage-002"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeAPI]:
    """Serve an API that the command finds in its environment."""
    api = FakeAPI()
    api.answer_with(lambda prompt: f" answer to {prompt}")
    with api.port() as url:
        monkeypatch.setenv("OPENFT_BASE_URL", url)
        monkeypatch.setenv("OPENFT_API_KEY", "sk-command")
        yield api


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.jsonl"
    rows = [{"prompt": f"q{number}", "completion": f" answer to q{number}"} for number in range(12)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_answers_are_beside_the_file_and_the_summary_is_printed(api: FakeAPI, source: Path, run: Run) -> None:
    ended = run("capture", MODEL, str(source))
    out = source.with_name(f"prompts_{MODEL}.jsonl")
    assert (ended.code, ended.err) == (0, "max_tokens is 256; hosts stop after 16 where it is left out\n")
    assert ended.out.splitlines()[0] == f"{out}: 12 of 12 rows have an answer of {MODEL}"
    assert "as expected: 12 of 12 (100.0%)" in ended.out
    assert ended.out.splitlines()[-1] == TERMS
    assert len(out.read_text().splitlines()) == 12
    again = run("capture", MODEL, str(source))
    assert (again.code, len(api.requests)) == (0, 12)


def test_a_file_of_something_else_is_not_written_over(api: FakeAPI, source: Path, run: Run) -> None:
    notes = source.with_name("notes.txt")
    notes.write_text("my notes\n")
    ended = run("capture", MODEL, str(source), "-o", str(notes))
    assert (ended.code, notes.read_text(), api.requests) == (1, "my notes\n", [])
    assert "has no captured answers in it; name another file" in ended.err


def test_answers_are_not_written_to_the_screen(source: Path, run: Run) -> None:
    ended = run("capture", MODEL, str(source), "-o", "-")
    assert ended.code == 1
    assert "answers are written as a whole when all are there; name a file (-o)" in ended.err


def test_json_is_one_document_and_nothing_else(api: FakeAPI, source: Path, run: Run) -> None:
    ended = run("capture", MODEL, str(source), "-o", str(source.with_name("out")), "--json", "--limit", "5")
    told = json.loads(ended.out)
    assert (ended.code, told["rows"], told["asked"], told["terms"]) == (0, 5, 5, TERMS)
    assert len(api.requests) == 5


def test_a_dry_run_asks_nothing_and_needs_no_key(
    api: FakeAPI, source: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENFT_API_KEY")
    ended = run("capture", MODEL, str(source), "--dry-run")
    assert ended.code == 0
    assert ended.out.startswith(f"rows: 12; to be asked of {MODEL}: 12; in the cache: 0\n")
    assert not api.requests
    assert json.loads(run("capture", MODEL, str(source), "--dry-run", "--json").out)["to_ask"] == 12


def test_offline_writes_what_there_is_and_ends_with_1_where_something_is_missing(
    api: FakeAPI, source: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("capture", MODEL, str(source), "--limit", "5")
    monkeypatch.delenv("OPENFT_API_KEY")
    ended = run("capture", MODEL, str(source), "--offline")
    assert ended.code == 1
    assert "5 of 12 rows have an answer" in ended.out
    assert "not asked: 7, for want of a client; the same command without --offline asks them\n" in ended.out
    assert "asks them again" not in ended.out
    assert len(api.requests) == 5


def test_the_options_are_sent(api: FakeAPI, source: Path, run: Run, tmp_path: Path) -> None:
    options = ["--api", "chat", "--system", "Be kind.", "--max-tokens", "7", "--temperature", "0.5", "--top-p", "0.9"]
    more = ["--stop", r"\n", "--stop", "##", "--seed", "3", "--logprobs", "2", "--concurrency", "1", "--limit", "1"]
    ended = run(
        "capture", MODEL, str(source), "-o", str(tmp_path / "out"), "--cache", str(tmp_path / "c"), *options, *more
    )
    assert ended.code == 0, ended.err
    assert api.requests[0].body == {
        "model": MODEL,
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "q0"}],
        "max_tokens": 7,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["\n", "##"],
        "seed": 3,
        "logprobs": True,
        "top_logprobs": 2,
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "out", "prompts.jsonl"]


def test_no_stop_and_no_log_probabilities_can_be_said(api: FakeAPI, source: Path, run: Run) -> None:
    run("capture", MODEL, str(source), "--stop", "", "--no-logprobs", "--limit", "1")
    assert api.requests[0].body == {"model": MODEL, "prompt": "q0", "temperature": 0, "max_tokens": 256}


def test_columns_of_a_table_are_named(api: FakeAPI, tmp_path: Path, run: Run) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("id,a,b\n1,one,two\n")
    ended = run(
        "capture", MODEL, str(table), "--prompt", "{a}?", "--completion", "b", "--format", "csv", "--encoding", "utf-8"
    )
    assert ended.code == 0
    assert (api.requests[0].body["prompt"], "as expected: 0 of 1" in ended.out) == ("one?", True)


def test_an_unknown_model_is_one_line_and_1(api: FakeAPI, source: Path, run: Run) -> None:
    ended = run("capture", "nobody", str(source))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-1].startswith("error: no such model: nobody")
    assert "kept" not in ended.err


def test_what_was_answered_before_the_end_is_told(api: FakeAPI, source: Path, run: Run) -> None:
    api.fail_next(Status(401), path="/completions", after=3)
    ended = run("capture", MODEL, str(source), "--concurrency", "1")
    assert ended.code == 1
    kept = source.with_name(f"prompts_{MODEL}.jsonl.cache")
    assert f"3 answers of this run are kept in {kept}; to go on from there, do the same again" in ended.err


def test_stdin_is_refused(run: Run) -> None:
    assert run("capture", MODEL, "-").code == 2


def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(api: FakeAPI, source: Path, run: Run) -> None:
    api.fail_next(Slow(0.2), path="/completions", times=12)
    command = [sys.executable, "-m", "openft", "capture", MODEL, str(source), "--concurrency", "2"]
    process = subprocess.Popen(command, env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while len(api.requests) < 4:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"answers of this run are kept in" in said
    assert b"Traceback" not in said
    had = len(api.requests)
    assert had < 12
    assert run("capture", MODEL, str(source)).code == 0
    assert len(api.requests) == 12


def test_ctrl_c_before_the_first_answer_is_told(
    api: FakeAPI, source: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Setup, "moved", interrupted)
    api.fail_next(Status(503), path="/completions", times=100)
    ended = run("capture", MODEL, str(source))
    assert ended.code == 130
    told = "interrupted; what was answered is kept, and the same command goes on from there"
    assert ended.err.splitlines()[-1] == told


def test_log_probabilities_are_wanted_or_not(api: FakeAPI, source: Path, run: Run) -> None:
    ended = run("capture", MODEL, str(source), "--logprobs", "2", "--no-logprobs")
    assert (ended.code, api.requests) == (1, [])
    assert "--logprobs 2 and --no-logprobs contradict each other; leave one out" in ended.err


def test_what_would_be_replaced_by_fewer_answers_is_told_and_left(api: FakeAPI, source: Path, run: Run) -> None:
    out = source.with_name("out")
    run("capture", MODEL, str(source), "-o", str(out), "--temperature", "0.7")
    before = out.read_bytes()
    ended = run("capture", MODEL, str(source), "-o", str(out), "--offline")
    assert (ended.code, ended.out, out.read_bytes()) == (1, "", before)
    assert ended.err.splitlines()[-1].startswith(f"error: {out}: 12 rows have an answer there, and 0 would have one")


@pytest.mark.parametrize(
    ("file", "model", "out"),
    [
        ("data/train.jsonl", "ft:gpt-4o:acme:mood:abc", "data/train_ft-gpt-4o-acme-mood-abc.jsonl"),
        ("train.tsv.gz", "org/model", "train_org-model.jsonl"),
        ("train", "모델", "train_모델.jsonl"),
    ],
)
def test_the_output_is_named_after_file_and_model(file: str, model: str, out: str) -> None:
    assert default_output(Path(file), model) == Path(out)


def test_line_ends_are_written_as_in_python() -> None:
    assert unescaped(r"a\n\tb") == "a\n\tb"


def test_a_pipe_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with CountingBar(every=0) as bar:
        bar.moved(1, 2_000, "1 asked")
        logging.getLogger("openft").warning("trying again in 1 s: %s", "[away]")
    with CountingBar() as bar:
        bar.moved(2, 2_000, "2 asked")
        logging.getLogger("openft").warning("first")
        logging.getLogger("openft").warning("second")
    assert capsys.readouterr().err == "1 of 2,000 rows, 1 asked\ntrying again in 1 s: [away]\nfirst\n"
