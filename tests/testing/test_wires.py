"""Both wires over the same jobs."""

from __future__ import annotations

from typing import Any

import pytest

from openft.testing import FakeAPI
from testing.asking import CHAT, ROWS, Raw, raw


def done(api: FakeAPI, ask: Raw, **fields: Any) -> str:
    job_id = ask.job(**fields)
    api.advance_to_end(job_id)
    return job_id


def test_a_job_of_today_has_all_keys_of_the_description(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    file = ask.upload(CHAT)
    shown = ask("POST", "/fine_tuning/jobs", json={"model": "gpt-4o-mini", "training_file": file, "suffix": "mood"})
    assert shown["id"].startswith("ftjob-")
    assert shown == {
        "object": "fine_tuning.job",
        "id": shown["id"],
        "model": "gpt-4o-mini",
        "created_at": int(openft_api.now),
        "finished_at": None,
        "fine_tuned_model": None,
        "organization_id": "org-personal",
        "result_files": [],
        "status": "validating_files",
        "validation_file": None,
        "training_file": file,
        "hyperparameters": {"batch_size": "auto", "learning_rate_multiplier": "auto", "n_epochs": "auto"},
        "trained_tokens": None,
        "error": {"code": None, "message": None, "param": None},
        "user_provided_suffix": "mood",
        "seed": 0,
        "estimated_finish": None,
        "integrations": [],
        "method": {
            "type": "supervised",
            "supervised": {
                "hyperparameters": {"batch_size": "auto", "learning_rate_multiplier": "auto", "n_epochs": "auto"}
            },
        },
        "metadata": None,
        "usage_metrics": None,
        "shared_with_openai": False,
    }


def test_what_was_left_to_the_host_is_chosen_when_the_training_starts(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    method = {"type": "supervised", "supervised": {"hyperparameters": {"batch_size": 1}}}
    one = f"/fine_tuning/jobs/{ask.job(method=method)}"
    openft_api.advance(300)
    shown = ask("GET", one)
    assert shown["hyperparameters"] == {"batch_size": 1, "learning_rate_multiplier": 1.0, "n_epochs": 25}
    assert shown["estimated_finish"] == int(openft_api.now) + 300


def test_a_job_of_today_ends_with_model_results_and_tokens(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job_id = done(openft_api, ask, suffix="Mood, swings")
    shown = ask("GET", f"/fine_tuning/jobs/{job_id}")
    assert shown["status"] == "succeeded"
    assert shown["fine_tuned_model"].startswith("ft:gpt-4o-mini:personal:mood-swings:")
    assert shown["trained_tokens"] > 0
    (results,) = shown["result_files"]
    table = ask.http.get(f"/files/{results}/content").text.splitlines()
    assert table[0] == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    assert table[-1] == "50,0.2,0.95,,"


def test_a_name_without_suffix_has_an_empty_place(openft_api: FakeAPI) -> None:
    job = openft_api.advance_to_end(raw(openft_api).job())
    assert (job.fine_tuned_model or "").startswith("ft:gpt-4o-mini:personal::")


def test_one_job_is_there_on_both_wires_under_either_id(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    legacy, today = ask.fine_tune(validation_file=ask.upload()), ask.job(ROWS)
    for stem in (legacy.removeprefix("ft-"), today.removeprefix("ftjob-")):
        for prefix in ("ft-", "ftjob-"):
            assert ask("GET", f"/fine-tunes/{prefix}{stem}")["id"] == f"ft-{stem}"
            assert ask("GET", f"/fine_tuning/jobs/{prefix}{stem}")["id"] == f"ftjob-{stem}"
    assert [job["id"] for job in ask("GET", "/fine-tunes")["data"]] == [legacy, today.replace("job", "")]
    listed = ask("GET", "/fine_tuning/jobs")["data"]
    assert [job["id"] for job in listed] == [today, legacy.replace("ft-", "ftjob-")]
    assert [job.id for job in openft_api.jobs] == [legacy, today]


def test_each_wire_has_results_in_its_own_columns(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job_id = ask.fine_tune(validation_file=ask.upload())
    openft_api.advance_to_end(job_id)
    (legacy,) = ask("GET", f"/fine-tunes/{job_id}")["result_files"]
    (today,) = ask("GET", f"/fine_tuning/jobs/{job_id}")["result_files"]
    assert legacy["filename"] == "compiled_results.csv"
    assert ask.http.get(f"/files/{legacy['id']}/content").text.startswith("step,elapsed_tokens,elapsed_examples")
    assert ask.http.get(f"/files/{today}/content").text.splitlines()[-1].count(",") == 4


def test_results_are_what_the_test_says(openft_api: FakeAPI) -> None:
    openft_api.next_job(results=b"step,train_loss\n1,0.5\n")
    client = openft_api.client()
    job_id = raw(openft_api).job()
    openft_api.advance_to_end(job_id)
    assert client.files.content(openft_api.job(job_id).result_files["current"]).text == "step,train_loss\n1,0.5\n"


def test_classification_settings_are_shown_where_there_are_some(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    more = {"validation_file": ask.upload(), "compute_classification_metrics": True, "classification_n_classes": 2}
    shown = ask("GET", f"/fine-tunes/{ask.fine_tune(**more)}")["hyperparams"]
    assert (shown["compute_classification_metrics"], shown["classification_n_classes"]) == (True, 2)
    assert "classification_betas" not in shown


def test_the_list_has_pages_the_newest_first(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    ids = [ask.job() for _ in range(5)][::-1]
    first = ask("GET", "/fine_tuning/jobs", params={"limit": 2})
    second = ask("GET", "/fine_tuning/jobs", params={"limit": 2, "after": ids[1]})
    last = ask("GET", "/fine_tuning/jobs", params={"limit": 2, "after": ids[3]})
    pages = [[job["id"] for job in page["data"]] for page in (first, second, last)]
    assert pages == [ids[:2], ids[2:4], ids[4:]]
    assert [page["has_more"] for page in (first, second, last)] == [True, True, False]


def test_the_list_shows_every_job_as_it_is_now(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    one, other = f"/fine_tuning/jobs/{ask.job()}", ask.job()
    statuses = []
    for change in (
        lambda: openft_api.advance(45),
        lambda: ask("POST", f"{one}/pause"),
        lambda: ask("POST", f"{one}/resume"),
        lambda: openft_api.advance(45),
        lambda: ask("POST", f"{one}/cancel"),
        lambda: openft_api.end(other),
    ):
        change()
        listed = ask("GET", "/fine_tuning/jobs")["data"]
        assert listed[1] == ask("GET", one)
        statuses.append((listed[1]["status"], listed[0]["status"]))
    assert statuses == [
        ("queued", "queued"), ("paused", "queued"), ("queued", "queued"), ("running", "running"),
        ("cancelled", "running"), ("cancelled", "succeeded"),
    ]  # fmt: skip


def test_a_deleted_job_leaves_the_list_as_it_was(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    ids = [ask.job() for _ in range(3)]
    openft_api.end(ids[1])
    ask("DELETE", f"/fine-tunes/{ids[1]}")
    assert [job["id"] for job in ask("GET", "/fine_tuning/jobs")["data"]] == [ids[2], ids[0]]
    assert [job["id"] for job in ask("GET", "/fine_tuning/jobs", params={"after": ids[2]})["data"]] == [ids[0]]
    assert len(ask("GET", "/fine-tunes")["data"]) == 2
    assert ask.job()


def test_the_list_knows_metadata(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    film, other, none = ask.job(metadata={"kind": "film", "n": "1"}), ask.job(metadata={"kind": "other"}), ask.job()
    wanted = {"kind": "film"}
    assert [ask.job(metadata=wanted), film] == listed(ask, {"metadata[kind]": "film"})
    assert listed(ask, {"metadata[kind]": "film", "metadata[n]": "1"}) == [film]
    assert listed(ask, {"metadata": "null"}) == [none]
    assert other in listed(ask, {})


def listed(ask: Raw, params: dict[str, str]) -> list[str]:
    return [job["id"] for job in ask("GET", "/fine_tuning/jobs", params=params)["data"]]


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": "x"}, {"after": "ftjob-none"}], ids=str)
def test_a_page_that_makes_no_sense_is_refused(openft_api: FakeAPI, params: dict[str, Any]) -> None:
    (name,) = params
    for path in ("/fine_tuning/jobs", "/files"):
        assert raw(openft_api).refused("GET", path, params=params) == (400, "invalid_value", name)


def test_events_of_today_have_pages_the_newest_first(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job_id = done(openft_api, ask, validation_file=ask.upload(CHAT))
    events = f"/fine_tuning/jobs/{job_id}/events"
    page = ask("GET", events)
    assert set(page) == {"object", "data", "has_more"}
    assert len(page["data"]) == 20
    assert page["data"][0]["message"] == "The job has successfully completed"
    told = list(page["data"])
    while page["has_more"]:
        page = ask("GET", events, params={"after": told[-1]["id"], "limit": 50})
        told += page["data"]
    assert len({event["id"] for event in told}) == len(told)
    assert [event["message"].split(":")[0] for event in told[::-1]][:4] == [
        "Created fine-tuning job", "Validating training file", "Files validated, moving job to queued state",
        "Fine-tuning job started",
    ]  # fmt: skip
    step = next(event for event in told if event["type"] == "metrics")
    assert step["message"] == "Step 50/50: training loss=0.20, validation loss=0.22"
    assert set(step["data"]) == {
        "step", "total_steps", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy",
    }  # fmt: skip


def test_the_last_three_checkpoints_are_kept_and_answer(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job_id = ask.job(hyperparameters={"n_epochs": 5}, validation_file=ask.upload(CHAT))
    checkpoints = f"/fine_tuning/jobs/{job_id}/checkpoints"
    assert ask("GET", checkpoints)["data"] == []
    assert ask("GET", checkpoints)["first_id"] is None
    openft_api.advance_to_end(job_id)
    page = ask("GET", checkpoints)
    assert [row["step_number"] for row in page["data"]] == [10, 8, 6]
    assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][2]["id"])
    assert page["data"][0]["metrics"]["full_valid_loss"] == 0.22
    name = page["data"][1]["fine_tuned_model_checkpoint"]
    assert name.endswith(":ckpt-step-8")
    assert ask("GET", f"/models/{name}")["id"] == name
    assert name not in {model["id"] for model in ask("GET", "/models")["data"]}
    assert ask.refused("GET", f"/models/{name.replace('-8', '-4')}")[0] == 404


def test_a_job_of_2023_has_no_checkpoints_before_its_model_has_a_name(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    job_id = ask.fine_tune(n_epochs=2)
    openft_api.advance(550)
    assert ask("GET", f"/fine_tuning/jobs/{job_id}/checkpoints")["data"] == []
    openft_api.advance(550)
    assert len(ask("GET", f"/fine_tuning/jobs/{job_id}/checkpoints")["data"]) == 2


PAIR = b'{"input": {"messages": [{"role": "user", "content": "a"}]}, "preferred_output": [{"role": "assistant", "content": "good"}], "non_preferred_output": [{"role": "assistant", "content": "bad"}]}\n'  # noqa: E501
GRADER = {"type": "string_check", "name": "g", "input": "{{sample.output_text}}", "reference": "b", "operation": "eq"}


def test_preferences_and_graders_train_too(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    pairs = ask.job(PAIR, method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}})
    graded = ask.job(model="o4-mini", method={"type": "reinforcement", "reinforcement": {"grader": GRADER}})
    openft_api.advance(60)
    dpo, rft = (ask("GET", f"/fine_tuning/jobs/{job_id}") for job_id in (pairs, graded))
    assert (dpo["hyperparameters"], rft["hyperparameters"]) == (None, None)
    assert dpo["method"]["dpo"]["hyperparameters"]["beta"] == 0.2
    assert rft["method"]["reinforcement"]["grader"] == GRADER
    assert rft["method"]["reinforcement"]["hyperparameters"]["eval_samples"] == 1
    openft_api.advance(600)
    assert ask("GET", f"/fine-tunes/{graded}")["status"] == "succeeded"


@pytest.mark.parametrize(("rows", "epochs"), [(2, 25), (20, 5), (1000, 3), (10_000, 2)])
def test_epochs_follow_from_the_number_of_examples(openft_api: FakeAPI, rows: int, epochs: int) -> None:
    ask = raw(openft_api)
    openft_api.end(ask.job(CHAT * (rows // 2)))
    assert openft_api.jobs[0].hyperparameters["n_epochs"] == epochs


def test_all_a_request_may_say_is_kept(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    more: dict[str, Any] = {
        "seed": 7,
        "integrations": [{"type": "wandb", "wandb": {"project": "films"}}],
        "metadata": {"a": "b"},
    }
    shown = ask("GET", f"/fine_tuning/jobs/{ask.job(**more)}")
    assert {name: shown[name] for name in more} == more


def test_old_jobs_are_there_on_request(openft_api: FakeAPI) -> None:
    before = openft_api.now
    old = openft_api.add_jobs(30) + openft_api.add_jobs(1, wire="legacy", outcome="failed")
    assert {job.status for job in old} == {"succeeded", "failed"}
    assert all((job.finished_at or before) < before - 24 * 3600 for job in old)
    ask = raw(openft_api)
    new = ask.job()
    assert ask("GET", "/fine_tuning/jobs")["data"][0]["id"] == new
    assert len(ask("GET", "/fine-tunes")["data"]) == 32


def test_a_job_is_looked_up_by_either_id(openft_api: FakeAPI) -> None:
    job = openft_api.job(raw(openft_api).job())
    assert openft_api.job(f"ft-{job.stem}") is job
    with pytest.raises(KeyError):
        openft_api.job("ftjob-none")


def test_requests_are_remembered_without_the_key(openft_api: FakeAPI) -> None:
    client = openft_api.client(api_key="sk-secret")
    client.fine_tunes.retrieve(raw(openft_api).fine_tune(), extra_query={"a": "b c"})
    asked = openft_api.requests[-1]
    assert (asked.method, asked.query, asked.json) == ("GET", {"a": "b c"}, None)
    assert asked.path == f"/fine-tunes/{openft_api.jobs[0].id}"
    assert "secret" not in repr(openft_api.requests) + str(asked.headers)
    create = openft_api.requests[1]
    assert create.json
    assert (create.path, create.json["model"], create.idempotency_key) == ("/fine-tunes", "ada", None)
    openft_api.forget_requests()
    assert client.models.list().data
    assert openft_api.requests == []
