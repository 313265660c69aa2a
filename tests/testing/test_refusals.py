"""Refusals say what is wrong, where, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from openft.testing import FakeAPI
from testing.asking import CHAT, raw


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"training_file": "file-none"}, (400, None, "training_file")),
        ({"model": "gpt-9"}, (404, "model_not_found", "model")),
        ({"validation_file": "file-none"}, (400, None, "validation_file")),
        ({"suffix": ""}, (400, "invalid_value", "suffix")),
        ({"suffix": "x" * 65}, (400, "invalid_value", "suffix")),
        ({"seed": -1}, (400, "invalid_value", "seed")),
        ({"metadata": {"k": "v" * 513}}, (400, "invalid_value", "metadata.k")),
        ({"metadata": {str(n): "v" for n in range(17)}}, (400, "invalid_value", "metadata")),
        ({"hyperparameters": {"n_epochs": 51}}, (400, "invalid_value", "hyperparameters.n_epochs")),
        ({"hyperparameters": {"epochs": 5}}, (400, "unknown_parameter", "hyperparameters.epochs")),
        (
            {"method": {"type": "reinforcement", "reinforcement": {}}},
            (400, "missing_parameter", "method.reinforcement.grader"),
        ),
        ({"integrations": [{"type": "wandb"}]}, (400, "missing_parameter", "integrations[0].wandb")),
        ({"method": {"type": "reinforcement"}}, (400, "invalid_value", "method")),
        ({"method": {"type": "dpo"}}, (400, None, "training_file")),
        ({"epochs": 3}, (400, "unknown_parameter", "epochs")),
    ],
    ids=str,
)
def test_a_job_that_makes_no_sense_is_refused(
    openft_api: FakeAPI, fields: dict[str, Any], refusal: tuple[int, str | None, str]
) -> None:
    ask = raw(openft_api)
    body = {"model": "gpt-4o-mini", "training_file": ask.upload(CHAT), **fields}
    assert ask.refused("POST", "/fine_tuning/jobs", json=body) == refusal
    assert openft_api.jobs == []


def supervised(**hyperparameters: Any) -> dict[str, Any]:
    return {"method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}}


WHERE = "method.supervised.hyperparameters.n_epochs is"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (supervised(n_epochs=51), f"{WHERE} 51; it should be 'auto' or less than or equal to 50"),
        (supervised(n_epochs="ten"), f"{WHERE} 'ten'; it should be 'auto' or an integer"),
        ({"hyperparameters": 5}, "hyperparameters is 5; it should be an object"),
        ({"suffix": 3}, "suffix is 3; it should be a string"),
        ({"suffix": "x" * 65}, f"suffix is '{'x' * 65}'; it should have at most 64 characters"),
        ({"integrations": [{"type": "x"}]}, "integrations[0].type is 'x'; it should be 'wandb'"),
        ({"integrations": [1] * 6}, "integrations is [1, 1, 1, 1, 1, 1]; it should have at most 5 items"),
        ({"method": {"type": "reinforcement"}}, "method is {'type': 'reinforcement'}; reinforcement needs a grader"),
        ({"metadata": {"k" * 65: "v"}}, f"metadata.{'k' * 65} is '{'k' * 65}'; it should have at most 64 characters"),
    ],
    ids=str,
)
def test_a_refusal_says_where_what_and_what_is_allowed(
    openft_api: FakeAPI, fields: dict[str, Any], message: str
) -> None:
    ask = raw(openft_api)
    body = {"model": "gpt-4o-mini", "training_file": ask.upload(CHAT), **fields}
    assert ask.told("POST", "/fine_tuning/jobs", json=body) == message


def test_a_refusal_names_the_deepest_place_of_a_value_that_may_be_several_things(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    body = {"model": "ada", "prompt": [1, "a"]}
    assert ask.told("POST", "/completions", json=body) == "prompt[0] is 1; it should be a string or a list"
    assert (
        ask.told("POST", "/completions", json={**body, "prompt": 3}) == "prompt is 3; it should be a string or a list"
    )


@pytest.mark.parametrize(
    ("path", "noun"), [("/fine_tuning/jobs", "fine-tuning job"), ("/fine-tunes", "fine-tune")], ids=["today", "2023"]
)
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/events"), ("POST", "/cancel")])
def test_each_wire_calls_a_job_that_is_not_there_by_its_own_name(
    openft_api: FakeAPI, path: str, noun: str, method: str, rest: str
) -> None:
    told = raw(openft_api).told(method, f"{path}/ftjob-none{rest}")
    assert told == f"no such {noun}: ftjob-none; list them to see all"


@pytest.mark.parametrize(
    "after", ["junk", "-1", "9" * 5000, "ftevent-" + "0" * 24], ids=["word", "minus", "huge", "id"]
)
def test_a_place_in_a_story_that_there_is_none_is_refused_on_both_wires(openft_api: FakeAPI, after: str) -> None:
    ask = raw(openft_api)
    job, params = openft_api.job(ask.job()), {"after": after}
    today, legacy = f"/fine_tuning/jobs/{job.id}/events", f"/fine-tunes/{job.id}/events"
    assert ask.refused("GET", today, params=params) == (400, "invalid_value", "after")
    assert ask.refused("GET", legacy, params=params) == (400, None, "after")
    assert ask.told("GET", today, params=params).endswith(
        "which is not in this list; send the id of one of its entries"
    )
    assert ask.told("GET", legacy, params=params).endswith("which is no event's number; send an event's cursor")


def test_a_limit_of_too_many_digits_is_refused(openft_api: FakeAPI) -> None:
    told = raw(openft_api).told("GET", "/fine_tuning/jobs", params={"limit": "9" * 5000})
    assert told.endswith("; send 1 to 10000")


def test_a_follow_from_a_cursor_that_is_none_tells_the_whole_story(openft_api: FakeAPI) -> None:
    jobs = openft_api.client().fine_tuning.jobs
    job_id = raw(openft_api).fine_tune()
    told = [event.message for event in jobs.follow(job_id, after="junk")]
    assert told == [event.message for event in jobs.follow(job_id)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"n_epochs": 3},
            "unknown parameter: n_epochs; put n_epochs into hyperparameters or method.supervised.hyperparameters",
        ),
        ({"beta": 0.1}, "unknown parameter: beta; put beta into method.dpo.hyperparameters"),
        ({"sufix": "films"}, "unknown parameter: sufix; did you mean suffix?"),
        ({"hyperparameters": {"epochs": 3}}, "unknown parameter: hyperparameters.epochs; did you mean n_epochs?"),
        ({"hyperparameters": {"seed": 3}}, "unknown parameter: hyperparameters.seed; put seed into the body itself"),
        ({"colour": "red"}, "unknown parameter: colour; remove it"),
    ],
    ids=str,
)
def test_an_unknown_parameter_comes_with_the_place_where_it_is_known(
    openft_api: FakeAPI, fields: dict[str, Any], message: str
) -> None:
    ask = raw(openft_api)
    body = {"model": "gpt-4o-mini", "training_file": ask.upload(CHAT), **fields}
    assert ask.told("POST", "/fine_tuning/jobs", json=body) == message


def test_an_unknown_field_of_a_form_comes_with_the_one_that_is_meant(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    for name, remedy in (("purpos", "did you mean purpose?"), ("colour", "remove it")):
        told = ask.told("POST", "/files", data={name: "fine-tune"}, files={"file": ("a.jsonl", CHAT)})
        assert told == f"unknown field: {name}; {remedy}"


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/fine_tuning/job", "did you mean /fine_tuning/jobs?"),
        ("/fine-tuning/jobs/ftjob-1/event", "did you mean /fine_tuning/jobs/ftjob-1/events?"),
        ("/v1/models", "did you mean /models?"),
        ("/nothing", "see the base URL, which ends with /v1"),
    ],
)
def test_an_unknown_path_comes_with_the_one_that_is_meant(openft_api: FakeAPI, path: str, remedy: str) -> None:
    told = raw(openft_api).told("GET", path)
    assert told.startswith("unknown path: GET /")
    assert told.endswith(f"; {remedy}")


@pytest.mark.parametrize("role", ["use", "", None, 7])
def test_a_message_of_a_role_that_is_none_is_refused(openft_api: FakeAPI, role: object) -> None:
    ask = raw(openft_api)
    messages: list[dict[str, object]] = [{"role": "user", "content": "hi"}, {"role": role, "content": "ho"}]
    body = {"model": "gpt-4o-mini", "messages": messages}
    assert ask.refused("POST", "/chat/completions", json=body) == (400, "invalid_value", "messages[1].role")
    assert ask.told("POST", "/chat/completions", json=body).endswith(
        "; it should be system, developer, user, assistant, tool or function"
    )
    del messages[1]["role"]
    assert ask.refused("POST", "/chat/completions", json=body) == (400, "missing_parameter", "messages[1].role")
