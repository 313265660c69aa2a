"""Checkpoints, who may use them, and graders: what goes out, and what becomes of the answers that hosts send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from _async.one_call import GRADER, answered, page
from _async.support import client_of
from loopback import Loopback, reply
from openft import APIResponseValidationError, AsyncClient
from openft.types import Grader, GraderPart

PERMISSION: dict[str, Any] = {"id": "cp_1", "object": "checkpoint.permission", "created_at": 1, "project_id": "proj_1"}
MODEL = "ft:ada:org::abc:ckpt-step-2"


# Checkpoints


@pytest.mark.anyio
async def test_checkpoints_are_listed_with_what_was_measured() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "c2", "fine_tuned_model_checkpoint": MODEL, "step_number": 2, "metrics": {"train_loss": 0.5, "new": 1}},
        {"id": "c1", "fine_tuned_model_checkpoint": "m", "step_number": 1, "metrics": None},
        {"id": "c0", "metrics": {"step": 1.0, "full_valid_loss": None}},
    ]
    answer = page(*rows, first_id="c2", last_id="c0")
    with Loopback([[reply(200, answer)]]) as server:
        async with client_of(server) as client:
            listed = client.fine_tuning.jobs.checkpoints.list("ftjob-1", after="c3", limit=3)
            found = [checkpoint async for checkpoint in listed]
    assert server.asked == ["GET /fine_tuning/jobs/ftjob-1/checkpoints?after=c3&limit=3"]
    assert [checkpoint.fine_tuned_model_checkpoint for checkpoint in found] == [MODEL, "m", ""]
    assert [(each.metrics.step, each.metrics.train_loss) for each in found] == [(None, 0.5), (None, None), (1, None)]


# Who may use a checkpoint


@pytest.mark.anyio
async def test_permissions_are_made_once_and_can_be_looked_through() -> None:
    sent, made = await answered(page(PERMISSION, has_more=True), made_permissions)
    where = "/v1/fine_tuning/checkpoints/ft:ada:org::abc:ckpt-step-2/permissions"
    assert (sent.method, sent.target) == ("POST", where)
    assert sent.json() == {"project_ids": ["proj_1"]}
    assert made == ["proj_1", "proj_1"]


async def made_permissions(client: AsyncClient) -> list[str]:
    made = await client.fine_tuning.checkpoints.permissions.create(MODEL, project_ids=("proj_1",))
    return [*[permission.project_id for permission in made.data], *[each.project_id async for each in made]]


@pytest.mark.anyio
async def test_permissions_are_listed() -> None:
    with Loopback([[reply(200, page(PERMISSION))]]) as server:
        async with client_of(server) as client:
            permissions = client.fine_tuning.checkpoints.permissions
            listed = permissions.list(MODEL, after="cp_0", limit=5, order="ascending", project_id="proj_1")
            assert [permission.id async for permission in listed] == ["cp_1"]
    query = "after=cp_0&limit=5&order=ascending&project_id=proj_1"
    assert server.asked == [f"GET /fine_tuning/checkpoints/{MODEL}/permissions?{query}"]


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [{"id": "cp_1", "object": "checkpoint.permission", "deleted": True}, b""])
async def test_a_permission_is_taken_back(answer: object) -> None:
    sent, gone = await answered(
        answer,
        lambda client: client.fine_tuning.checkpoints.permissions.delete("cp_1", fine_tuned_model_checkpoint=MODEL),
    )
    assert (sent.method, sent.target) == ("DELETE", f"/v1/fine_tuning/checkpoints/{MODEL}/permissions/cp_1")
    assert (gone.id, gone.deleted) == ("cp_1", True)


# Graders

RUN: dict[str, Any] = {
    "reward": 0.5,
    "metadata": {
        "name": "same",
        "type": "score_model",
        "errors": {"other_error": True, "python_grader_server_error_type": None, "brand_new": 1},
        "execution_time": 0.1,
        "scores": {"a": 1},
        "token_usage": {"total_tokens": 324},
        "sampled_model_name": None,
    },
    "sub_rewards": {"a": 0.5},
    "model_grader_token_usage_per_model": {"m": {"total_tokens": 324}},
}


@pytest.mark.anyio
async def test_a_grader_is_run_on_an_answer() -> None:
    sent, run = await answered(
        RUN,
        lambda client: client.fine_tuning.alpha.graders.run(grader=GRADER, model_sample="x", item={"label": "x"}),
    )
    assert (sent.method, sent.target) == ("POST", "/v1/fine_tuning/alpha/graders/run")
    assert sent.json() == {"grader": GRADER, "model_sample": "x", "item": {"label": "x"}}
    assert (run.reward, run.metadata.errors.other_error, run.metadata.errors.formula_parse_error) == (0.5, True, False)
    assert run.metadata.token_usage == {"total_tokens": 324}
    assert run.api_model_grader_token_usage_per_model == {"m": {"total_tokens": 324}}
    errors = run.metadata.errors
    assert not any((errors.api_model_grader_parse_error, errors.api_model_grader_refusal_error))
    assert not any((errors.api_model_grader_server_error, errors.api_model_grader_server_error_details))
    assert run.to_dict() == {**RUN, "metadata": {**RUN["metadata"]}}


@pytest.mark.anyio
@pytest.mark.parametrize("metadata", [None, {}, {"errors": None, "token_usage": 7, "scores": None}])
async def test_a_run_may_say_little(metadata: Any) -> None:
    sent, run = await answered(
        {"reward": None, "metadata": metadata},
        lambda client: client.fine_tuning.alpha.graders.run(grader=GRADER, model_sample=""),
    )
    assert "item" not in sent.json()
    assert (run.reward, run.metadata.errors.other_error, run.metadata.scores) == (None, False, {})
    assert run.metadata.token_usage == (metadata or {}).get("token_usage")


KINDS: dict[str, tuple[dict[str, Any], Callable[[Grader], object], object]] = {
    "one that compares": (GRADER, lambda grader: (grader.operation, grader.source), ("eq", None)),
    "one that asks a model": (
        {"type": "score_model", "input": [{"role": "user", "content": [{"type": "input_text"}]}], "range": [0, 1]},
        lambda grader: [message.content for message in grader.input] if isinstance(grader.input, list) else None,
        [[GraderPart(type="input_text")]],
    ),
    "several by name": (
        {"type": "multi", "graders": {"a": GRADER, "b": {**GRADER, "name": None}}, "calculate_output": "a + b"},
        lambda grader: (
            {name: each.name for name, each in grader.graders.items()} if isinstance(grader.graders, dict) else None
        ),
        {"a": "same", "b": ""},
    ),
    "several in a row": (
        {"type": "multi", "graders": [GRADER]},
        lambda grader: [each.name for each in grader.graders] if isinstance(grader.graders, list) else None,
        ["same"],
    ),
    "one within another": (
        {"type": "multi", "graders": GRADER},
        lambda grader: grader.graders.name if isinstance(grader.graders, Grader) else None,
        "same",
    ),
    "none": ({"type": "multi", "graders": None}, lambda grader: grader.graders, None),
}


@pytest.mark.anyio
@pytest.mark.parametrize("kind", KINDS)
async def test_a_grader_is_validated_and_read(kind: str) -> None:
    grader, look, expected = KINDS[kind]
    sent, valid = await answered(
        {"grader": grader}, lambda client: client.fine_tuning.alpha.graders.validate(grader=grader)
    )
    assert (sent.method, sent.target) == ("POST", "/v1/fine_tuning/alpha/graders/validate")
    assert sent.json() == {"grader": grader}
    assert look(valid.grader) == expected


@pytest.mark.anyio
async def test_a_grader_that_makes_no_sense_in_an_answer_is_told() -> None:
    with pytest.raises(APIResponseValidationError, match="graders"):
        await answered(
            {"grader": {"type": "multi", "graders": 5}},
            lambda client: client.fine_tuning.alpha.graders.validate(grader=GRADER),
        )
