"""What a start clears away."""

from __future__ import annotations

import fcntl
from pathlib import Path

from server.processes import worker_of
from server.running import Running, script, settings_for


def test_leftovers_of_a_server_that_was_killed_go_at_the_next_start(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        kept = server.upload()
        job = server.finished(server.fine_tune(model="ada"))
        failed = server.finished(server.fine_tune(script(fail={"message": "x"})))
        gone = server.finished(server.fine_tune(model="ada"))
        server.http.delete(f"/models/{gone['fine_tuned_model']}")
    jobs, stem = tmp_path / "jobs", job["id"].removeprefix("ft-")
    halves = [
        tmp_path / "incoming" / "half",
        tmp_path / "files" / "file-never-committed",
        jobs / "unknown" / "events.jsonl",
        jobs / stem / "checkpoint" / "weights",
        jobs / failed["id"].removeprefix("ft-") / "model" / "weights",
        jobs / gone["id"].removeprefix("ft-") / "model" / "half-deleted",
    ]
    for half in halves:
        half.parent.mkdir(exist_ok=True)
        half.write_text("x")
    with Running(settings) as server:
        assert [half for half in halves if half.exists()] == []
        assert server.http.get(f"/files/{kept}/content").status_code == 200
        assert (jobs / stem / "model" / "config.json").exists()
        answer = server.http.post("/completions", json={"model": job["fine_tuned_model"], "prompt": "abc"})
        assert answer.json()["choices"][0]["text"] == "cba"


def test_a_deleted_file_that_a_waiting_job_reads_stays_over_a_restart(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        blocker = server.fine_tune(script(epochs=1000, pause=0.05))
        training, validation = server.upload(), server.upload()
        fields = {"training_file": training, "validation_file": validation}
        job_id = server.http.post("/fine-tunes", json=fields).json()["id"]
        for file_id in (training, validation):
            server.http.delete(f"/files/{file_id}")
    with Running(settings) as server:
        server.http.post(f"/fine-tunes/{blocker}/cancel")
        assert server.finished(job_id)["status"] == "succeeded"
        server.until_gone(tmp_path / "files" / training)
        server.until_gone(tmp_path / "files" / validation)


def test_what_a_killed_worker_had_not_put_in_place_goes_at_the_next_start(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with Running(settings) as server:
        job = server.finished(server.fine_tune(model="ada"))
        waiting = server.fine_tune(script(epochs=100, pause=0.05))
        worker_of(server, waiting)
    folder, going_on = (tmp_path / "jobs" / job_id.removeprefix("ft-") for job_id in (job["id"], waiting))
    halves = [
        folder / ".model.x1.tmp" / "weights",
        tmp_path / "bases" / ".ada.x2.tmp" / "weights",
        going_on / "checkpoint" / ".state.safetensors.17.tmp",
        going_on / ".outcome.json.17.tmp",
    ]
    for half in halves:
        half.parent.mkdir(exist_ok=True)
        half.write_text("x")
    with (going_on / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a worker that outlived its server may be writing the base, and its own
        with Running(settings):
            assert [half.exists() for half in halves] == [False, True, True, True]
    with Running(settings) as server:
        assert [half for half in halves if half.exists()] == []
        assert list((tmp_path / "incoming").iterdir()) == []
        server.http.post(f"/fine-tunes/{waiting}/cancel")


def test_a_file_among_the_jobs_does_not_keep_a_server_from_starting(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "notes.txt").write_text("not ours")
    with Running(settings_for(tmp_path)):
        assert not (tmp_path / "jobs" / "notes.txt").exists()
