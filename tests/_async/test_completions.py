"""Completions, plain and in pieces."""

from __future__ import annotations

from typing import Any

import pytest

from _async.support import client_of
from loopback import CLOSE, DONE, HANG, RESET, Answer, Loopback, Pause, again, event, refusal, reply, stream
from openft import APIConnectionError, APIError, APIResponseValidationError, APITimeoutError, NotFoundError

ANSWER: dict[str, Any] = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1,
    "model": "ada",
    "choices": [{"text": " yes", "index": 0, "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3},
}


def piece(text: str) -> bytes:
    return event({**ANSWER, "choices": [{"text": text, "index": 0, "finish_reason": None}], "usage": None})


@pytest.mark.anyio
async def test_a_completion_is_the_models_answer() -> None:
    logprobs = {"tokens": [" yes"], "token_logprobs": [-0.1], "top_logprobs": [{" yes": -0.1}], "text_offset": [2]}
    answer = {**ANSWER, "choices": [{"text": " yes", "index": 0, "logprobs": logprobs, "finish_reason": "stop"}]}
    with Loopback([[reply(200, answer)]]) as server:
        async with client_of(server) as client:
            got = await client.completions.create(
                model="ada", prompt="a ->", max_tokens=1, temperature=0, logprobs=2, stop=["\n"], logit_bias={"5": -100}
            )
    assert got.choices[0].text == " yes"
    assert got.choices[0].logprobs is not None
    assert got.choices[0].logprobs.token_logprobs == [-0.1]
    assert got.usage is not None
    assert got.usage.total_tokens == 3
    assert server.asked == ["POST /completions"]
    assert server.requests[0].json() == {
        "model": "ada",
        "prompt": "a ->",
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 2,
        "stop": ["\n"],
        "logit_bias": {"5": -100},
    }


@pytest.mark.anyio
@pytest.mark.parametrize("prompt", ["a", ["a", "b"], [1, 2], [[1], [2, 3]]], ids=str)
async def test_a_prompt_is_sent_as_it_is(prompt: Any) -> None:
    with Loopback([[reply(200, ANSWER)]]) as server:
        async with client_of(server) as client:
            await client.completions.create(model="ada", prompt=prompt, echo=None)
    assert server.requests[0].json() == {"model": "ada", "prompt": prompt}


@pytest.mark.anyio
async def test_an_unknown_keyword_is_the_servers_to_judge() -> None:
    unknown: Any = {"best_off": 3}
    with Loopback([[refusal(400, "unknown parameter best_off")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIError, match="best_off"):
                await client.completions.create(model="ada", **unknown)
    assert server.requests[0].json() == {"model": "ada", "best_off": 3}


@pytest.mark.anyio
async def test_pieces_come_as_they_are_made() -> None:
    with Loopback([[stream(piece("a")), Pause(0.05), piece("b"), b": ping\n\n", piece("c"), DONE, HANG]]) as server:
        async with client_of(server) as client:
            pieces = await client.completions.create(model="ada", prompt="x", stream=True)
            assert [each.choices[0].text async for each in pieces] == ["a", "b", "c"]
            assert [each async for each in pieces] == []
            assert server.left.acquire(timeout=5)
    assert server.requests[0].json() == {"model": "ada", "prompt": "x", "stream": True}
    assert server.requests[0].headers["accept"] == "text/event-stream"


@pytest.mark.anyio
@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["fin", "reset"])
async def test_a_stream_that_is_cut_off_is_an_error_after_its_pieces(end: Any) -> None:
    with Loopback([[stream(piece("a"), piece("b")[:30]), Pause(0.1), end]]) as server:
        async with client_of(server) as client, await client.completions.create(model="ada", stream=True) as pieces:
            assert (await anext(pieces)).choices[0].text == "a"
            with pytest.raises(APIConnectionError, match="cut off"):
                await anext(pieces)
            assert [each async for each in pieces] == []
    assert len(server.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("prompt", "answers"),
    [("a", 1), (None, 1), ([5, 6, 7], 1), ([], 1), (["a", "b"], 2), ([[5], [6, 7], [8]], 3)],
    ids=str,
)
async def test_a_stream_without_done_is_over_when_all_prompts_are_answered(prompt: Any, answers: int) -> None:
    ends = [
        event({**ANSWER, "choices": [{"text": "a", "index": at, "finish_reason": "stop"}]}) for at in range(answers)
    ]
    with Loopback([[stream(*ends), CLOSE], [stream(*ends[1:]), CLOSE]]) as server:
        async with client_of(server) as client:
            pieces = await client.completions.create(model="ada", prompt=prompt, stream=True)
            assert len([each async for each in pieces]) == answers
            pieces = await client.completions.create(model="ada", prompt=prompt, stream=True)
            with pytest.raises(APIConnectionError, match="cut off"):
                assert len([each async for each in pieces]) < 0


@pytest.mark.anyio
async def test_a_stream_that_stops_is_given_up() -> None:
    with Loopback([[stream(piece("a")), HANG]]) as server:
        async with client_of(server, timeout=0.5) as client:
            pieces = await client.completions.create(model="ada", stream=True)
            await anext(pieces)
            with pytest.raises(APITimeoutError):
                await anext(pieces)
            assert server.left.acquire(timeout=5)


@pytest.mark.anyio
async def test_a_stream_may_take_longer_than_the_timeout_while_it_moves() -> None:
    slow = [step for _ in range(5) for step in (Pause(0.2), piece("a"))]
    with Loopback([[stream(), *slow, DONE, CLOSE]]) as server:
        async with client_of(server, timeout=0.7) as client:
            pieces = await client.completions.create(model="ada", stream=True)
            assert len([each async for each in pieces]) == 5


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (event({"error": {"message": "the model fell over", "code": "crash"}}), APIError, "the model fell over"),
        (event({**ANSWER, "error": {"message": "the model fell over"}}), APIError, "the model fell over"),
        (event({"text": "x"}), APIResponseValidationError, "not what the API promises"),
        (b"data: half\n\n", APIResponseValidationError, "not what the API promises"),
    ],
    ids=range(4),
)
async def test_an_error_within_a_stream_ends_it(data: bytes, kind: type[APIError], words: str) -> None:
    with Loopback([[stream(piece("a"), data), HANG]]) as server:
        async with client_of(server) as client:
            pieces = await client.completions.create(model="ada", stream=True)
            await anext(pieces)
            with pytest.raises(kind, match=words):
                await anext(pieces)
            assert server.left.acquire(timeout=5)
            assert [each async for each in pieces] == []


