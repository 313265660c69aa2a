"""Answers a generation request token by token, giving way to other requests after each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import torch
from torch import Tensor

from openft.server.engine.answer import Answer, Score
from openft.server.engine.bases import LoadedModel, output_head
from openft.server.engine.reading import Reader
from openft.server.engine.training import derive_seed
from openft.server.generation import Choice, Chunk, Done, Failed, Generate

ROWS = 64  # answers that grow side by side; more wait
READ = 16_384  # prompt tokens, padding included, that are read in one turn, which is under a second for a small base
MOST_TOKENS = 1_000_000  # of all answers to a request, which are in memory together
MOST_SCORED = 100_000  # of them with log-probabilities, which take some 300 bytes a token, at worst 2,000
COLDEST = 1e-4  # lower temperatures are 0


class Refused(ValueError):  # noqa: N818 - read as a statement
    """A request cannot be carried out."""

    def __init__(self, ask: Generate, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.reply: Failed = Failed(id=ask.id, status=400, message=message, code=code, param=param)


def generate(loaded: LoadedModel, ask: Generate) -> Iterator[Chunk | Done | None]:
    """Yield the replies to a request, and None where others may have their turn.

    Raises:
        Refused: The prompts do not fit, or hold no tokens of this model.
    """
    prompts = read_prompts(loaded, ask)
    seed = secrets.randbits(62) if ask.seed is None else ask.seed
    choices: list[Choice] = []
    written = 0
    for places in groups(prompts, ask.n):
        group = [prompts[place] for place in places]
        answers = [answer for place in places for answer in begin(loaded, ask, place, prompts[place])]
        for _ in grow(loaded, ask, group, answers, seed):
            if ask.stream:
                yield from (Chunk(id=ask.id, choice=answer.take()) for answer in answers if answer.has_news)
            yield None
        choices += [] if ask.stream else [answer.take() for answer in answers]
        written += sum(answer.tokens for answer in answers)
    yield Done(id=ask.id, choices=choices, prompt_tokens=sum(map(len, prompts)), completion_tokens=written)


def read_prompts(loaded: LoadedModel, ask: Generate) -> list[list[int]]:
    """Return the prompts' tokens; an empty prompt is the end of another text.

    Raises:
        Refused: There is no prompt, one does not fit or holds unknown tokens, or the answers could be too long.
    """
    codec, size = loaded.codec, loaded.model.config.vocab_size
    prompts = [codec.encode(prompt) if isinstance(prompt, str) else prompt for prompt in ask.prompts]
    if not prompts:
        raise Refused(ask, "there is no prompt; give a text or token ids", param="prompt")
    for prompt in prompts:
        if wrong := [token for token in prompt if not 0 <= token < size]:
            message = f"token id {wrong[0]} is out of range; the model's tokens are 0 to {size - 1}"
            raise Refused(ask, message, param="prompt")
        asked = max(1, len(prompt)) + ask.max_tokens
        if asked > loaded.context:
            message = (
                f"This model's maximum context length is {loaded.context} tokens, however you requested {asked} tokens "
                f"({asked - ask.max_tokens} in your prompt; {ask.max_tokens} for the completion). "
                "Please reduce your prompt; or completion length."
            )
            raise Refused(ask, message, code="context_length_exceeded", param="prompt")
    _refuse_too_much(ask, sum(map(len, prompts)))
    return [prompt or [codec.end] for prompt in prompts]


def _refuse_too_much(ask: Generate, given: int) -> None:
    asked = ask.n * (len(ask.prompts) * ask.max_tokens + (given if ask.echo else 0))
    most = MOST_TOKENS if ask.logprobs is None else MOST_SCORED
    if asked > most:
        scored = "" if ask.logprobs is None else " with log-probabilities"
        message = f"the answers could take {asked} tokens, more than the {most} tokens{scored} that a request may have"
        raise Refused(ask, f"{message}; ask for fewer at once", param="n" if ask.n > 1 else "prompt")


def groups(prompts: list[list[int]], n: int) -> Iterator[range]:
    """Yield the places of prompts that are answered side by side."""
    start = longest = 0
    for place, prompt in enumerate(prompts):
        longest = max(longest, len(prompt))
        count = place - start + 1
        if place > start and (count * n > ROWS or count * longest > READ):
            yield range(start, place)
            start, longest = place, len(prompt)
    yield range(start, len(prompts))


def begin(loaded: LoadedModel, ask: Generate, place: int, prompt: list[int]) -> list[Answer]:
    """Return a prompt's answers, for which nothing was generated yet."""
    given = prompt if ask.prompts[place] else []
    length = len(b"".join(map(loaded.codec.raw, given)).decode(errors="replace"))
    echoed = score_prompt(loaded, prompt, ask.logprobs) if ask.echo and given else []
    answers = []
    for index in range(place * ask.n, (place + 1) * ask.n):
        answer = Answer(loaded.codec, index, ask.stop, 0 if ask.echo else length, ask.logprobs is not None)
        answer.echo(echoed)
        answers.append(answer)
    return answers


