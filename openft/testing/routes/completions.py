"""``/v1/completions``, and its older form ``/v1/engines/{engine}/completions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from openft.testing.answers import LIKELY, UNLIKELY, Text, alternatives, answer, limited, tokens_of
from openft.testing.asking import parse
from openft.testing.http import Answer, Asked, Pieces, Refusal, Wire
from openft.testing.naming import new_stem
from openft.testing.routes.streams import DONE, frame, stream
from openft.testing.routes.table import Route
from openft.types.requests import CompletionCreate

if TYPE_CHECKING:
    from openft.testing.world import World


def create(world: World, asked: Asked, engine: str | None = None) -> Wire | Answer:
    """Return a model's completions of prompts."""
    fields = dict(asked.body)
    fields.pop("timeout", None)  # old clients send their own settings along
    named = fields.pop("engine", None)
    body = parse(CompletionCreate, {**fields, "model": engine or fields.get("model") or named})
    prompts = _prompts(body)
    texts = [
        limited(answer(world, body.model, prompt), body.max_tokens, body.stop)
        for prompt in prompts
        for _ in range(body.n)
    ]
    others = alternatives(world, body.model)
    shared = {"id": f"cmpl-{new_stem()}", "object": "text_completion", "created": int(world.now), "model": body.model}
    shown = [_choice(body, prompts[number // body.n], number, text, others) for number, text in enumerate(texts)]
    usage = usage_of(prompts, texts)
    if body.stream:
        return stream(_pieces(shared, shown, texts, usage if _wants_usage(body) else None))
    return {**shared, "choices": shown, "usage": usage}


def usage_of(prompts: list[str], texts: list[Text]) -> Wire:
    """Return the tokens read and written."""
    read, written = sum(len(tokens_of(prompt)) for prompt in prompts), sum(len(text.tokens) for text in texts)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _wants_usage(body: CompletionCreate) -> bool:
    return bool((body.stream_options or {}).get("include_usage"))


def _prompts(body: CompletionCreate) -> list[str]:
    """Return the prompts as texts; token ids have none, and are written out."""
    if isinstance(body.prompt, str):
        return [body.prompt]
    if not body.prompt:
        raise Refusal(400, "prompt: a list of prompts must not be empty", param="prompt")
    if isinstance(body.prompt[0], int):
        return [" ".join(map(str, body.prompt))]
    parts = cast("list[str | list[int]]", body.prompt)
    return [part if isinstance(part, str) else " ".join(map(str, part)) for part in parts]


def _choice(body: CompletionCreate, prompt: str, number: int, text: Text, others: list[str]) -> Wire:
    shown = prompt + text.text if body.echo else text.text
    logprobs = None if body.logprobs is None else _logprobs(body, prompt, text, others)
    return {"text": shown, "index": number, "logprobs": logprobs, "finish_reason": text.finish_reason}


def _logprobs(body: CompletionCreate, prompt: str, text: Text, others: list[str]) -> Wire:
    """Return log-probabilities: high for what is answered, low for what else the model has learnt to begin with."""
    before = tokens_of(prompt) if body.echo else []
    tokens = [*before, *text.tokens]
    top = [{token: LIKELY} for token in tokens]
    if text.tokens:
        rest = [token for token in others if token != text.tokens[0]][: max((body.logprobs or 0) - 1, 0)]
        top[len(before)] |= dict.fromkeys(rest, UNLIKELY)
    offset = 0 if body.echo else len(prompt)
    first = [None] if body.echo else [LIKELY]
    return {
        "tokens": tokens,
        "token_logprobs": [*first, *[LIKELY] * (len(tokens) - 1)] if tokens else [],
        "top_logprobs": [None if body.echo and not place else entry for place, entry in enumerate(top)],
        "text_offset": [offset + len("".join(tokens[:place])) for place in range(len(tokens))],
    }


def _pieces(shared: Wire, choices: list[Wire], texts: list[Text], usage: Wire | None) -> Pieces:
    for choice, text in zip(choices, texts, strict=True):
        for token in tokens_of(choice["text"]):
            piece = {"text": token, "index": choice["index"], "logprobs": None, "finish_reason": None}
            yield frame({**shared, "choices": [piece]})
        end = {"text": "", "index": choice["index"], "logprobs": None, "finish_reason": text.finish_reason}
        yield frame({**shared, "choices": [end]})
    if usage is not None:
        yield frame({**shared, "choices": [], "usage": usage})
    yield DONE


ROUTES = (
    Route("POST", "/completions", create),
    Route("POST", "/engines/*/completions", create),
)
