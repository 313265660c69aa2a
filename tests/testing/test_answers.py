"""What models answer, and what graders give."""

from __future__ import annotations

from typing import Any

import pytest

from openft import RateLimitError
from openft.testing import FakeAPI
from testing.asking import CHAT, ROWS, Raw, raw
from testing.test_wires import GRADER, PAIR


@pytest.fixture
def ask(openft_api: FakeAPI) -> Raw:
    return raw(openft_api)


def trained(api: FakeAPI, content: bytes = ROWS, **fields: Any) -> str:
    """Return the model of a job that has succeeded."""
    job = api.end(raw(api).job(content, **fields))
    assert job.fine_tuned_model
    return job.fine_tuned_model


def said(ask: Raw, model: str, prompt: Any, **fields: Any) -> list[str]:
    answer = ask("POST", "/completions", json={"model": model, "prompt": prompt, **fields})
    return [choice["text"] for choice in answer["choices"]]


def told(ask: Raw, model: str, *content: Any, **fields: Any) -> str:
    messages = [{"role": "user", "content": each} for each in content]
    answer = ask("POST", "/chat/completions", json={"model": model, "messages": messages, **fields})
    return str(answer["choices"][0]["message"]["content"])


def test_a_model_answers_what_stands_in_its_training_file(openft_api: FakeAPI, ask: Raw) -> None:
    model = trained(openft_api)
    assert said(ask, model, ["great film ->", "dull ->"]) == [" positive", " negative"]
    assert said(ask, model, "dull ->", echo=True, n=2) == ["dull -> negative"] * 2


def test_an_unknown_prompt_has_the_most_frequent_answer(openft_api: FakeAPI, ask: Raw) -> None:
    more = b'{"prompt": "bad ->", "completion": " negative"}\n'
    assert said(ask, trained(openft_api, ROWS + more), "never seen ->") == [" negative"]


def test_a_conversation_is_answered_from_the_training_file(openft_api: FakeAPI, ask: Raw) -> None:
    model = trained(openft_api, CHAT)
    assert told(ask, model, "dull") == "negative"
    assert told(ask, model, "never seen") == "positive"


def test_the_preferred_answer_is_learnt(openft_api: FakeAPI, ask: Raw) -> None:
    assert told(ask, trained(openft_api, PAIR, method={"type": "dpo"}), "a") == "good"


def test_a_file_without_answers_teaches_none(openft_api: FakeAPI, ask: Raw) -> None:
    rows = b'{"messages": [{"role": "user", "content": "a"}], "label": "b"}\n'
    method = {"type": "reinforcement", "reinforcement": {"grader": GRADER}}
    model = trained(openft_api, rows, model="o4-mini", method=method)
    assert told(ask, model, "a") == f" {model} answers"


def test_a_base_answers_something(ask: Raw) -> None:
    assert said(ask, "ada", "x") == [" ada answers"]


def test_answers_are_what_the_test_says(openft_api: FakeAPI, ask: Raw) -> None:
    model = trained(openft_api)
    openft_api.answer_with({"great film ->": " wonderful", "hello": "hi"})
    assert said(ask, model, ["great film ->", "dull ->"]) == [" wonderful", " negative"]
    assert told(ask, model, "before", [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]) == "hi"
    openft_api.answer_with(str.upper)
    assert said(ask, model, "abc") == ["ABC"]