def grow(
    loaded: LoadedModel, ask: Generate, prompts: list[list[int]], answers: list[Answer], seed: int
) -> Iterator[None]:
    """Let answers grow side by side until all are finished, yielding after each token."""
    if not ask.max_tokens:
        for answer in answers:
            answer.run_out()
        yield
        return
    chances = [torch.Generator().manual_seed(derive_seed(seed, answer.index)) for answer in answers]
    alive = list(range(len(answers)))
    reader = Reader(loaded.model, prompts)
    reader.repeat(ask.n)
    logits = reader.last  # (B, V)
    for count in range(1, ask.max_tokens + 1):
        chosen = choose(logits, ask.temperature, ask.top_p, [chances[row] for row in alive])  # (B,)
        for row, score in zip(alive, scores(logits, chosen, ask.logprobs), strict=True):
            answers[row].add(score)
        kept = [place for place, row in enumerate(alive) if answers[row].finish_reason is None]
        if not kept or count == ask.max_tokens:
            break
        yield
        if len(kept) < len(alive):
            alive, chosen = [alive[place] for place in kept], chosen[kept]
            reader.select(kept)
        logits = reader.read(chosen[:, None])[:, -1]
    for answer in answers:
        answer.run_out()
    yield


def choose(logits: Tensor, temperature: float, top_p: float, chances: list[torch.Generator]) -> Tensor:
    """Return a token for each row of logits (B, V), drawn by its own source; the likeliest at temperature 0."""
    if temperature < COLDEST:
        return logits.argmax(-1)
    ordered, tokens = (logits / temperature).softmax(-1).sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered  # probability of all likelier tokens
    ordered = ordered.masked_fill(before > top_p, 0.0)
    ordered[:, 1:] = ordered[:, 1:].masked_fill(before[:, 1:] >= top_p, 0.0)
    sums = ordered.cumsum(-1)  # (B, V)
    marks = torch.cat([torch.rand(1, generator=chance) for chance in chances])[:, None] * sums[:, -1:]  # (B, 1)
    places = (sums <= marks).sum(-1).minimum((ordered > 0).sum(-1) - 1)
    return tokens.gather(-1, places[:, None])[:, 0]


def scores(logits: Tensor, chosen: Tensor, top: int | None) -> list[Score]:
    """Return each row's chosen token (B,) with its log-probability and the likeliest tokens, from logits (B, V)."""
    if top is None:
        return [Score(token, None, None) for token in chosen.tolist()]
    logprobs = logits.log_softmax(-1)
    own = logprobs.gather(-1, chosen[:, None])[:, 0].tolist()
    values, tokens = logprobs.topk(top)
    rows = zip(chosen.tolist(), own, tokens.tolist(), values.tolist(), strict=True)
    # the chosen token is always among them, so that there may be one more than was asked for
    return [
        Score(token, score, {**dict(zip(ids, best, strict=True)), token: score}) for token, score, ids, best in rows
    ]


@torch.inference_mode()
def score_prompt(loaded: LoadedModel, prompt: list[int], top: int | None) -> list[Score]:
    """Return the prompt's tokens, scored if asked for; the first has nothing before it."""
    first = Score(prompt[0], None, None)
    rest = torch.tensor(prompt[1:], dtype=torch.long)
    if top is None or not len(rest):
        return [first, *(Score(token, None, None) for token in prompt[1:])]
    hidden = loaded.model.base_model(input_ids=torch.tensor([prompt])).last_hidden_state[0, :-1]  # (T - 1, C)
    head = output_head(loaded.model)
    found = [first]
    for part, tokens in zip(torch.split(hidden, ROWS), torch.split(rest, ROWS), strict=True):
        found += scores(head(part).float(), tokens, top)
    return found
