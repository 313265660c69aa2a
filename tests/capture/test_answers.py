"""A capture from its beginning to its end, against hosts over real sockets."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest

import openft
from capture.hosts import completion, hosted, lines, message, no, written
from loopback import KEY, Answer, Pause, again, refusal, reply
from openft import Client, errors
from openft.capture import Progress, answers, plan
from openft.capture.places import host_of
from openft.testing import FakeAPI

PROMPTS = [{"prompt": f"q{number}", "completion": f"a{number}"} for number in range(30)]


def test_each_row_has_its_answer_in_the_order_of_the_file(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", PROMPTS), tmp_path / "out"
    with hosted(lambda prompt: prompt.replace("q", " a")) as (client, host):
        capture = answers(client, "m", source, out)
    found = lines(out)
    assert [(line["row"], line["line"], line["prompt"], line["answer"], line["expected"]) for line in found] == [
        (number + 1, number + 1, f"q{number}", f" a{number}", f"a{number}") for number in range(30)
    ]
    assert all(line["match"] for line in found)
    assert (capture.rows, capture.answered, capture.asked, capture.right) == (30, 30, 30, 30)
    assert (capture.prompt_tokens, capture.completion_tokens) == (90, 30)
    assert len(host.asked) == 30


def test_a_line_says_how_the_answer_came_about(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", [{"prompt": "q"}]), tmp_path / "out"
    tokens = {"tokens": [" a"], "token_logprobs": [-0.5], "top_logprobs": [{" a": -0.5}], "text_offset": [1]}
    with hosted(lambda _: completion(" a", logprobs=tokens)) as (client, host):
        answers(client, "m", source, out, max_tokens=5, seed=3, stop=["\n"], extra_body={"user": "me"})
    (line,) = lines(out)
    parameters = {"temperature": 0, "seed": 3, "stop": ["\n"], "max_tokens": 5, "logprobs": 0, "user": "me"}
    assert host.asked == [{"model": "m", "prompt": "q", **parameters}]
    assert line.pop("when").endswith("+00:00")
    assert line == {
        "row": 1,
        "line": 1,
        "prompt": "q",
        "answer": " a",
        "finish_reason": "stop",
        "logprobs": tokens,
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
        "id": "cmpl-1",
        "system_fingerprint": None,
        "model": "m-0613",
        "api": "completions",
        "parameters": parameters,
        "expected": None,
        "match": None,
    }


def test_conversations_are_asked_as_such(tmp_path: Path) -> None:
    user = {"role": "user", "content": "weather?"}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    tools = [{"type": "function", "function": {"name": "f"}}]
    expected = {"role": "assistant", "tool_calls": [{**call, "function": {"name": "f", "arguments": '{"a": 1}'}}]}
    source = written(tmp_path / "in", [{"messages": [user, expected], "tools": tools}])
    with hosted(lambda _: message(None, tool_calls=[call])) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", logprobs=2)
    (line,) = lines(tmp_path / "out")
    body = {"messages": [user], "tools": tools, "temperature": 0, "logprobs": True, "top_logprobs": 2}
    assert (host.paths, host.asked) == (["/v1/chat/completions"], [{"model": "m", **body}])
    assert line["answer"] == line["expected"] == '[{"arguments": {"a": 1}, "name": "f"}]'
    assert line["message"]["tool_calls"] == [call]
    assert (line["messages"], line["match"], capture.right) == ([user], True, 1)


def test_nothing_that_was_answered_is_asked_again(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", PROMPTS), tmp_path / "out"
    with hosted(lambda prompt: prompt) as (client, host):
        answers(client, "m", source, out, limit=20)
        before = out.read_bytes()
        capture = answers(client, "m", source, out)
        again = answers(client, "m", source, out)
        assert (capture.asked, again.asked, len(host.asked)) == (10, 0, 30)
        assert out.read_bytes().startswith(before)
        other = answers(client, "m", source, out, max_tokens=3)
        assert other.asked == 30  # other parameters are another question


def test_equal_prompts_are_asked_once(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "same"}] * 50)
    with hosted(lambda prompt: prompt) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out")
    assert (len(host.asked), capture.asked, capture.answered) == (1, 1, 50)


def test_sampled_answers_to_equal_prompts_are_their_own_and_stay(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", [{"prompt": "same"}] * 5), tmp_path / "out"
    with hosted(lambda prompt: f"{len(host.asked)}") as (client, host):
        capture = answers(client, "m", source, out, temperature=None)
        first = out.read_bytes()
        assert answers(client, "m", source, out, temperature=None).asked == 0
    assert capture.asked == 5
    assert "temperature" not in host.asked[0]
    assert sorted(line["answer"] for line in lines(out)) == ["1", "2", "3", "4", "5"]
    assert out.read_bytes() == first


def test_with_a_seed_equal_prompts_have_one_answer(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "same"}] * 5)
    with hosted(lambda prompt: prompt) as (client, host):
        answers(client, "m", source, tmp_path / "out", temperature=1, seed=7)
    assert len(host.asked) == 1


def test_two_captures_at_once_share_a_cache(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS)
    with hosted(lambda prompt: prompt) as (client, host):
        outs = [tmp_path / "one", tmp_path / "two"]
        threads = [
            threading.Thread(target=lambda out=out: answers(client, "m", source, out, cache=tmp_path / "cache"))
            for out in outs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 30 <= len(host.asked) <= 60
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_no_more_are_asked_side_by_side_than_there_may_be(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS)
    with hosted(lambda prompt: prompt) as (client, _):
        seen: list[Progress] = []
        answers(client, "m", source, tmp_path / "out", concurrency=1, on_progress=seen.append)
    assert [now.rows for now in seen] == [*range(1, 31), 30]
    assert {now.total for now in seen} == {30}
    assert all(now.rows - now.asked <= 3 for now in seen)  # one at work, one that waits, one that is handed in
    assert seen[-1] == Progress(30, 30, 30)


@pytest.mark.parametrize("status", [400, 422, 403, 413])
def test_a_row_that_is_refused_is_in_the_output_with_the_reason(status: int, tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", PROMPTS), tmp_path / "out"
    with hosted(lambda p: no(status, "not this", code="content_filter") if p == "q7" else p) as (client, host):
        capture = answers(client, "m", source, out, concurrency=1)
        assert (capture.complete, capture.failed, capture.failures[0].line) == (False, 1, 8)
        again = answers(client, "m", source, out)
        assert (again.asked, len(host.asked)) == (0, 31)  # the one that failed is asked again
    (line,) = [line for line in lines(out) if line["answer"] is None]
    assert (line["row"], line["prompt"], line["match"]) == (8, "q7", None)
    assert line["error"]["message"] == "not this"
    assert (line["error"]["status_code"], line["error"]["code"]) == (status, "content_filter")


def test_a_row_that_cannot_be_asked_is_in_the_output_with_the_reason(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "q"}, {"prompt": 3}])
    with hosted(lambda prompt: prompt) as (client, _):
        capture = answers(client, "m", source, tmp_path / "out")
    assert (capture.answered, capture.failed) == (1, 1)
    assert lines(tmp_path / "out")[1]["error"] == {
        "type": "DataError",
        "message": "prompt is a JSON number, not text; write it as text",
    }


def test_an_answer_without_choices_is_none(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "q"}])
    with hosted(lambda _: b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"id": "1"}') as (client, _):
        capture = answers(client, "m", source, tmp_path / "out")
    assert lines(tmp_path / "out")[0]["error"]["message"] == "the answer has no choices; the host has said nothing"
    assert capture.failed == 1


def test_equal_rows_that_are_refused_are_asked_once(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "good"}, {"prompt": "bad"}, *PROMPTS, {"prompt": "bad"}])
    with hosted(lambda p: no(400, "no") if p == "bad" else p) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=1)
    assert (len(host.asked), capture.failed) == (32, 2)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "invalid_api_key", errors.AuthenticationError),
        (404, "model_not_found", errors.NotFoundError),
        (429, "insufficient_quota", errors.RateLimitError),
        (403, "denied", errors.PermissionDeniedError),
    ],
)
def test_what_holds_for_all_rows_ends_it_at_once(
    status: int, code: str, error: type[Exception], tmp_path: Path
) -> None:
    source = written(tmp_path / "in", PROMPTS)
    with hosted(lambda _: no(status, "no", code=code)) as (client, host), pytest.raises(error):
        answers(client, "m", source, tmp_path / "out", concurrency=2)
    assert len(host.asked) <= 2
    assert not (tmp_path / "out").exists()


def test_a_request_that_is_wrong_for_every_row_ends_it_soon(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": f"q{number}"} for number in range(200)])
    with (
        hosted(lambda _: no(400, "stop is too long")) as (client, host),
        pytest.raises(errors.BadRequestError, match="stop is too long"),
    ):
        answers(client, "m", source, tmp_path / "out", concurrency=1)
    assert len(host.asked) == 20


def test_a_host_that_is_away_ends_it_and_what_it_has_answered_is_kept(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": f"q{number}"} for number in range(60)])
    away = no(500, "broken")
    with hosted(lambda p: away if int(p[1:]) > 9 else p) as (client, host):
        with pytest.raises(errors.InternalServerError) as caught:
            answers(client, "m", source, tmp_path / "out", concurrency=1, max_retries=0)
        assert len(host.asked) == 18  # ten answers, then eight in succession
    assert caught.value.__notes__ == [
        f"10 answers of this run are kept in {tmp_path / 'out.cache'}; to go on from there, do the same again"
    ]
    with hosted(lambda p: p) as (client, host):
        assert answers(client, "m", source, tmp_path / "out").asked == 50


def test_a_host_that_is_away_is_noticed_between_rows_that_are_known(tmp_path: Path) -> None:
    rows = [{"prompt": f"q{number}"} for number in range(60)]
    with hosted(lambda p: p) as (client, _):
        answers(client, "m", written(tmp_path / "half", rows[::2]), tmp_path / "out")
    with hosted(lambda _: no(500, "broken")) as (client, host):
        with pytest.raises(errors.InternalServerError):
            answers(client, "m", written(tmp_path / "in", rows), tmp_path / "out", concurrency=1, max_retries=0)
        assert len(host.asked) == 8


def test_single_failures_of_a_host_do_not_end_it(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": f"q{number}"} for number in range(60)])
    with hosted(lambda p: no(500, "broken") if int(p[1:]) % 2 else p) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=1, max_retries=0)
    assert (capture.answered, capture.failed, len(host.asked)) == (30, 30, 60)


def test_a_busy_host_is_asked_again(tmp_path: Path) -> None:
    with hosted(lambda p: again(429) if len(host.asked) < 3 else p) as (
        client,
        host,
    ):
        capture = answers(client, "m", written(tmp_path / "in", [{"prompt": "q"}]), tmp_path / "out")
    assert (capture.answered, len(host.asked)) == (1, 3)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_no_row_fails_because_the_host_refuses_every_other_request(status: int, tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": f"q{number}"} for number in range(300)])
    with hosted(lambda p: again(status) if len(host.asked) % 2 else p) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=32)
    assert (capture.answered, capture.failed) == (300, 0)


def test_no_row_fails_because_the_host_refuses_without_saying_how_long(tmp_path: Path) -> None:
    last = 0.0

    def says(prompt: str) -> str | bytes:
        nonlocal last
        if time.monotonic() - last < 0.03:
            return refusal(429, "too many")
        last = time.monotonic()
        return prompt

    with hosted(says) as (client, host):
        capture = answers(
            client, "m", written(tmp_path / "in", PROMPTS[:8]), tmp_path / "out", concurrency=8, max_retries=4
        )
    assert (capture.answered, capture.failed) == (8, 0)
    assert len(host.asked) > 8


@pytest.mark.parametrize("more", [{}, {"retry_after_ms": "1"}])
@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_stays_busy_ends_it_and_fails_no_row(status: int, more: dict[str, str], tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": f"q{number}"} for number in range(60)])
    busy = refusal(status, "busy", **more)
    with hosted(lambda p: p if int(p[1:]) < 5 else busy) as (client, host):
        with pytest.raises((errors.RateLimitError, errors.InternalServerError)) as caught:
            answers(client, "m", source, tmp_path / "out", concurrency=4, max_retries=1)
        assert len(host.asked) < 30
    assert "answers of this run are kept" in caught.value.__notes__[0]
    assert not (tmp_path / "out").exists()


def test_a_host_that_asks_for_too_long_a_pause_ends_it_at_once(tmp_path: Path) -> None:
    with hosted(lambda _: refusal(429, "tomorrow", retry_after="3600")) as (client, host):
        with pytest.raises(errors.RateLimitError, match="tomorrow"):
            answers(client, "m", written(tmp_path / "in", PROMPTS), tmp_path / "out", concurrency=1)
        assert len(host.asked) == 1


def test_a_row_that_waits_for_a_busy_host_sees_that_all_is_over(tmp_path: Path) -> None:
    refused = threading.Event()

    def interrupted(_: Progress) -> None:
        assert refused.wait(10)
        raise KeyboardInterrupt

    def says(_: str) -> bytes:
        refused.set()
        return refusal(429, "later", retry_after="60")

    with hosted(says) as (client, host):
        with pytest.raises(KeyboardInterrupt):
            answers(client, "m", written(tmp_path / "in", PROMPTS), tmp_path / "out", on_progress=interrupted)
        left = [thread for thread in threading.enumerate() if thread.name == "openft capture"]
        for thread in left:
            thread.join(10)
        assert not any(thread.is_alive() for thread in left)
        assert len(host.asked) == 1


def test_a_row_that_alone_is_refused_for_its_size_does_not_hold_up_the_others(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS)
    with hosted(lambda p: again(429) if p == "q3" else p) as (client, _):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=4, max_retries=3)
    assert (capture.answered, capture.failed, capture.failures[0].line) == (29, 1, 4)


def test_who_looks_at_the_log_sees_that_the_host_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with hosted(lambda p: again(429) if len(host.asked) < 2 else p) as (client, host):
        answers(client, "m", written(tmp_path / "in", [{"prompt": "q"}]), tmp_path / "out")
    assert [record.message for record in caplog.records] == ["trying again: the server answered 429"]


def refused(words: str, param: str | None, code: str | None = None) -> bytes:
    return reply(400, {"error": {"message": words, "type": "invalid", "param": param, "code": code}})


@pytest.mark.parametrize(
    ("words", "param", "code"),
    [
        ("logprobs are not available for this model", None, None),
        ("You are not allowed to request logprobs from this model", None, None),
        ("Unsupported parameter", "top_logprobs", "unsupported_parameter"),
        ("no", "logprobs", "unsupported_value"),
    ],
)
def test_a_host_without_log_probabilities_is_asked_without_them(
    words: str, param: str | None, code: str | None, tmp_path: Path
) -> None:
    source = written(tmp_path / "in", PROMPTS[:5])
    refusal = refused(words, param, code)
    told: list[str] = []
    with hosted(lambda p: refusal if "logprobs" in host.asked[-1] else p) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=1, tell=told.append, max_retries=0)
        assert (capture.answered, len(host.asked)) == (5, 6)
        assert told[1:] == [f"the host refuses logprobs ({words}); asked without it"]
        assert (answers(client, "m", source, tmp_path / "out").asked, len(host.asked)) == (0, 6)
        assert plan("m", source, tmp_path / "out").to_ask == 0


def test_a_chat_host_without_log_probabilities_is_asked_without_any_word_of_them(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"messages": [{"role": "user", "content": "q"}]}])
    refusal = refused("no", "logprobs", "unsupported_parameter")
    with hosted(lambda p: refusal if "logprobs" in host.asked[-1] else p) as (client, host):
        assert answers(client, "m", source, tmp_path / "out", logprobs=3).complete
    assert [body.get("top_logprobs") for body in host.asked] == [3, None]


def test_too_many_log_probabilities_are_the_users_to_mend(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS[:3])
    much = refused("20 is greater than the maximum of 5 for logprobs", "logprobs", "integer_above_max_value")
    with hosted(lambda p: much if host.asked[-1].get("logprobs") == 20 else p) as (client, host):
        assert answers(client, "m", source, tmp_path / "out", logprobs=20).failed == 3
        assert answers(client, "m", source, tmp_path / "out", logprobs=5).answered == 3
    assert all("logprobs" in body for body in host.asked)


@pytest.mark.parametrize("code", ["content_filter", None])
def test_a_prompt_about_log_probabilities_loses_nobody_theirs(code: str | None, tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "explain logprobs"}, *PROMPTS[:3]])
    filtered = refused("'explain logprobs' is not allowed", None, code)
    with hosted(lambda p: filtered if "logprobs" in p else p) as (client, _):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=1)
    assert (capture.answered, capture.failed) == (3, 1)
    assert all("logprobs" in line["parameters"] for line in lines(tmp_path / "out")[1:])


def test_a_refusal_holds_for_one_run_only(tmp_path: Path) -> None:
    refusal = refused("no", "logprobs", "unsupported_parameter")
    with hosted(lambda p: refusal if "logprobs" in host.asked[-1] else p) as (client, host):
        answers(client, "m", written(tmp_path / "a", PROMPTS[:2]), tmp_path / "out", concurrency=1)
    with hosted(lambda p: p) as (client, host):
        answers(client, "m", written(tmp_path / "b", PROMPTS[:4]), tmp_path / "out")
    assert [line["parameters"].get("logprobs") for line in lines(tmp_path / "out")] == [None, None, 0, 0]


def test_answers_stay_found_whatever_a_host_refuses_later(tmp_path: Path) -> None:
    no_logprobs = refused("no", "logprobs", "unsupported_parameter")
    no_temperature = refused("no", "temperature", "unsupported_value")

    def says(prompt: str) -> str | bytes:
        if "logprobs" in host.asked[-1]:
            return no_logprobs
        return no_temperature if prompt == "q3" and "temperature" in host.asked[-1] else prompt

    with hosted(says) as (client, host):
        answers(client, "m", written(tmp_path / "a", PROMPTS[:3]), tmp_path / "out", concurrency=1)
        capture = answers(client, "m", written(tmp_path / "b", PROMPTS[:4]), tmp_path / "out", concurrency=1)
        assert (capture.asked, capture.answered) == (1, 4)
        assert answers(None, "m", tmp_path / "b", tmp_path / "out").answered == 4
    assert ["temperature" in line["parameters"] for line in lines(tmp_path / "out")] == [True, True, True, False]


def test_a_field_that_is_refused_even_when_it_is_left_out_is_not_asked_for_ever(tmp_path: Path) -> None:
    refusal = refused("no", "logprobs", "unsupported_parameter")
    with hosted(lambda _: refusal) as (client, host):
        extra = {"logprobs": 1}
        capture = answers(client, "m", written(tmp_path / "in", [{"prompt": "q"}]), tmp_path / "out", extra_body=extra)
        assert (capture.failed, len(host.asked)) == (1, 2)


def test_completions_know_no_newer_name_of_max_tokens(tmp_path: Path) -> None:
    refusal = refused("Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter")
    with hosted(lambda _: refusal) as (client, host):
        assert answers(client, "m", written(tmp_path / "in", [{"prompt": "q"}]), tmp_path / "out").failed == 1
        assert len(host.asked) == 2


def test_another_model_is_another_question(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS[:3])
    with hosted(lambda p: host.asked[-1]["model"]) as (client, host):
        answers(client, "one", source, tmp_path / "out", cache=tmp_path / "c")
        assert answers(client, "two", source, tmp_path / "out", cache=tmp_path / "c").asked == 3
    assert {line["answer"] for line in lines(tmp_path / "out")} == {"two"}


def test_zero_is_zero_however_it_is_written(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS[:3])
    with hosted(lambda p: p) as (client, _):
        answers(client, "m", source, tmp_path / "out", top_p=1)
        assert answers(client, "m", source, tmp_path / "out", temperature=0.0, top_p=1.0).asked == 0


def test_the_answers_of_one_host_are_not_taken_for_those_of_another(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", PROMPTS[:3]), tmp_path / "out"
    with hosted(lambda p: p) as (client, _):
        answers(client, "m", source, out)
        before = out.read_bytes()
        other = Client(base_url="https://elsewhere.example/v1", api_key=KEY)
        told = (
            r"has answers of this machine, and the client asks https://elsewhere\.example/v1; name another file for "
            r"the cache \(cache=, --cache\)"
        )
        with other, pytest.raises(errors.DataError, match=told):
            answers(other, "m", source, out)
        assert answers(client.with_options(), "m", source, out).asked == 0
    assert out.read_bytes() == before
    with hosted(lambda p: p) as (client, _):  # at another port, but on this machine
        assert answers(client, "m", source, out).asked == 0


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("", "this machine"),
        ("http://localhost:8000/v1", "this machine"),
        ("http://127.0.0.9:1/v1", "this machine"),
        ("http://[::1]:8000/v1", "this machine"),
        ("http://0.0.0.0:8000/v1", "this machine"),
        ("https://API.openai.com/v1/", "https://api.openai.com/v1"),
        ("https://h.example:8443/v1", "https://h.example:8443/v1"),
        ("http://10.0.0.1/v1", "http://10.0.0.1/v1"),
    ],
)
def test_a_host_by_its_name(address: str, name: str) -> None:
    assert host_of(address) == name


def test_a_refusal_that_comes_several_times_at_once_is_told_once(tmp_path: Path) -> None:
    late: Answer = [Pause(0.1), refused("no logprobs", "logprobs", "unsupported_parameter")]
    told: list[str] = []
    with hosted(lambda p: late if "logprobs" in host.asked[-1] else p) as (client, host):
        answers(client, "m", written(tmp_path / "in", PROMPTS[:8]), tmp_path / "out", tell=told.append)
    assert sum("logprobs" in body for body in host.asked) > 1
    assert len(told) == 2


def test_answers_from_before_a_refusal_are_still_found(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS[:4])
    refusal = refused("no logprobs today", "logprobs", "unsupported_parameter")
    with hosted(lambda p: refusal if len(host.asked) > 2 and "logprobs" in host.asked[-1] else p) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=1)
    assert capture.answered == 4
    assert ["logprobs" in line["parameters"] for line in lines(tmp_path / "out")] == [True, True, False, False]


def test_a_host_with_the_newer_name_of_max_tokens_is_asked_with_it(tmp_path: Path) -> None:
    user = [{"role": "user", "content": "q"}]
    source = written(tmp_path / "in", [{"messages": user}])
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    refusal = refused(words, "max_tokens", "unsupported_parameter")
    with hosted(lambda p: refusal if "max_tokens" in host.asked[-1] else p) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", max_tokens=9, logprobs=False)
    assert host.asked[-1] == {"model": "m", "messages": user, "temperature": 0, "max_completion_tokens": 9}
    assert capture.notes == (f"the host refuses max_tokens ({words}); asked with max_completion_tokens instead",)


def test_a_host_that_only_samples_is_asked_without_a_temperature(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"messages": [{"role": "user", "content": "q"}]}])
    refusal = refused("Unsupported value: 0", "temperature", "unsupported_value")
    with hosted(lambda p: refusal if "temperature" in host.asked[-1] else p) as (client, host):
        answers(client, "m", source, tmp_path / "out")
    assert "temperature" not in host.asked[-1]


@pytest.mark.parametrize(
    ("row", "words", "status", "api"),
    [
        ({"prompt": "q"}, "This is a chat model and not supported in the v1/completions endpoint.", 404, "chat"),
        ({"prompt": "q"}, "Did you mean to use v1/chat/completions?", 400, "chat"),
        (
            {"messages": [{"role": "user", "content": "q"}]},
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
            404,
            "completions",
        ),
    ],
)
def test_a_model_of_the_other_endpoint_is_told(
    row: dict[str, object], words: str, status: int, api: str, tmp_path: Path
) -> None:
    told = rf"ask it with api='{api}' \(--api {api}\)"
    with hosted(lambda _: no(status, words)) as (client, _), pytest.raises(errors.Unsupported, match=told):
        answers(client, "m", written(tmp_path / "in", [row]), tmp_path / "out")


def test_a_conversation_with_an_unknown_model_is_not_taken_for_one_of_the_other_endpoint(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"messages": [{"role": "user", "content": "q"}]}])
    with hosted(lambda _: no(404, "none")) as (client, _), pytest.raises(errors.NotFoundError, match="none"):
        answers(client, "m", source, tmp_path / "out")


def test_without_a_client_what_there_is_is_written(tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", PROMPTS), tmp_path / "out"
    with hosted(lambda prompt: prompt) as (client, _):
        answers(client, "m", source, out, limit=10)
    capture = answers(None, "m", source, out)
    assert (capture.answered, capture.failed, capture.asked) == (10, 20, 0)
    assert lines(out)[10]["error"] == {
        "type": "NotAsked",
        "message": "it was not asked, for want of a client (--offline)",
    }


def test_a_plan_says_what_would_be_asked_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [*PROMPTS, PROMPTS[0], {"prompt": 1}])
    found = plan("m", source, tmp_path / "out")
    assert (found.rows, found.unaskable, found.cached, found.to_ask) == (32, 1, 0, 30)
    assert (found.most_completion_tokens, found.exact) == (256 * 30, False)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    with hosted(lambda prompt: prompt) as (client, _):
        answers(client, "m", source, tmp_path / "out", limit=10)
    found = plan("m", source, tmp_path / "out")
    assert (found.cached, found.to_ask) == (11, 20)
    assert (found.prompt_tokens, found.most_completion_tokens) == (20, 256 * 20)  # about one for each


def test_ctrl_c_keeps_what_is_on_its_way(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS)

    def interrupted(now: Progress) -> None:
        if now.asked >= 5:
            raise KeyboardInterrupt

    with hosted(lambda prompt: prompt) as (client, host):
        with pytest.raises(KeyboardInterrupt) as caught:
            answers(client, "m", source, tmp_path / "out", on_progress=interrupted, concurrency=1)
        had = len(host.asked)
        assert caught.value.__notes__[0].startswith(f"{had} answers of this run are kept")
        assert answers(client, "m", source, tmp_path / "out").asked == 30 - had


def test_openft_finds_it_and_its_fake_answers(tmp_path: Path) -> None:
    api = FakeAPI()
    source = written(tmp_path / "in", PROMPTS)
    api.answer_with({f"q{number}": f"a{number}" for number in range(30)})
    capture = openft.capture.answers(api.client(), "babbage-002", source, tmp_path / "out")
    assert capture.exact_match == 1


def test_what_is_only_read_may_be_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, cache = written(tmp_path / "in", PROMPTS[:3]), tmp_path / "sealed" / "c"
    cache.parent.mkdir()
    with hosted(lambda prompt: prompt) as (client, _):
        answers(client, "m", source, tmp_path / "out", cache=cache)
    before = cache.read_bytes()
    cache.chmod(0o444)
    cache.parent.chmod(0o555)
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "sealed" not in str(path) and may(path, mode))  # for root too
    assert answers(None, "m", source, tmp_path / "out", cache=cache).answered == 3
    assert (cache.read_bytes(), [path.name for path in cache.parent.iterdir()]) == (before, ["c"])
    monkeypatch.undo()
    cache.parent.chmod(0o755)
    assert plan("m", source, tmp_path / "out", cache=cache).cached == 3


def test_without_a_client_and_without_a_cache_none_is_made(tmp_path: Path) -> None:
    assert answers(None, "m", written(tmp_path / "in", PROMPTS), tmp_path / "out").failed == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_cache_that_was_only_just_begun_is_read_as_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "c").touch()
    assert plan("m", written(tmp_path / "in", PROMPTS), tmp_path / "out", cache=tmp_path / "c").to_ask == 30
    assert (tmp_path / "c").read_bytes() == b""


def test_a_cache_of_something_else_is_refused_when_it_is_only_read_too(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "c") as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()
    with pytest.raises(errors.DataError, match="is a database of something else"):
        plan("m", written(tmp_path / "in", PROMPTS), tmp_path / "out", cache=tmp_path / "c")
