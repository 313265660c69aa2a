"""A capture from its beginning to its end, against hosts over real sockets."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import openft
from capture.hosts import completion, hosted, lines, message, no, written
from loopback import Answer, Pause, again, refusal, reply
from openft import errors
from openft.capture import Progress, answers, plan
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


@pytest.mark.parametrize(
    ("words", "param"),
    [("logprobs are not available for this model", None), ("Unsupported value", "top_logprobs"), ("no", "logprobs")],
)
def test_a_host_without_log_probabilities_is_asked_without_them(words: str, param: str | None, tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS[:5])
    refusal = refused(words, param)
    told: list[str] = []
    with hosted(lambda p: refusal if "logprobs" in host.asked[-1] else p) as (client, host):
        capture = answers(client, "m", source, tmp_path / "out", concurrency=1, tell=told.append, max_retries=0)
        assert (capture.answered, len(host.asked)) == (5, 6)
        assert told[1:] == [f"the host refuses logprobs ({words}); asked without it"]
        again = answers(client, "m", source, tmp_path / "out")
        assert (again.asked, len(host.asked)) == (0, 6)
        assert told[1] in again.notes
        assert plan("m", source, tmp_path / "out").to_ask == 0


def refused(words: str, param: str | None, code: str | None = None) -> bytes:
    return reply(400, {"error": {"message": words, "type": "invalid", "param": param, "code": code}})


def test_a_host_that_refuses_many_log_probabilities_is_asked_for_fewer_the_next_time(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [{"prompt": "q"}])
    refusal = refused("logprobs: 20 is more than 5", "logprobs")
    with hosted(lambda p: refusal if host.asked[-1].get("logprobs") == 20 else p) as (client, host):
        answers(client, "m", source, tmp_path / "out", logprobs=20)
        answers(client, "m", source, tmp_path / "out", logprobs=5)
    assert [body.get("logprobs") for body in host.asked] == [20, None, 5]


def test_a_refusal_that_comes_several_times_at_once_is_told_once(tmp_path: Path) -> None:
    late: Answer = [Pause(0.1), refused("no logprobs", "logprobs")]
    told: list[str] = []
    with hosted(lambda p: late if "logprobs" in host.asked[-1] else p) as (client, host):
        answers(client, "m", written(tmp_path / "in", PROMPTS[:8]), tmp_path / "out", tell=told.append)
    assert sum("logprobs" in body for body in host.asked) > 1
    assert len(told) == 2


def test_answers_from_before_a_refusal_are_still_found(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PROMPTS[:4])
    refusal = refused("no logprobs today", "logprobs")
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
    assert lines(out)[10]["error"] == {"type": "NotAsked", "message": "it was not asked; the same command asks it"}


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
