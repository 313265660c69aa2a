"""Chat completions, plain and in pieces."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest

from _async.support import client_of
from loopback import CLOSE, DONE, HANG, RESET, Answer, Loopback, Pause, again, event, refusal, reply, stream
from openft import APIConnectionError, APIError, APIResponseValidationError, BadRequestError, ConfigError, NotFoundError
from openft._async.chat import Message
from openft.types import ChatCompletionMessage, ChatMessage

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "안녕"}]
CALL = {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Seoul"}'}}
ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "ada",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "네", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 2,
        "completion_tokens": 1,
        "total_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    },
    "service_tier": "default",
    "system_fingerprint": None,
}


def answered(**message: Any) -> bytes:
    """Return the answer with this message."""
    choice = {**ANSWER["choices"][0], "message": {"role": "assistant", **message}}
    return reply(200, {**ANSWER, "choices": [choice]})


def chunk(*choices: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a piece as hosts send it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "ada",
        "choices": list(choices),
        **fields,
    }


def piece(delta: dict[str, Any], finish_reason: str | None = None, index: int = 0) -> bytes:
    """Return the event for a piece of a message."""
    return event(chunk({"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}))


def chunked(*pieces: bytes, whole: bool = True) -> list[bytes]:
    """Return a stream whose end can be told from a cut."""
    framed = [b"%x\r\n%b\r\n" % (len(each), each) for each in pieces]
    return [stream(transfer_encoding="chunked"), *framed, *([b"0\r\n\r\n"] if whole else [])]


SAID = piece({"content": "a"})
STOP = piece({}, "stop")


@pytest.mark.anyio
async def test_an_answer_is_what_the_model_said() -> None:
    with Loopback([[reply(200, ANSWER)]]) as server:
        async with client_of(server) as client:
            got = await client.chat.completions.create(
                messages=HELLO, model="ada", temperature=0, max_tokens=1, stop=["\n"], metadata={"a": "b"}, n=None
            )
    assert (got.choices[0].message.role, got.choices[0].message.content) == ("assistant", "네")
    assert got.choices[0].finish_reason == "stop"
    assert got.usage is not None
    assert got.usage.prompt_tokens_details is not None
    assert (got.usage.total_tokens, got.usage.prompt_tokens_details.cached_tokens) == (3, 0)
    assert got.to_dict() == ANSWER
    assert server.asked == ["POST /chat/completions"]
    assert server.requests[0].json() == {
        "model": "ada",
        "messages": HELLO,
        "temperature": 0,
        "max_tokens": 1,
        "stop": ["\n"],
        "metadata": {"a": "b"},
    }


@pytest.mark.anyio
async def test_an_answer_may_have_log_probabilities() -> None:
    logprob = {"token": "네", "logprob": -0.1, "bytes": [235, 132, 164], "top_logprobs": [{"token": "", "logprob": -9}]}
    choice = {**ANSWER["choices"][0], "logprobs": {"content": [logprob], "refusal": None}}
    with Loopback([[reply(200, {**ANSWER, "choices": [choice]})]]) as server:
        async with client_of(server) as client:
            got = (
                await client.chat.completions.create(messages=HELLO, model="ada", logprobs=True, top_logprobs=1)
            ).choices
    assert got[0].logprobs is not None
    assert got[0].logprobs.content is not None
    first = got[0].logprobs.content[0]
    assert (first.token, first.logprob, bytes(first.bytes or [])) == ("네", -0.1, "네".encode())
    assert (first.top_logprobs[0].logprob, first.top_logprobs[0].bytes) == (-9, None)


@pytest.mark.anyio
async def test_an_answer_may_lack_most_and_have_null_for_it() -> None:
    sparse = {"id": "x", "choices": [{"index": None, "message": {"content": "a", "role": None}}, {}], "usage": None}
    with Loopback([[reply(200, sparse)]]) as server:
        async with client_of(server) as client:
            got = await client.chat.completions.create(messages=HELLO, model="ada")
    assert (got.choices[0].index, got.choices[0].message.role, got.choices[0].message.content) == (0, "assistant", "a")
    assert (got.choices[1].message.content, got.usage, got.model) == (None, None, "")


@pytest.mark.anyio
async def test_an_answer_keeps_what_nobody_knows() -> None:
    with Loopback([[answered(content="a", reasoning_content="hm")]]) as server:
        async with client_of(server) as client:
            message: Any = (await client.chat.completions.create(messages=HELLO, model="ada")).choices[0].message
    assert message.reasoning_content == "hm"


@pytest.mark.anyio
async def test_tools_are_called_and_the_conversation_goes_on_with_the_message_itself() -> None:
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    with Loopback([[answered(content=None, tool_calls=[CALL])], [reply(200, ANSWER)]]) as server:
        async with client_of(server) as client:
            first = await client.chat.completions.create(messages=HELLO, model="ada", tools=tools, tool_choice="auto")
            message = first.choices[0].message
            assert message.tool_calls is not None
            call = message.tool_calls[0]
            assert call.function is not None
            assert (call.id, call.type, call.function.name) == ("call-1", "function", "weather")
            assert json.loads(call.function.arguments) == {"city": "Seoul"}
            result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
            await client.chat.completions.create(messages=[*HELLO, message, result], model="ada", tools=iter(tools))
    assert server.requests[0].json()["tools"] == server.requests[1].json()["tools"] == tools
    said = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert server.requests[1].json()["messages"] == [*HELLO, said, result]


@pytest.mark.anyio
async def test_messages_may_be_any_series_of_anything_like_a_message() -> None:
    message = ChatCompletionMessage.model_validate({"content": "a", "tool_calls": [CALL]})
    parts = ({"type": "text", "text": word} for word in ("b", "c"))
    with Loopback([[reply(200, ANSWER)]]) as server:
        async with client_of(server) as client:
            messages: list[Message] = [
                {"role": "assistant", "tool_calls": message.tool_calls},
                MappingProxyType({"role": "user", "content": parts}),
                ChatMessage(role="user", content="d"),
            ]
            await client.chat.completions.create(messages=iter(messages), model="ada")
    assert server.requests[0].json()["messages"] == [
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]},
        {"role": "user", "content": "d"},
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "value", [b"x", {1, 2}, object(), float("nan"), "\ud800"], ids=["bytes", "set", "object", "nan", "half"]
)
async def test_what_json_has_nothing_for_is_refused_before_it_is_sent(value: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="cannot be written as JSON"):
                await client.chat.completions.create(messages=[{"role": "user", "content": value}], model="ada")
    assert server.requests == []


@pytest.mark.anyio
async def test_a_conversation_within_itself_is_refused() -> None:
    circle: dict[str, Any] = {"role": "user"}
    circle["content"] = [circle]
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="cannot be written as JSON"):
                await client.chat.completions.create(messages=[circle], model="ada")


# Pieces


@pytest.mark.anyio
async def test_pieces_come_as_they_are_made_and_the_usage_last() -> None:
    usage = event(chunk(usage=ANSWER["usage"]))
    said: Answer = [
        piece({"role": "assistant", "content": ""}),
        Pause(0.05),
        piece({"content": "네"}),
        piece({}, "stop"),
    ]
    with Loopback([[stream(), *said, usage, DONE, HANG]]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(
                messages=HELLO, model="ada", stream=True, stream_options={"include_usage": True}
            )
            got = [each async for each in pieces]
            assert server.left.acquire(timeout=5)
    assert [each.choices[0].delta.content for each in got[:-1]] == ["", "네", None]
    assert [each.choices[0].finish_reason for each in got[:-1]] == [None, None, "stop"]
    assert got[-1].choices == []
    assert got[-1].usage is not None
    assert got[-1].usage.total_tokens == 3
    sent = {"model": "ada", "messages": HELLO, "stream": True, "stream_options": {"include_usage": True}}
    assert server.requests[0].json() == sent
    assert server.requests[0].headers["accept"] == "text/event-stream"


@pytest.mark.anyio
async def test_a_tool_call_comes_in_pieces_too() -> None:
    name = {"index": 0, "id": "call-1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    rest = [{"index": 0, "function": {"arguments": text}} for text in ('{"city"', ': "Seoul"}')]
    calls = [piece({"tool_calls": [each]}) for each in (name, *rest)]
    with Loopback([[stream(*calls, piece({}, "tool_calls"), DONE), CLOSE]]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
            deltas = [each.choices[0].delta.tool_calls async for each in pieces]
    told = [each[0].function for each in deltas if each]
    assert "".join(each.arguments or "" for each in told if each) == '{"city": "Seoul"}'
    assert deltas[0] is not None
    assert (deltas[0][0].id, deltas[0][0].index) == ("call-1", 0)
    assert deltas[-1] is None


@pytest.mark.anyio
async def test_a_stream_may_come_byte_by_byte() -> None:
    sent = piece({"content": "네"}) + piece({}, "stop") + DONE
    with Loopback([[stream(), *(sent[place : place + 1] for place in range(len(sent))), CLOSE]]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
            assert [each.choices[0].delta.content async for each in pieces] == ["네", None]


@pytest.mark.anyio
@pytest.mark.parametrize("pause", [0.0, 0.01])
async def test_a_stream_read_to_its_end_leaves_its_connection_to_the_next(pause: float) -> None:
    answer: Answer = [*chunked(SAID, STOP, DONE, whole=False), Pause(pause), b"0\r\n\r\n"]
    with Loopback([answer] * 3) as server:
        async with client_of(server) as client:
            for _ in range(3):
                pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
                assert len([each async for each in pieces]) == 2
    assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.anyio
@pytest.mark.parametrize("end", [HANG, RESET, CLOSE, b"zz"])
async def test_what_comes_behind_done_is_nobodys_business(end: Any) -> None:
    with Loopback([[*chunked(SAID, STOP, DONE, whole=False), Pause(0.02), end, HANG]]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
            assert len([each async for each in pieces]) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["fin", "reset"])
async def test_a_stream_that_is_cut_off_is_an_error_after_its_pieces(end: Any) -> None:
    with Loopback([[stream(piece({"content": "a"}), piece({"content": "b"})[:30]), Pause(0.1), end]]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
            assert (await anext(pieces)).choices[0].delta.content == "a"
            with pytest.raises(APIConnectionError, match="cut off"):
                await anext(pieces)
            assert [each async for each in pieces] == []
    assert len(server.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "options"),
    [
        ([stream(SAID, STOP), CLOSE], {}),
        (chunked(SAID, STOP), {}),
        ([stream(SAID, STOP, piece({}, "length", index=1)), CLOSE], {"n": 2}),
        ([stream(SAID, STOP, event(chunk(usage={}))), CLOSE], {"stream_options": {"include_usage": True}}),
        ([stream(SAID, STOP), CLOSE], {"stream_options": {"include_usage": False}}),
        ([stream(SAID, b"data: [DONE] \n\n"), CLOSE], {"n": 2}),
    ],
    ids=["closed", "chunked", "two choices", "usage", "no usage", "done"],
)
async def test_a_stream_that_has_all_of_its_choices_is_over(answer: Answer, options: Any) -> None:
    with Loopback([answer]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True, **options)
            got = [each async for each in pieces]
            assert got[0].choices[0].delta.content == "a"
            assert [each async for each in pieces] == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "options"),
    [
        ([stream(SAID), CLOSE], {}),
        ([stream(), CLOSE], {}),
        (chunked(SAID), {}),
        ([*chunked(SAID, STOP, whole=False), CLOSE], {}),
        ([stream(SAID, STOP), Pause(0.1), RESET], {}),
        ([stream(SAID, STOP), CLOSE], {"n": 2}),
        ([stream(SAID, STOP), CLOSE], {"extra_body": {"n": 2}}),
        ([stream(SAID, STOP), CLOSE], {"stream_options": {"include_usage": True}}),
    ],
    ids=["closed", "nothing", "chunked", "cut chunks", "reset", "two choices", "two more", "usage"],
)
async def test_a_stream_that_lacks_something_is_cut_off(answer: Answer, options: Any) -> None:
    with Loopback([answer]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True, **options)
            with pytest.raises(APIConnectionError, match="cut off"):
                assert len([each async for each in pieces]) < 0


@pytest.mark.anyio
async def test_signs_of_life_are_no_pieces() -> None:
    pings = [b": ping\n\n", b"event: ping\ndata: {}\n\n", b"data:\n\n", b"data: \n\n", b"event: ping\ndata: now\n\n"]
    with Loopback([[stream(*pings, SAID, *pings, STOP, DONE), CLOSE]]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
            assert [each.choices[0].delta.content async for each in pieces] == ["a", None]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (event({"error": {"message": "the model fell over", "code": "crash"}}), APIError, "the model fell over"),
        (b"event: error\n" + event({"error": {"message": "fell over"}}), APIError, "fell over"),
        (event(chunk(error={"message": "the model fell over"})), APIError, "the model fell over"),
        (event({"text": "x"}), APIResponseValidationError, "not what the API promises"),
        (event([]), APIResponseValidationError, "not what the API promises"),
        (b"event: error\ndata: {}\n\n", APIResponseValidationError, "not what the API promises"),
        (b'data: {"id": "x", "cho\n\n', APIResponseValidationError, "not what the API promises"),
    ],
    ids=range(7),
)
async def test_an_error_within_a_stream_ends_it(data: bytes, kind: type[APIError], words: str) -> None:
    with Loopback([[stream(piece({"content": "a"}), data), HANG]]) as server:
        async with client_of(server) as client:
            pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
            await anext(pieces)
            with pytest.raises(kind, match=words):
                await anext(pieces)
            assert server.left.acquire(timeout=5)
            assert [each async for each in pieces] == []


@pytest.mark.anyio
async def test_leaving_a_stream_early_closes_the_connection() -> None:
    with Loopback([[stream(piece({"content": "a"}), piece({"content": "b"})), HANG]]) as server:
        async with client_of(server) as client:
            async with await client.chat.completions.create(messages=HELLO, model="ada", stream=True) as pieces:
                async for _ in pieces:
                    break
            assert server.left.acquire(timeout=5)


@pytest.mark.anyio
async def test_an_answer_that_is_no_stream_is_an_error() -> None:
    with Loopback([[reply(200, ANSWER)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="is no event stream"):
                await client.chat.completions.create(messages=HELLO, model="ada", stream=True)


# What a model or a server may say instead


@pytest.mark.anyio
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_model_that_is_still_loading_is_waited_for(streamed: bool) -> None:
    last: Answer = [stream(piece({}, "stop"), DONE), CLOSE] if streamed else [reply(200, ANSWER)]
    answers: list[Answer] = [*[[again(429, code="model_not_ready")]] * 5, last]
    with Loopback(answers) as server:
        async with client_of(server) as client:
            if streamed:
                pieces = await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
                assert len([each async for each in pieces]) == 1
            else:
                assert (await client.chat.completions.create(messages=HELLO, model="ada")).id == "chatcmpl-1"
    assert len(server.requests) == 6


@pytest.mark.anyio
async def test_no_such_model_is_the_servers_error() -> None:
    with Loopback([[refusal(404, "no such model")]] * 2) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError, match="no such model"):
                await client.chat.completions.create(messages=HELLO, model="ada", stream=True)
            with pytest.raises(NotFoundError, match="no such model"):
                await client.chat.completions.create(messages=HELLO, model="ada")


@pytest.mark.anyio
async def test_an_unknown_keyword_is_the_servers_to_judge() -> None:
    unknown: Any = {"temprature": 1}
    with Loopback([[refusal(400, "unknown parameter temprature")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(BadRequestError, match="temprature"):
                await client.chat.completions.create(messages=HELLO, model="ada", **unknown)
    assert server.requests[0].json() == {"model": "ada", "messages": HELLO, "temprature": 1}
