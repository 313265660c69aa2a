"""Asking models."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.running import Running, error_of, settings_for


def complete(server: Running, **fields: Any) -> httpx.Response:
    return server.http.post("/completions", json={"model": "ada", **fields})


def asked(server: Running) -> list[dict[str, Any]]:
    """Return what the child was asked."""
    return [json.loads(line) for line in (server.settings.data_dir / "inference.log").read_text().splitlines()]


def prompt(**instructions: Any) -> str:
    return json.dumps(instructions)


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


def test_a_model_that_is_still_loading_is_waited_for(server: Running) -> None:
    slow(server, "0.3")
    assert complete(server, prompt="abc").status_code == 200


def test_requests_for_one_model_wait_for_one_loading(server: Running) -> None:
    slow(server, "0.4")
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: complete(server, prompt="abc").status_code, range(3)))
    assert answers == [200] * 3
    assert [ask["op"] for ask in asked(server)].count("load") == 1


def test_a_server_can_stop_while_a_model_loads(tmp_path: Path) -> None:
    begun = time.monotonic()
    with Running(settings_for(tmp_path, load_wait=0.1)) as server:
        slow(server, "30")
        assert complete(server, prompt="abc").status_code == 429
    assert time.monotonic() - begun < 10


def test_a_stream_without_pieces_is_just_its_end(server: Running) -> None:
    assert complete(server, prompt=prompt(silent=True), stream=True).text == "data: [DONE]\n\n"


@pytest.mark.parametrize("stream", [True, False])
def test_a_model_that_loads_for_too_long_is_a_429_with_a_time_to_come_back(tmp_path: Path, stream: bool) -> None:
    with Running(settings_for(tmp_path, load_wait=0.2)) as server:
        slow(server, "0.9")
        answer = complete(server, prompt="abc", stream=stream)
        assert answer.status_code == 429
        assert error_of(answer)["code"] == "model_not_ready"
        assert answer.headers["retry-after"] == "5"
        time.sleep(0.9)
        assert complete(server, prompt="abc").status_code == 200
        assert [ask["op"] for ask in asked(server)] == ["load", "load", "generate"]


def test_a_model_that_cannot_be_loaded_says_why_and_never_409(server: Running) -> None:
    slow(server, "0", "broken")
    answer = complete(server, prompt="abc")
    assert answer.status_code == 429
    assert error_of(answer)["message"] == "the weights are broken"


def test_a_child_that_died_is_started_again(server: Running, tmp_path: Path) -> None:
    assert complete(server, prompt="abc").status_code == 200
    dead = complete(server, prompt=prompt(die=1))
    assert dead.status_code == 503
    assert error_of(dead)["code"] == "inference_died"
    assert complete(server, prompt=prompt(die_once=str(tmp_path / "mark"))).status_code == 200
    assert complete(server, prompt="abc").status_code == 200


def test_a_child_that_dies_loading_is_a_503(server: Running) -> None:
    slow(server, "0", "die")
    answer = complete(server, prompt="abc")
    assert answer.status_code == 503


def test_a_child_that_dies_in_the_middle_of_a_stream_ends_it_with_the_error(server: Running) -> None:
    answer = complete(server, prompt=[prompt(die_after=1), "b"], stream=True)
    data = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert set(json.loads(data[-1])["error"]) == {"message", "type", "param", "code"}
    assert "[DONE]" not in answer.text


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_nobody_waits_for_is_aborted(server: Running, stream: bool) -> None:
    with pytest.raises(httpx.ReadTimeout):
        server.http.post(
            "/completions", json={"model": "ada", "prompt": prompt(slow=10), "stream": stream}, timeout=0.5
        )
    server.until_true(lambda: asked(server)[-1]["op"] == "abort")
    assert asked(server)[-1]["id"] == asked(server)[-2]["id"]


def test_an_answer_that_comes_too_late_is_dropped(server: Running) -> None:
    with pytest.raises(httpx.ReadTimeout):
        server.http.post("/completions", json={"model": "ada", "prompt": prompt(deaf=0.6)}, timeout=0.3)
    time.sleep(0.5)
    assert complete(server, prompt="abc").status_code == 200


def test_a_slow_stream_sends_comments_and_can_be_left(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, ping_seconds=0.05)) as server:
        with server.http.stream(
            "POST", "/completions", json={"model": "ada", "prompt": [prompt(hold=10)], "stream": True}
        ) as answer:
            lines = answer.iter_lines()
            while next(lines) != ": ping":
                pass
        server.until_true(lambda: asked(server)[-1]["op"] == "abort")


def test_only_so_many_are_answered_at_once(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, max_completions=1)) as server:
        with server.http.stream(
            "POST", "/completions", json={"model": "ada", "prompt": [prompt(hold=10)], "stream": True}
        ):
            answer = complete(server, prompt="abc")
            assert answer.status_code == 429
            assert error_of(answer)["code"] == "too_many_requests"
        server.until_true(lambda: complete(server, prompt="abc").status_code == 200)


def test_a_silly_child_is_replaced(tmp_path: Path) -> None:
    """What the child says is checked like all else that comes from outside."""
    command = ("/bin/sh", "-c", "echo nonsense >&0; sleep 5")
    with Running(settings_for(tmp_path, inference_command=command)) as server:
        assert complete(server, prompt="abc").status_code == 503


def slow(server: Running, seconds: str, *marks: str) -> None:
    folder = server.settings.data_dir / "bases" / "ada"
    folder.mkdir()
    (folder / "slow").write_text(seconds)
    for mark in marks:
        (folder / mark).touch()