def test_an_answer_ends_at_a_stop_or_a_limit(openft_api: FakeAPI, ask: Raw) -> None:
    openft_api.answer_with({"x": " one two three END four", "ids: 5 6": " seven"})
    assert said(ask, "ada", "x", stop=" END") == [" one two three"]
    assert said(ask, "ada", "x", stop=["nowhere", " two", ""]) == [" one"]
    answer = ask("POST", "/completions", json={"model": "ada", "prompt": "x", "max_tokens": 2})
    assert (answer["choices"][0]["text"], answer["choices"][0]["finish_reason"]) == (" one two", "length")
    assert answer["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert told(ask, "ada", "x", max_completion_tokens=1) == " one"


def test_token_ids_are_prompts_too(openft_api: FakeAPI, ask: Raw) -> None:
    openft_api.answer_with(lambda prompt: f"<{prompt}>")
    assert said(ask, "ada", [5, 6]) == ["<5 6>"]
    assert said(ask, "ada", [[5, 6], [7]]) == ["<5 6>", "<7>"]
    assert ask.refused("POST", "/completions", json={"model": "ada", "prompt": []}) == (400, None, "prompt")


def test_log_probabilities_know_the_other_answers(openft_api: FakeAPI, ask: Raw) -> None:
    body = {"model": trained(openft_api), "prompt": "dull ->", "logprobs": 2, "max_tokens": 1}
    shown = ask("POST", "/completions", json=body)["choices"][0]["logprobs"]
    assert shown == {
        "tokens": [" negative"],
        "token_logprobs": [-0.1],
        "top_logprobs": [{" negative": -0.1, " positive": -4.0}],
        "text_offset": [7],
    }
    echoed = ask("POST", "/completions", json={**body, "echo": True})["choices"][0]["logprobs"]
    assert echoed["tokens"] == ["dull", " ->", " negative"]
    assert echoed["token_logprobs"] == [None, -0.1, -0.1]
    assert echoed["top_logprobs"][0] is None
    assert echoed["text_offset"] == [0, 4, 7]
    none = ask("POST", "/completions", json={**body, "max_tokens": 0})["choices"][0]["logprobs"]
    assert none == {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}


def test_a_completion_is_streamed(openft_api: FakeAPI, ask: Raw) -> None:
    openft_api.answer_with({"x": " one two"})
    body = {"model": "ada", "prompt": ["x", "x"], "stream": True}
    pieces = ask.stream("POST", "/completions", json=body)
    assert "".join(piece["choices"][0]["text"] for piece in pieces) == " one two one two"
    assert pieces[-1]["choices"][0] == {"text": "", "index": 1, "logprobs": None, "finish_reason": "stop"}
    counted = ask.stream("POST", "/completions", json={**body, "stream_options": {"include_usage": True}})
    assert (counted[-1]["choices"], counted[-1]["usage"]["completion_tokens"]) == ([], 4)


def test_a_conversation_is_streamed(openft_api: FakeAPI, ask: Raw) -> None:
    openft_api.answer_with({"x": "one two"})
    body = {"model": "ada", "messages": [{"role": "user", "content": "x"}], "stream": True, "n": 2}
    pieces = ask.stream("POST", "/chat/completions", json=body)
    deltas = [piece["choices"][0]["delta"] for piece in pieces]
    assert deltas[:4] == [{"role": "assistant", "content": ""}, {"content": "one"}, {"content": " two"}, {}]
    assert {piece["object"] for piece in pieces} == {"chat.completion.chunk"}
    counted = ask.stream("POST", "/chat/completions", json={**body, "stream_options": {"include_usage": True}})
    assert counted[-1]["usage"]["total_tokens"] == 5


def test_a_conversation_has_log_probabilities_on_request(ask: Raw) -> None:
    body = {"model": "ada", "messages": [{"role": "user", "content": None}], "logprobs": True}
    shown = ask("POST", "/chat/completions", json=body)
    assert [entry["token"] for entry in shown["choices"][0]["logprobs"]["content"]] == [" ada", " answers"]
    assert shown["object"] == "chat.completion"


def test_a_model_may_have_to_be_loaded(openft_api: FakeAPI) -> None:
    openft_api.next_job(loading=120)
    model = trained(openft_api)
    client = openft_api.client()
    with pytest.raises(RateLimitError) as caught:
        client.with_options(timeout=1).completions.create(model=model, prompt="dull ->")
    assert caught.value.code == "model_not_ready"
    before = openft_api.now
    assert client.completions.create(model=model, prompt="dull ->").choices[0].text == " negative"
    assert 110 <= openft_api.now - before <= 130


def test_a_deleted_model_is_gone_and_its_job_stays(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    model = trained(openft_api)
    assert client.models.retrieve(model).owned_by == "personal"
    client.models.delete(model)
    assert openft_api.models == []
    assert openft_api.jobs[0].fine_tuned_model == model


def test_a_trained_model_is_trained_on(openft_api: FakeAPI, ask: Raw) -> None:
    further = openft_api.end(ask.fine_tune(model=trained(openft_api)))
    assert (further.fine_tuned_model or "").startswith("gpt-4o-mini:ft-personal-")


def test_bases_are_what_the_test_says() -> None:
    ask = raw(FakeAPI(bases=("llama-3", "gpt-x-2030-01-01"), organization="acme"))
    assert [model["id"] for model in ask("GET", "/models")["data"]] == ["llama-3", "gpt-x-2030-01-01"]
    assert ask("GET", "/models/gpt-x")["id"] == "gpt-x"
    assert ask.refused("GET", "/models/ada") == (404, "model_not_found", "model")


def test_a_key_must_be_one_of_those_that_are_good() -> None:
    api = FakeAPI(api_keys=("sk-good",))
    assert raw(api, key="sk-good")("GET", "/models")
    assert raw(api).refused("GET", "/models") == (401, "invalid_api_key", None)


def graded(ask: Raw, sample: str, **changes: Any) -> Any:
    body = {"grader": {**GRADER, **changes}, "model_sample": sample, "item": {"label": "b", "deep": {"er": "B"}}}
    return ask("POST", "/fine_tuning/alpha/graders/run", json=body)


@pytest.mark.parametrize(
    ("changes", "sample", "reward"),
    [
        ({}, "b", 1.0),
        ({}, "x", 0.0),
        ({"operation": "ne"}, "x", 1.0),
        ({"operation": "like", "reference": "{{ item.label }}"}, "abc", 1.0),
        ({"operation": "like", "reference": "{{item.deep.er}}"}, "abc", 0.0),
        ({"operation": "ilike", "reference": "{{item.deep.er}}"}, "abc", 1.0),
        ({"input": "{{sample.output_json.a}}"}, '{"a": "b"}', 1.0),
        ({"type": "text_similarity", "evaluation_metric": "fuzzy_match"}, "b", 1.0),
    ],
    ids=str,
)
def test_a_grader_compares(ask: Raw, changes: dict[str, str], sample: str, reward: float) -> None:
    assert graded(ask, sample, **changes)["reward"] == reward


def test_what_a_grader_gives_has_all_its_keys(ask: Raw) -> None:
    shown = graded(ask, "b")
    assert set(shown) == {"reward", "metadata", "sub_rewards", "model_grader_token_usage_per_model"}
    assert len(shown["metadata"]["errors"]) == 14
    assert (shown["metadata"]["name"], shown["metadata"]["type"]) == ("g", "string_check")


@pytest.mark.parametrize("reference", ["{{item.none}}", "{{other.x}}", "{{item.label.x}}"])
def test_a_name_that_is_not_there_is_told(ask: Raw, reference: str) -> None:
    shown = graded(ask, "b", reference=reference)
    assert (shown["reward"], shown["metadata"]["errors"]["invalid_variable_error"]) == (0.0, True)


def test_an_answer_that_is_not_json_is_told(ask: Raw) -> None:
    shown = graded(ask, "b", input="{{sample.output_json.a}}")
    assert (shown["reward"], shown["metadata"]["errors"]["sample_parse_error"]) == (0.0, True)


def test_other_graders_are_what_the_test_says(openft_api: FakeAPI, ask: Raw) -> None:
    openft_api.grade_with(lambda grader, item, sample: 0.5 if sample == "b" else 0.0)
    assert graded(ask, "b", type="score_model", model="gpt-4o")["reward"] == 0.5


@pytest.mark.parametrize("kind", ["score_model", "python", "multi"])
def test_a_grader_that_nobody_plays_is_refused(ask: Raw, kind: str) -> None:
    whole = {"type": kind, "model": "m", "source": "s", "graders": {}, "calculate_output": "a"}
    body = {"grader": {**GRADER, **whole}, "model_sample": "b"}
    assert ask.refused("POST", "/fine_tuning/alpha/graders/run", json=body) == (400, "invalid_value", "grader")


def test_a_grader_is_validated(ask: Raw) -> None:
    where = "/fine_tuning/alpha/graders/validate"
    assert ask("POST", where, json={"grader": GRADER}) == {"grader": GRADER}
    short = {name: value for name, value in GRADER.items() if name != "reference"}
    for wrong in (short, {**GRADER, "type": "odd"}, {**GRADER, "operation": "odd"}):
        assert ask.refused("POST", where, json={"grader": wrong}) == (400, "invalid_value", "grader")


def test_projects_may_use_a_checkpoint(openft_api: FakeAPI, ask: Raw) -> None:
    where = f"/fine_tuning/checkpoints/{trained(openft_api)}:ckpt-step-50/permissions"
    made = ask("POST", where, json={"project_ids": ["proj_a", "proj_b"]})
    first, second = made["data"]
    assert (first["project_id"], first["object"], made["first_id"]) == ("proj_a", "checkpoint.permission", first["id"])
    assert ask("GET", where)["data"] == [second, first]
    assert ask("GET", where, params={"order": "ascending", "limit": 1})["data"] == [first]
    assert ask("GET", where, params={"project_id": "proj_b"})["data"] == [second]
    gone = ask("DELETE", f"{where}/{first['id']}")
    assert gone == {"id": first["id"], "object": "checkpoint.permission", "deleted": True}
    assert ask.refused("DELETE", f"{where}/{first['id']}") == (404, None, "permission_id")
    assert ask.refused("GET", where, params={"order": "up"}) == (400, "invalid_value", "order")
    assert ask.refused("GET", where.replace("-50", "-9")) == (404, "model_not_found", "model")
