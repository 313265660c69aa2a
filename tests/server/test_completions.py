"""Asking models."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from server.asking import asked, complete, prompt
from server.running import Running, error_of


def test_an_answer_has_the_shape_of_2023(server: Running) -> None:
    answer = complete(server, prompt="abc").json()
    assert re.fullmatch(r"cmpl-[A-Za-z0-9]{24}", answer.pop("id"))
    assert answer.pop("created") > 1_700_000_000
    assert answer == {
        "object": "text_completion",
        "model": "ada",
        "choices": [{"text": "cba", "index": 0, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }


@pytest.mark.parametrize(
    ("given", "prompts"),
    [
        ("a", ["a"]),
        (["a", "b"], ["a", "b"]),
        ([5, 6], [[5, 6]]),
        ([[5], [6, 7]], [[5], [6, 7]]),
        ("", [""]),
        (None, ["<|endoftext|>"]),
    ],
)
def test_prompts_come_in_four_forms(server: Running, given: object, prompts: object) -> None:
    assert complete(server, prompt=given).status_code == 200
    assert asked(server)[-1]["prompts"] == prompts


def test_every_parameter_reaches_the_child(server: Running) -> None:
    fields: dict[str, Any] = {
        "max_tokens": 7,
        "temperature": 0.5,
        "top_p": 0.9,
        "n": 2,
        "logprobs": 3,
        "echo": True,
        "seed": 4,
    }
    assert complete(server, prompt="a", stop=["x", "", "y"], user="me", **fields).status_code == 200
    ask = asked(server)[-1]
    assert {name: ask[name] for name in fields} == fields
    assert ask["stop"] == ["x", "y"]
    assert ask["model"] == {"name": "ada", "path": str(server.settings.data_dir / "bases" / "ada"), "base": "ada"}


def test_the_command_line_of_2023_sends_null_for_everything(server: Running) -> None:
    numbers = (
        "max_tokens",
        "temperature",
        "top_p",
        "n",
        "logprobs",
        "best_of",
        "presence_penalty",
        "frequency_penalty",
    )
    nulls = dict.fromkeys((*numbers, "suffix", "stream", "stop", "logit_bias", "user", "engine"))
    answer = complete(server, prompt="abc", echo=True, timeout=20, **nulls)
    assert answer.status_code == 200
    assert asked(server)[-1]["max_tokens"] == 16


def test_an_engine_is_a_model(server: Running) -> None:
    older = server.http.post("/engines/ada/completions", json={"prompt": "abc", "timeout": 3})
    assert older.json()["model"] == "ada"
    assert server.http.post("/completions", json={"engine": "babbage", "prompt": "x"}).json()["model"] == "babbage"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"suffix": "end"}, "suffix"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"frequency_penalty": -1}, "frequency_penalty"),
        ({"best_of": 2}, "best_of"),
        ({"logit_bias": {"5": -100}}, "logit_bias"),
        ({"stream": True, "stream_options": {"include_usage": True}}, "stream_options"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [[1], []]}, "prompt"),
        ({"prompt": ["a"] * 20, "n": 100}, "n"),
        ({"n": 0}, "n"),
        ({"logprobs": 6}, "logprobs"),
        ({"temperature": 2.5}, "temperature"),
        ({"tokens": 5}, "tokens"),
        ({"model": None}, "model"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(server: Running, fields: dict[str, Any], param: str) -> None:
    answer = complete(server, **fields)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param


def test_values_that_change_nothing_are_taken(server: Running) -> None:
    fields = {"suffix": "", "presence_penalty": 0, "best_of": 1, "logit_bias": {}, "stop": "", "user": "x"}
    assert complete(server, prompt="a", **fields).status_code == 200
    assert asked(server)[-1]["stop"] == []


@pytest.mark.parametrize("stream", [True, False])
def test_an_unknown_model_is_a_json_404(server: Running, stream: bool) -> None:
    answer = complete(server, model="gpt-9", prompt="a", stream=stream)
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "model_not_found"


def test_a_streamed_answer_comes_in_pieces_and_ends_with_done(server: Running) -> None:
    answer = complete(server, prompt=["ab", "cd"], stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    data = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert data.pop() == "[DONE]"
    pieces = [json.loads(line) for line in data]
    assert len({piece["id"] for piece in pieces}) == 1
    assert all(set(piece) == {"id", "object", "created", "model", "choices"} for piece in pieces)
    assert "".join(piece["choices"][0]["text"] for piece in pieces) == "badc"
    assert [piece["choices"][0]["finish_reason"] for piece in pieces] == [None, "stop", None, "stop"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_refusal_of_the_child_is_json_with_its_status(server: Running, stream: bool) -> None:
    failed = {
        "status": 400,
        "message": "the prompt has 3000 tokens; 2048 fit",
        "code": "context_length",
        "param": "prompt",
    }
    answer = complete(server, prompt=prompt(fail=failed), stream=stream)
    assert answer.status_code == 400
    assert error_of(answer) == {
        "message": failed["message"],
        "type": "invalid_request_error",
        "param": "prompt",
        "code": "context_length",
    }
