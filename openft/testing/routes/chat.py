"""``/v1/chat/completions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from openft.data.rows import ROLES
from openft.testing.answers import LIKELY, Text, answer, limited
from openft.testing.asking import parse
from openft.testing.http import Answer, Asked, Pieces, Refusal, Wire
from openft.testing.naming import new_stem
from openft.testing.routes.completions import usage_of
from openft.testing.routes.streams import DONE, frame, stream
from openft.testing.routes.table import Route
from openft.types.requests import ChatCompletionCreate

if TYPE_CHECKING:
    from openft.testing.world import World


def create(world: World, asked: Asked) -> Wire | Answer:
    """Return a model's answers to a conversation."""
    body = parse(ChatCompletionCreate, asked.body)
    _check_roles(body.messages)
    spoken = [_text(message.get("content")) for message in body.messages]
    said = answer(world, body.model, spoken[-1], body.messages)
    text = limited(said, body.max_completion_tokens or body.max_tokens, body.stop)
    shared = {"id": f"chatcmpl-{new_stem()}", "created": int(world.now), "model": body.model}
    usage = usage_of(spoken, [text] * body.n)
    if body.stream:
        wanted = (body.stream_options or {}).get("include_usage")
        return stream(_pieces({**shared, "object": "chat.completion.chunk"}, text, body.n, usage if wanted else None))
    choices: list[Wire] = [
        {
            "index": index,
            "message": {"role": "assistant", "content": text.text, "refusal": None, "annotations": []},
            "logprobs": _logprobs(text) if body.logprobs else None,
            "finish_reason": text.finish_reason,
        }
        for index in range(body.n)
    ]
    return {**shared, "object": "chat.completion", "choices": choices, "usage": usage}


def _check_roles(messages: list[dict[str, Any]]) -> None:
    """Refuse a message of nobody who can speak.

    Raises:
        Refusal: 400, its role is none.
    """
    for place, message in enumerate(messages):
        param = f"messages[{place}].role"
        if "role" not in message:
            raise Refusal(400, f"{param} is missing; it is required", param=param, code="missing_parameter")
        if message["role"] not in ROLES:
            told = f"{param} is {message['role']!r:.80}; it should be {', '.join(ROLES[:-1])} or {ROLES[-1]}"
            raise Refusal(400, told, param=param, code="invalid_value")


def _text(content: object) -> str:
    """Return a message's text; content may come in parts."""
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return "".join(part.get("text", "") for part in parts)
    return content if isinstance(content, str) else ""


def _logprobs(text: Text) -> Wire:
    told = [{"token": token, "logprob": LIKELY, "bytes": list(token.encode())} for token in text.tokens]
    return {"content": [{**entry, "top_logprobs": [entry]} for entry in told], "refusal": None}


def _pieces(shared: Wire, text: Text, n: int, usage: Wire | None) -> Pieces:
    def piece(index: int, delta: Wire, finish_reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return frame({**shared, "choices": [choice]})

    for index in range(n):
        yield piece(index, {"role": "assistant", "content": ""})
        for token in text.tokens:
            yield piece(index, {"content": token})
        yield piece(index, {}, text.finish_reason)
    if usage is not None:
        yield frame({**shared, "choices": [], "usage": usage})
    yield DONE


ROUTES = (Route("POST", "/chat/completions", create),)
