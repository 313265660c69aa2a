"""The process that answers: slow, dying, replaced."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from server.asking import asked, complete, prompt, slow
from server.running import Running, error_of, settings_for


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


def test_a_stream_that_is_slow_to_begin_sends_comments_first(tmp_path: Path) -> None:
    failed = {"status": 400, "message": "too long"}
    with Running(settings_for(tmp_path, ping_seconds=0.05)) as server:
        text = complete(server, prompt=prompt(deaf=0.3), stream=True).text
        assert text.startswith(": ping\n\n")
        assert text.endswith("data: [DONE]\n\n")
        refused = complete(server, prompt=prompt(deaf=0.3, fail=failed), stream=True)
        assert refused.status_code == 200  # it was too late for another status
        assert json.loads(refused.text.split("data: ")[-1])["error"]["message"] == "too long"


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
