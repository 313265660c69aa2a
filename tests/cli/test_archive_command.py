"""``openft archive``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from archive.account import Account
from cli.running import Run
from cli.terminal import on_terminal
from loopback import CLOSE, HANG, KEY, Loopback, Pause, Received, again, refusal
from openft.archive import Progress
from openft.cli.saving import SavingBar

EVENTS = "/fine_tuning/jobs/ftjob-1/events"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[Account]:
    """An account that the environment leads to."""
    account = Account()
    with Loopback(account) as server:
        monkeypatch.setenv("OPENFT_BASE_URL", server.url)
        monkeypatch.setenv("OPENFT_API_KEY", KEY)
        yield account


def test_it_saves_and_reports(account: Account, run: Run, tmp_path: Path) -> None:
    ended = run("archive", str(tmp_path / "a"))
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("archive of http://127.0.0.1:")
    assert ended.out.splitlines()[-1].startswith("complete: 1 job (")
    assert (tmp_path / "a/jobs/ftjob-1/events.jsonl").exists()


def test_json_is_one_document_and_nothing_else(account: Account, run: Run, tmp_path: Path) -> None:
    ended = run("archive", str(tmp_path), "--json")
    told = json.loads(ended.out)
    assert (ended.code, ended.err, told["ok"], told["did"]) == (0, "", True, "saved")


def test_a_dry_run_writes_nothing(account: Account, run: Run, tmp_path: Path) -> None:
    ended = run("archive", str(tmp_path / "a"), "--dry-run")
    assert ended.code == 0
    assert "a run would save 1 job, 1 fine-tune, 2 files (12 B); nothing was written" in ended.out
    assert not list(tmp_path.iterdir())


def test_verify_needs_no_key(account: Account, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("archive", str(tmp_path))
    monkeypatch.delenv("OPENFT_BASE_URL")
    monkeypatch.delenv("OPENFT_API_KEY")
    ended = run("archive", str(tmp_path), "--verify")
    assert ended.code == 0
    (tmp_path / "jobs.csv").unlink()
    ended = run("archive", str(tmp_path), "--verify")
    assert ended.code == 1
    assert "not as it was saved:\n  missing  jobs.csv" in ended.out


def test_what_another_run_may_save_is_1(account: Account, run: Run, tmp_path: Path) -> None:
    account.always[EVENTS] = [refusal(500, "broken", retry_after="3600")]
    ended = run("archive", str(tmp_path))
    assert ended.code == 1
    assert "failed: events ftjob-1: broken" in ended.out
    assert "run the same command again" in ended.out


def test_what_is_gone_is_0(account: Account, run: Run, tmp_path: Path) -> None:
    account.files.pop(0)
    ended = run("archive", str(tmp_path))
    assert ended.code == 0
    assert "gone: file file-1: no such file: file-1" in ended.out


def test_a_wrong_key_is_one_line_and_1(
    account: Account, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENFT_API_KEY", "sk-wrong")
    ended = run("archive", str(tmp_path))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: Incorrect API key provided")
    assert "sk-wrong" not in ended.err


def test_a_host_that_is_lost_is_told(account: Account, run: Run, tmp_path: Path) -> None:
    account.first["/models"] = [account(Received(0, "GET /v1/models X", {"authorization": f"Bearer {KEY}"}))]
    account.always = {"/models": [CLOSE], EVENTS: [CLOSE]}
    ended = run("archive", str(tmp_path / "a"), "--attempts", "1")
    assert (ended.code, ended.out) == (1, "")
    told, error = ended.err.splitlines()
    assert told == "the host is lost; what is saved stays, and the next run goes on"
    assert error.startswith("error: the connection broke before GET /models was answered")


def test_a_host_that_wants_to_be_left_alone_is_told(account: Account, run: Run, tmp_path: Path) -> None:
    account.always[EVENTS] = [refusal(429, "too many", retry_after="3600")]
    ended = run("archive", str(tmp_path / "a"))
    assert (ended.code, ended.out) == (1, "")
    told, error = ended.err.splitlines()
    assert told == "the host wants no request for 3,600 seconds; what is saved stays, and the next run goes on"
    assert error.startswith("error: too many")


def test_a_host_that_is_away_from_the_start_has_given_nothing(account: Account, run: Run, tmp_path: Path) -> None:
    account.always = {"/models": [CLOSE]}
    ended = run("archive", str(tmp_path / "a"), "--attempts", "1")
    assert ended.code == 1
    assert ended.err.splitlines()[0] == "the host is lost; nothing was saved yet"
    account.always = {}
    run("archive", str(tmp_path / "a"))
    account.always = {"/models": [CLOSE]}
    ended = run("archive", str(tmp_path / "a"), "--attempts", "1")
    assert ended.err.splitlines()[0] == "the host is lost; what is saved stays, and the next run goes on"


def test_an_archive_that_was_never_finished_does_not_pass(account: Account, run: Run, tmp_path: Path) -> None:
    account.always[EVENTS] = [refusal(429, "too many", retry_after="3600")]
    run("archive", str(tmp_path / "a"))
    ended = run("archive", str(tmp_path / "a"), "--verify")
    assert (ended.code, ended.err) == (1, "")
    assert f"finish it, while the host is there: openft archive {tmp_path / 'a'}\n" in ended.out
    assert ended.out.splitlines()[-1].startswith("the last run has not come to its end; what is there is as it was")


def test_a_dry_run_that_is_lost_has_saved_nothing(account: Account, run: Run, tmp_path: Path) -> None:
    account.always = {"/models": [CLOSE]}
    ended = run("archive", str(tmp_path / "a"), "--dry-run", "--attempts", "1")
    assert (ended.code, ended.out) == (1, "")
    assert "stays" not in ended.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("", "--dry-run"), "name a folder for the archive"),
        (("a", "--dry-run", "--verify"), "it is either --verify or --dry-run"),
        (("a", "--concurrency", "0"), "Invalid value for '--concurrency'"),
    ],
)
def test_wrong_usage_is_2(options: tuple[str, ...], told: str, run: Run) -> None:
    ended = run("archive", *options)
    assert ended.code == 2
    assert told in " ".join(ended.err.split())


def test_ctrl_c_keeps_what_is_there_even_if_the_host_hangs(account: Account, tmp_path: Path) -> None:
    account.always[EVENTS] = [HANG]
    command = [sys.executable, "-m", "openft", "archive", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 20
        while EVENTS not in account.asked and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert err == "interrupted; what is saved stays, and the next run goes on\n"
    assert (tmp_path / "jobs/ftjob-1/job.json").exists()
    assert (tmp_path / "files/file-1/train.jsonl").exists()


def test_a_terminal_has_a_bar_and_a_report(account: Account, tmp_path: Path) -> None:
    account.always["/files/file-1/content"] = [Pause(0.3), again(403)]
    shown = on_terminal(tmp_path, "archive", "a", answers=[])
    assert shown.code == 0
    assert "saving" in shown.screen
    assert "complete: 1 job (" in shown.screen


def test_a_pipe_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with SavingBar(every=0.0) as bar:
        bar(Progress(done=1, of=2, bytes=3_000_000, of_bytes=5_000_000))
    with SavingBar() as bar:
        bar(Progress(done=1, of=2, bytes=0, of_bytes=0))
    assert capsys.readouterr() == ("", "saving: 1 of 2, 3.0 MB of 5.0 MB\n")
