"""Interrupted jobs end as uninterrupted ones do."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from engine.jobs import Attempt, carry_out, make_job, read_events, until
from openft.server.engine.worker import LOCKED
from openft.server.jobspec import CHECKPOINT, EVENTS, LEGACY_RESULTS, MODEL, OUTCOME, ModelRef, Outcome

pytestmark = pytest.mark.train


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / MODEL / "model.safetensors").read_bytes()).hexdigest()


def test_a_worker_killed_twice_ends_with_the_weights_results_and_events_of_one_that_was_not(
    tmp_path: Path, ada: ModelRef, processes: ForkServerContext
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        make_job(folder, ada, validation=[("sky ->", " blue")], n_epochs=8, batch_size=2, checkpoint_seconds=0.1)
    assert carry_out(whole).status == "succeeded"
    for count in (20, 45):
        attempt = Attempt(processes, killed)
        until(lambda seen=count: len(read_events(killed)) >= seen)  # type: ignore[misc]
        attempt.process.kill()
        assert attempt.wait() == -signal.SIGKILL
        assert (killed / CHECKPOINT).exists()
        assert not (killed / OUTCOME).exists()
    assert Attempt(processes, killed).wait() == 0

    assert digest(killed) == digest(whole)
    assert (killed / LEGACY_RESULTS).read_bytes() == (whole / LEGACY_RESULTS).read_bytes()
    assert [(event.key, event.data) for event in read_events(killed)] == [
        (event.key, event.data) for event in read_events(whole)
    ]


def test_sigterm_leaves_a_checkpoint_and_no_outcome(
    tmp_path: Path, ada: ModelRef, processes: ForkServerContext
) -> None:
    make_job(tmp_path, ada, n_epochs=50, checkpoint_seconds=600)
    attempt = Attempt(processes, tmp_path)
    until(lambda: len(read_events(tmp_path)) >= 1)
    attempt.process.terminate()
    assert attempt.wait() == 0
    assert (tmp_path / CHECKPOINT).exists()
    assert not (tmp_path / OUTCOME).exists()


def test_the_end_of_standard_input_stops_the_worker_after_a_checkpoint(
    tmp_path: Path, ada: ModelRef, processes: ForkServerContext
) -> None:
    make_job(tmp_path, ada, n_epochs=50, checkpoint_seconds=600)
    attempt = Attempt(processes, tmp_path)
    until(lambda: len(read_events(tmp_path)) >= 1)
    attempt.stdin.close()
    assert attempt.wait() == 0
    assert (tmp_path / CHECKPOINT).exists()
    assert not (tmp_path / OUTCOME).exists()


def test_the_next_attempt_waits_for_the_lock(tmp_path: Path, ada: ModelRef, processes: ForkServerContext) -> None:
    make_job(tmp_path, ada, n_epochs=3)
    first, second = Attempt(processes, tmp_path), Attempt(processes, tmp_path)
    assert (first.wait(), second.wait()) == (0, 0)
    keys = [event.key for event in read_events(tmp_path)]
    assert len(keys) == len(set(keys))


def test_an_attempt_that_is_stopped_while_it_waits_says_so(
    tmp_path: Path, ada: ModelRef, processes: ForkServerContext
) -> None:
    make_job(tmp_path, ada, n_epochs=50)
    first = Attempt(processes, tmp_path)
    until(lambda: len(read_events(tmp_path)) >= 1)
    second = Attempt(processes, tmp_path)
    second.stdin.close()
    assert second.wait() == LOCKED
    first.process.kill()
    first.wait()


def test_what_a_crash_left_of_a_last_event_is_cut(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada)
    (tmp_path / EVENTS).write_bytes(b'{"key":"step-1","created_at":1,"mess')
    assert carry_out(tmp_path).status == "succeeded"
    assert read_events(tmp_path)[0].key == "step-1"


def test_a_finished_job_is_not_done_again(tmp_path: Path, ada: ModelRef, processes: ForkServerContext) -> None:
    make_job(tmp_path, ada)
    (tmp_path / OUTCOME).write_text(Outcome(status="succeeded").model_dump_json(), encoding="utf-8")
    assert Attempt(processes, tmp_path).wait() == 0
    assert read_events(tmp_path) == []


def test_the_worker_runs_as_a_command(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, n_epochs=1)
    inner, outer = os.pipe()
    command = [sys.executable, "-m", "openft.server.engine.worker", str(tmp_path)]
    done = subprocess.run(command, stdin=inner, capture_output=True, timeout=50, check=False)
    os.close(inner)
    os.close(outer)
    assert (done.returncode, done.stdout) == (0, b"")
    assert Outcome.model_validate_json((tmp_path / OUTCOME).read_bytes()).status == "succeeded"
    assert not (tmp_path / CHECKPOINT).exists()