@pytest.mark.anyio
async def test_a_null_error_in_a_piece_is_none() -> None:
    with Loopback([[stream(event({**ANSWER, "error": None}), DONE), CLOSE]]) as server:
        async with client_of(server) as client:
            pieces = await client.completions.create(model="ada", stream=True)
            assert len([each async for each in pieces]) == 1


@pytest.mark.anyio
async def test_leaving_a_stream_early_closes_the_connection() -> None:
    with Loopback([[stream(piece("a"), piece("b")), HANG]]) as server:
        async with client_of(server) as client:
            async with await client.completions.create(model="ada", stream=True) as pieces:
                async for _ in pieces:
                    break
            assert server.left.acquire(timeout=5)
            assert [each async for each in pieces] == []


@pytest.mark.anyio
async def test_an_answer_that_is_no_stream_is_an_error() -> None:
    with Loopback([[reply(200, ANSWER)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="is no event stream") as caught:
                await client.completions.create(model="ada", stream=True)
    assert "cmpl-1" in str(caught.value.body)


@pytest.mark.anyio
async def test_a_stream_is_asked_for_again_before_it_begins() -> None:
    answers: list[Answer] = [[again(429, code="model_not_ready")], [RESET], [stream(piece("a"), DONE), CLOSE]]
    with Loopback(answers) as server:
        async with client_of(server) as client:
            pieces = await client.completions.create(model="ada", stream=True)
            assert len([each async for each in pieces]) == 1


@pytest.mark.anyio
async def test_a_stream_of_no_model_is_the_servers_error() -> None:
    with Loopback([[refusal(404, "no such model")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError, match="no such model"):
                await client.completions.create(model="ada", stream=True)
