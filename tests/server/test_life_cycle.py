"""From a file to an answer, over HTTP."""

from __future__ import annotations

import re

from server.running import ROWS, Running, messages


def test_the_whole_life_cycle(server: Running) -> None:
    file_id = server.upload()
    assert server.http.get(f"/files/{file_id}/content").content == ROWS

    created = server.http.post("/fine-tunes", json={"training_file": file_id, "model": "ada", "suffix": "My Mood!"})
    assert created.status_code == 200, created.text
    job_id = created.json()["id"]
    assert created.json()["status"] == "pending"
    job = server.finished(job_id)

    model = job["fine_tuned_model"]
    result = job["result_files"][0]
    assert re.fullmatch(r"ada:ft-personal:my-mood-\d{4}(-\d\d){5}", model)
    assert messages(job) == [
        f"Created fine-tune: {job_id}",
        "Fine-tune costs $0.00",
        "Fine-tune enqueued. Queue number: 0",
        "Fine-tune started",
        "Completed epoch 1/2",
        "Completed epoch 2/2",
        f"Uploaded model: {model}",
        f"Uploaded result file: {result['id']}",
        "Fine-tune succeeded",
    ]
    assert server.http.get(f"/files/{result['id']}/content").text.startswith("step,elapsed_tokens\n")
    assert model in [one["id"] for one in server.http.get("/models").json()["data"]]

    answer = server.http.post("/completions", json={"model": model, "prompt": "abc"})
    assert answer.json()["choices"][0]["text"] == "cba"
    assert server.http.delete(f"/models/{model}").json() == {"id": model, "object": "model", "deleted": True}
    assert server.http.post("/completions", json={"model": model, "prompt": "abc"}).status_code == 404
    assert server.job(job_id)["fine_tuned_model"] == model
