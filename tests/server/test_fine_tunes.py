"""Jobs as the 2023 API shows them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from server.running import ROWS, Running, error_of, messages, script, settings_for

KEYS = {
    "id",
    "object",
    "created_at",
    "updated_at",
    "model",
    "fine_tuned_model",
    "organization_id",
    "status",
    "hyperparams",
    "training_files",
    "validation_files",
    "result_files",
    "events",
}


def test_a_fine_tune_has_exactly_the_keys_of_2023(server: Running) -> None:
    training, validation = server.upload(), server.upload(name="valid.jsonl")
    fields = {"training_file": training, "validation_file": validation, "model": "ada", "n_epochs": 2}
    job = server.http.post("/fine-tunes", json=fields).json()
    assert set(job) == KEYS
    assert (job["object"], job["status"], job["fine_tuned_model"]) == ("fine-tune", "pending", None)
    assert set(job["hyperparams"]) == {"n_epochs", "batch_size", "learning_rate_multiplier", "prompt_loss_weight"}
    assert [file["id"] for file in job["training_files"]] == [training]
    assert [file["id"] for file in job["validation_files"]] == [validation]
    assert re.fullmatch(r"ft-[A-Za-z0-9]{24}", job["id"])

    job = server.finished(job["id"])
    assert set(job) == KEYS
    results = job["result_files"]
    assert [(file["filename"], file["purpose"]) for file in results] == [("compiled_results.csv", "fine-tune-results")]
    assert set(job["events"][0]) == {"object", "created_at", "level", "message"}
    told = next(event for event in job["events"] if event["message"] == "Completed epoch 1/2")
    assert (told["step"], told["data"]) == (1, {"epoch": 1})
    assert not any(event["message"].startswith("Step") for event in job["events"])  # metrics are for today's API


def test_the_list_is_oldest_first_and_without_events(server: Running) -> None:
    ids = [server.fine_tune() for _ in range(3)]
    listed = server.http.get("/fine-tunes").json()
    assert listed["object"] == "list"
    assert [job["id"] for job in listed["data"]] == ids
    assert all(set(job) == KEYS - {"events"} for job in listed["data"])
    for job_id in ids:
        server.finished(job_id)


def test_classification_parameters_are_shown_when_they_are_set(server: Running) -> None:
    fields = {
        "training_file": server.upload(),
        "validation_file": server.upload(),
        "compute_classification_metrics": True,
        "classification_positive_class": " positive",
        "classification_betas": [0.5, 2.0],
    }
    shown = server.http.post("/fine-tunes", json=fields).json()["hyperparams"]
    assert shown["compute_classification_metrics"] is True
    assert shown["classification_positive_class"] == " positive"
    assert shown["classification_betas"] == [0.5, 2.0]
    assert "classification_n_classes" not in shown


@pytest.mark.parametrize(("batch_size", "multiplier"), [(1, 0.05), (16, 0.1), (64, 0.2)])
def test_what_is_not_asked_for_is_chosen_and_shown(server: Running, batch_size: int, multiplier: float) -> None:
    fields = {"training_file": server.upload(), "batch_size": batch_size}
    shown = server.http.post("/fine-tunes", json=fields).json()["hyperparams"]
    assert shown["learning_rate_multiplier"] == multiplier


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "validation_file"),
        ({"validation_file": True}, "classification_n_classes"),
    ],
)
def test_classification_metrics_need_data_and_classes(server: Running, fields: dict[str, Any], param: str) -> None:
    body = {"training_file": server.upload(), "compute_classification_metrics": True}
    if fields:
        body["validation_file"] = server.upload()
    answer = server.http.post("/fine-tunes", json=body)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param


def test_an_unknown_model_is_a_404(server: Running) -> None:
    answer = server.http.post("/fine-tunes", json={"training_file": server.upload(), "model": "gpt-9"})
    assert answer.status_code == 404
    assert (error_of(answer)["param"], error_of(answer)["code"]) == ("model", "model_not_found")


def test_going_on_from_a_fine_tuned_model_keeps_its_base_in_the_name(server: Running) -> None:
    first = server.finished(server.fine_tune(model="babbage"))["fine_tuned_model"]
    job = server.finished(server.fine_tune(model=first, suffix="more"))
    assert job["model"] == first
    assert job["fine_tuned_model"].startswith("babbage:ft-personal:more-")


def test_a_model_deleted_while_a_job_trains_from_it_stays_until_then(server: Running) -> None:
    first = server.finished(server.fine_tune(model="ada"))
    stem = first["id"].removeprefix("ft-")
    weights = server.settings.data_dir / "jobs" / stem / "model"
    job_id = server.fine_tune(script(epochs=5, pause=0.1), model=first["fine_tuned_model"])
    server.http.delete(f"/models/{first['fine_tuned_model']}")
    assert weights.exists()
    assert server.finished(job_id)["status"] == "succeeded"
    server.until_gone(weights)


def test_a_priced_job_tells_its_cost(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, prices={"ada": 0.5})) as server:
        bom = b"\xef\xbb\xbf" + ROWS * 300 + b"\n"
        costs = {}
        for epochs in (2, 4):
            job_id = server.fine_tune(bom, model="ada", n_epochs=epochs)
            told = messages(server.finished(job_id))[1]
            costs[epochs] = float(told.removeprefix("Fine-tune costs $"))
    assert costs[2] > 0.5
    assert costs[4] == pytest.approx(2 * costs[2], abs=0.011)


def test_a_finished_job_can_be_deleted_and_leaves_its_model(server: Running) -> None:
    job = server.finished(server.fine_tune(model="ada"))
    deleted = server.http.delete(f"/fine-tunes/{job['id']}").json()
    assert deleted == {"id": job["id"], "object": "fine-tune", "deleted": True}
    assert server.http.get(f"/fine-tunes/{job['id']}").status_code == 404
    assert server.http.get("/fine-tunes").json()["data"] == []
    model = job["fine_tuned_model"]
    answer = server.http.post("/completions", json={"model": model, "prompt": "abc"})
    assert answer.json()["choices"][0]["text"] == "cba"
    assert server.http.get(f"/files/{job['result_files'][0]['id']}/content").status_code == 200


def test_a_job_without_a_model_takes_its_folder_along(server: Running) -> None:
    job_id = server.fine_tune(script(fail={"message": "bad", "code": "server_error"}))
    server.finished(job_id)
    folder = server.settings.data_dir / "jobs" / job_id.removeprefix("ft-")
    assert folder.exists()
    server.http.delete(f"/fine-tunes/{job_id}")
    assert not folder.exists()


def test_an_active_job_cannot_be_deleted(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=100, pause=0.1))
    answer = server.http.delete(f"/fine-tunes/{job_id}")
    assert answer.status_code == 400
    assert "cancel it first" in error_of(answer)["message"]
    server.http.post(f"/fine-tunes/{job_id}/cancel")
