"""Listing, finding and deleting models."""

from __future__ import annotations

from pathlib import Path

from server.running import Running, error_of, settings_for


def test_the_bases_are_there_from_the_start(server: Running) -> None:
    listed = server.http.get("/models").json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["ada", "babbage", "curie", "davinci"]
    assert server.http.get("/models/ada").json() == listed["data"][0]


def test_a_model_has_the_shape_of_2023(server: Running) -> None:
    model = server.http.get("/models/ada").json()
    assert set(model) == {"id", "object", "created", "owned_by", "permission"}
    permission = model["permission"][0]
    assert permission["object"] == "model_permission"
    assert {"allow_sampling", "allow_logprobs", "allow_view", "allow_fine_tuning", "is_blocking"} < set(permission)


def test_a_fine_tuned_model_belongs_to_the_organization(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, organization="acmeco")) as server:
        job = server.finished(server.fine_tune(model="curie"))
        assert job["organization_id"] == "org-acmeco"
        assert job["fine_tuned_model"].startswith("curie:ft-acmeco-")
        assert server.http.get(f"/models/{job['fine_tuned_model']}").json()["owned_by"] == "acmeco"
        assert server.http.get("/models").headers["openai-organization"] == "acmeco"


def test_a_deleted_model_is_gone_with_its_weights(server: Running) -> None:
    job = server.finished(server.fine_tune(model="ada"))
    name = job["fine_tuned_model"]
    weights = server.settings.data_dir / "jobs" / job["id"].removeprefix("ft-") / "model"
    assert weights.exists()
    server.http.post("/completions", json={"model": name, "prompt": "x"})
    assert server.http.delete(f"/models/{name}").json() == {"id": name, "object": "model", "deleted": True}
    assert not weights.exists()
    assert server.http.get(f"/models/{name}").status_code == 404
    assert name not in server.http.get("/models").text
    again = server.http.delete(f"/models/{name}")
    assert (again.status_code, error_of(again)["code"]) == (404, "model_not_found")
    assert '"op": "unload"' in (server.settings.data_dir / "inference.log").read_text()


def test_a_base_cannot_be_deleted(server: Running) -> None:
    answer = server.http.delete("/models/ada")
    assert answer.status_code == 400
    assert "base model" in error_of(answer)["message"]


def test_a_deleted_model_cannot_be_trained_from(server: Running) -> None:
    name = server.finished(server.fine_tune(model="ada"))["fine_tuned_model"]
    server.http.delete(f"/models/{name}")
    answer = server.http.post("/fine-tunes", json={"training_file": server.upload(), "model": name})
    assert answer.status_code == 404
