"""What a start clears away."""

from __future__ import annotations

from pathlib import Path

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
