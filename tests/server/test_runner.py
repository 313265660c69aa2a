"""Workers that fail, die, linger and come back."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from server.processes import ended, worker_of
from server.running import ROWS, Running, messages, script, settings_for

FAILED = {"message": "line 3 is longer than 2048 tokens", "code": "invalid_training_file", "param": "training_file"}


def test_a_failed_job_says_why(server: Running) -> None:
    job = server.finished(server.fine_tune(script(fail=FAILED)))
    assert job["status"] == "failed"
    assert job["fine_tuned_model"] is None
    last = job["events"][-1]
    assert (last["level"], last["message"]) == ("error", "Error: line 3 is longer than 2048 tokens")


def test_a_failure_that_the_worker_told_itself_is_not_told_twice(server: Running) -> None:
    job = server.finished(server.fine_tune(script(fail=FAILED, tell_failure=True)))
    assert [event["level"] for event in job["events"]].count("error") == 1


def test_a_failure_without_a_reason_points_to_the_log(server: Running) -> None:
    job = server.finished(server.fine_tune(script(fail={})))
    assert "worker.log" in messages(job)[-1]


def test_a_worker_that_dies_at_once_is_tried_three_times_and_quoted(server: Running) -> None:
    job_id = server.fine_tune(script(crash=1, say="no room for the weights"))
    job = server.finished(job_id)
    assert job["status"] == "failed"
    assert messages(job)[-1].startswith("Error: the worker ended 3 times without getting further; its last words: ")
    log = server.settings.data_dir / "jobs" / job_id.removeprefix("ft-") / "worker.log"
    assert log.read_text().count("no room for the weights") == 3


def test_a_worker_that_dies_silently_fails_its_job_too(server: Running) -> None:
    job = server.finished(server.fine_tune(script(crash=0)))
    assert messages(job)[-1] == "Error: the worker ended 3 times without getting further"


def test_a_job_goes_on_as_long_as_its_worker_gets_somewhere(server: Running) -> None:
    """A worker that dies after every epoch comes to the end nevertheless."""
    job = server.finished(server.fine_tune(script(epochs=6, die_each=1)))
    assert job["status"] == "succeeded"
    epochs = [message for message in messages(job) if message.startswith("Completed")]
    assert epochs == [f"Completed epoch {n}/6" for n in range(1, 7)]


def test_a_killed_worker_is_started_again(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=8, pause=0.05))
    os.kill(worker_of(server, job_id), signal.SIGKILL)
    job = server.finished(job_id)
    assert job["status"] == "succeeded"
    assert messages(job).count("Fine-tune started") == 1


def test_a_job_bears_more_kills_than_failures(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=2, pause=0.6))
    folder = server.settings.data_dir / "jobs" / job_id.removeprefix("ft-")
    for _ in range(4):  # each before it got anywhere
        pid = worker_of(server, job_id, "lock")
        os.kill(pid, signal.SIGKILL)
        ended(pid)
    assert not (folder / "checkpoint").exists()
    assert server.finished(job_id)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("instructions", "status"), [({"no_model": True}, "failed"), ({"no_results": True}, "succeeded")]
)
def test_what_a_worker_did_not_leave(server: Running, instructions: dict[str, Any], status: str) -> None:
    job = server.finished(server.fine_tune(script(**instructions)))
    assert job["status"] == status
    assert job["result_files"] == [] if "no_results" in instructions else "no model" in messages(job)[-1]


def test_lines_that_are_no_events_are_left_out(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="openft.server"):
        job = server.finished(server.fine_tune(script(garble=True)))
    assert "Completed epoch 2/2" in messages(job)
    assert "this is no event" in caplog.text


def test_an_outcome_that_cannot_be_read_is_none(server: Running) -> None:
    job = server.finished(server.fine_tune(script(fail={"status": "confused"})))
    assert "without getting further" in messages(job)[-1]


def test_a_worker_that_stays_after_its_outcome_is_ended(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, grace_seconds=0.2)) as server:
        begun = time.monotonic()
        job = server.finished(server.fine_tune(script(linger=30)))
    assert job["status"] == "succeeded"
    assert time.monotonic() - begun < 10


def test_two_models_of_one_second_have_two_names(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, workers=3)) as server:
        ids = [server.fine_tune(model="ada") for _ in range(3)]
        names = {server.finished(job_id)["fine_tuned_model"] for job_id in ids}
    assert len(names) == 3


def test_a_stopped_server_lets_its_jobs_go_on_at_the_next_start(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        job_id = server.fine_tune(script(epochs=10, pause=0.05))
        waiting = server.fine_tune()
        pid = worker_of(server, job_id)
    ended(pid)
    with Running(settings) as server:
        job = server.finished(job_id)
        assert server.finished(waiting)["status"] == "succeeded"
    assert job["status"] == "succeeded"
    assert [m for m in messages(job) if m.startswith("Comp")] == [f"Completed epoch {n}/10" for n in range(1, 11)]


def test_a_job_waits_for_the_worker_of_a_server_that_was_killed(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        job_id = server.fine_tune(script(epochs=10, pause=0.05))
        worker_of(server, job_id)
    folder = tmp_path / "jobs" / job_id.removeprefix("ft-")
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Running(settings) as server:
            before = messages(server.job(job_id))
            time.sleep(0.3)
            assert messages(server.job(job_id)) == before
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert server.finished(job_id)["status"] == "succeeded"


def test_a_job_that_had_only_begun_goes_on_without_blame(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        job_id = server.fine_tune(script(epochs=2, pause=1))
        server.until(job_id, "running")
        server.until_true(lambda: (tmp_path / "jobs" / job_id.removeprefix("ft-") / "lock").exists())
    with Running(settings) as server:
        assert server.finished(job_id)["status"] == "succeeded"


def test_an_outcome_that_nobody_saw_counts(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        job_id = server.fine_tune(script(epochs=10, pause=0.05))
        worker_of(server, job_id)
    folder = tmp_path / "jobs" / job_id.removeprefix("ft-")
    late = {"key": "epoch-late", "created_at": 1, "message": "Completed epoch late"}
    with (folder / "events.jsonl").open("a") as events:
        events.write(json.dumps(late) + "\n")
    (folder / "outcome.json").write_text(json.dumps({"status": "failed", "message": "seen"}))
    with Running(settings) as server:
        job = server.finished(job_id)
    assert messages(job)[-2:] == ["Completed epoch late", "Error: seen"]


def test_a_base_that_is_no_longer_there_is_the_workers_to_report(tmp_path: Path) -> None:
    base = tmp_path / "base"
    with Running(settings_for(tmp_path / "data", bases={"mine": base})) as server:
        assert "mine" in [model["id"] for model in server.http.get("/models").json()["data"]]
        job_id = server.fine_tune(script(epochs=10, pause=0.05), model="mine")
        worker_of(server, job_id)
    with Running(settings_for(tmp_path / "data")) as server:
        server.finished(job_id)
    spec = json.loads((tmp_path / "data" / "jobs" / job_id.removeprefix("ft-") / "job.json").read_text())
    assert spec["model"] == {"name": "mine", "path": "", "base": "mine"}


def test_the_worker_is_told_all_it_needs(server: Running) -> None:
    first = server.finished(server.fine_tune(model="ada"))
    validation = server.upload()
    fields = {"model": first["fine_tuned_model"], "validation_file": validation, "n_epochs": 3}
    job_id = server.fine_tune(ROWS, **fields)
    server.finished(job_id)
    jobs = server.settings.data_dir / "jobs"
    spec = json.loads((jobs / job_id.removeprefix("ft-") / "job.json").read_text())
    assert spec["model"] == {
        "name": first["fine_tuned_model"],
        "path": str(jobs / first["id"].removeprefix("ft-") / "model"),
        "base": "ada",
    }
    assert spec["validation_file"] == str(server.settings.data_dir / "files" / validation)
    assert spec["hyperparameters"]["n_epochs"] == 3


def test_equal_requests_have_equal_seeds(server: Running) -> None:
    def seed(**fields: Any) -> int:
        job_id = server.fine_tune(**fields)
        server.finished(job_id)
        folder = server.settings.data_dir / "jobs" / job_id.removeprefix("ft-")
        found: int = json.loads((folder / "job.json").read_text())["seed"]
        return found

    assert seed(model="ada", suffix="a") == seed(model="ada", suffix="b")
    assert seed(model="ada") != seed(model="ada", n_epochs=2)
    validated = seed(validation_file=server.upload())
    assert validated == seed(validation_file=server.upload())  # another id, the same content
    assert validated != seed()


def test_the_worker_sees_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENFT_SERVER_API_KEYS", "sk-secret")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with Running(settings_for(tmp_path)) as server:
        job_id = server.fine_tune(script(epochs=50, pause=0.1))
        environment = Path(f"/proc/{worker_of(server, job_id)}/environ").read_bytes()
        server.http.post(f"/fine-tunes/{job_id}/cancel")
    assert b"sk-secret" not in environment
    assert b"PATH=" in environment


def test_trouble_with_one_job_does_not_hold_up_the_others(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    blocked = server.settings.data_dir / "jobs"
    first = server.fine_tune(script(epochs=3, pause=0.3))
    second = server.fine_tune()
    (blocked / second.removeprefix("ft-")).write_text("a file where a folder should be")
    third = server.fine_tune()
    with caplog.at_level(logging.ERROR, logger="openft.server"):
        assert server.finished(first)["status"] == "succeeded"
        assert server.finished(third)["status"] == "succeeded"
    assert "the runner will try again" in caplog.text
    (blocked / second.removeprefix("ft-")).unlink()
    assert server.finished(second)["status"] == "succeeded"
