"""Waiting, running and being cancelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.processes import ended, worker_of
from server.running import Running, error_of, messages, script, settings_for


def test_jobs_run_one_after_the_other_and_tell_their_place(server: Running) -> None:
    ids = [server.fine_tune(script(epochs=100, pause=0.1)) for _ in range(3)]
    assert [messages(server.job(job_id))[2][-1] for job_id in ids] == ["0", "1", "2"]
    for job_id in ids[:2]:
        server.until(job_id, "running")
        server.http.post(f"/fine-tunes/{job_id}/cancel")
    server.until(ids[2], "running")
    last = server.job(ids[2])
    told = [message for message in messages(last) if "in the queue" in message]
    assert told == ["Fine-tune is in the queue. Queue number: 1", "Fine-tune is in the queue. Queue number: 0"]
    server.http.post(f"/fine-tunes/{ids[2]}/cancel")


def test_several_workers_run_several_jobs(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, workers=2)) as server:
        ids = [server.fine_tune(script(epochs=100, pause=0.1)) for _ in range(3)]
        for job_id in ids[:2]:
            server.until(job_id, "running")
        assert server.job(ids[2])["status"] == "pending"
        for job_id in reversed(ids):
            server.http.post(f"/fine-tunes/{job_id}/cancel")


def test_a_waiting_job_is_cancelled_at_once(server: Running) -> None:
    running = server.fine_tune(script(epochs=100, pause=0.1))
    waiting = server.fine_tune()
    behind = server.fine_tune()
    job = server.http.post(f"/fine-tunes/{waiting}/cancel").json()
    assert job["status"] == "cancelled"
    assert messages(job)[-1] == "Fine-tune cancelled"
    assert messages(server.job(behind))[-1] == "Fine-tune is in the queue. Queue number: 1"
    server.http.post(f"/fine-tunes/{running}/cancel")
    assert server.finished(behind)["status"] == "succeeded"
    assert messages(server.job(waiting))[-1] == "Fine-tune cancelled"


def test_a_running_job_is_cancelled_at_once_and_its_worker_ends(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=1000, pause=0.02))
    server.until(job_id, "running")
    pid = worker_of(server, job_id)
    job = server.http.post(f"/fine-tunes/{job_id}/cancel").json()
    assert job["status"] == "cancelled"
    ended(pid)
    told = messages(server.job(job_id))
    assert told[-1] == "Fine-tune cancelled"  # what the worker said on its way out is not taken in
    server.until_gone(server.settings.data_dir / "jobs" / job_id.removeprefix("ft-") / "checkpoint")


def test_a_worker_that_is_deaf_is_killed_after_the_grace(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, grace_seconds=0.2)) as server:
        job_id = server.fine_tune(script(epochs=1000, pause=0.02, stubborn=True))
        server.until(job_id, "running")
        pid = worker_of(server, job_id)
        server.http.post(f"/fine-tunes/{job_id}/cancel")
        ended(pid)


def test_a_job_can_be_deleted_while_its_cancelled_worker_is_still_ending(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, grace_seconds=0.5)) as server:
        job_id = server.fine_tune(script(epochs=1000, pause=0.02, stubborn=True))
        server.until(job_id, "running")
        pid = worker_of(server, job_id)
        server.http.post(f"/fine-tunes/{job_id}/cancel")
        assert server.http.delete(f"/fine-tunes/{job_id}").status_code == 200
        ended(pid)
        server.until_gone(server.settings.data_dir / "jobs" / job_id.removeprefix("ft-"))


@pytest.mark.parametrize("instructions", [{}, {"fail": {"message": "bad", "code": "server_error"}}])
def test_a_finished_job_cannot_be_cancelled(server: Running, instructions: dict[str, object]) -> None:
    job_id = server.fine_tune(script(**instructions))
    server.finished(job_id)
    answer = server.http.post(f"/fine-tunes/{job_id}/cancel")
    assert answer.status_code == 400
    assert "has already" in error_of(answer)["message"]


def test_a_cancelled_job_cannot_be_cancelled_again(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=1000, pause=0.02))
    server.http.post(f"/fine-tunes/{job_id}/cancel")
    answer = server.http.post(f"/fine-tunes/{job_id}/cancel", headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "has already been cancelled" in error_of(answer)["message"]
