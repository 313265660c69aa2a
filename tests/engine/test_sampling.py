"""Completions are what the model says, drawn as asked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import pytest
import torch

from openft.server.engine.bases import LoadedModel
from openft.server.engine.sampling import Refused, choose, generate
from openft.server.generation import Choice, Chunk, Done, Generate
from openft.server.jobspec import ModelRef

PROMPTS = ["The quick brown fox", "안녕", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11", ""]


@pytest.fixture
def sharp(loaded: LoadedModel) -> LoadedModel:
    """A model with opinions that are not just its last token: a base's weights give nearly even odds."""
    torch.manual_seed(1)
    loaded.model.set_output_embeddings(torch.nn.Linear(64, loaded.codec.size, bias=False))
    loaded.model.get_output_embeddings().weight.data.normal_(std=0.4)
    return loaded


def ask(prompts: Sequence[str] | Sequence[list[int]] = ("Hello",), **given: object) -> Generate:
    chosen = {
        "id": "1",
        "model": ModelRef(name="m", path="", base="ada"),
        "prompts": list(prompts),
        "max_tokens": 8,
        "temperature": 0.0,
        "top_p": 1.0,
        "n": 1,
        "stop": [],
        "logprobs": None,
        "echo": False,
        "seed": 5,
        "stream": False,
        **given,
    }
    return Generate.model_validate(chosen)


def answer(loaded: LoadedModel, request: Generate) -> Done:
    *turns, done = generate(loaded, request)
    assert all(turn is None for turn in turns)
    assert isinstance(done, Done)
    return done


def texts(loaded: LoadedModel, request: Generate) -> list[str]:
    return [choice.text for choice in answer(loaded, request).choices]


def test_greedy_answers_are_those_of_transformers(sharp: LoadedModel) -> None:
    expected = []
    for prompt in PROMPTS:
        tokens = sharp.codec.encode(prompt) or [0]
        with torch.no_grad():
            found = sharp.model.generate(
                input_ids=torch.tensor([tokens]),
                attention_mask=torch.ones(1, len(tokens), dtype=torch.long),
                max_new_tokens=20,
                do_sample=False,
                pad_token_id=0,
            )
        expected.append(sharp.codec.tokenizer.decode(found[0, len(tokens) :].tolist(), skip_special_tokens=True))
    assert texts(sharp, ask(PROMPTS, max_tokens=20)) == expected


def test_choices_are_numbered_by_prompt_then_answer(sharp: LoadedModel) -> None:
    done = answer(sharp, ask(PROMPTS[:2], n=3, temperature=1.0))
    assert [choice.index for choice in done.choices] == list(range(6))


def test_usage_counts_tokens_read_and_written(sharp: LoadedModel) -> None:
    done = answer(sharp, ask([[5, 6, 7], [8]], max_tokens=4, n=2, temperature=1.0))
    assert (done.prompt_tokens, done.completion_tokens) == (4, 16)


def test_a_seed_repeats_an_answer_and_another_changes_it(sharp: LoadedModel) -> None:
    first, again, other = (texts(sharp, ask(temperature=1.5, n=3, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == 3


def test_without_a_seed_answers_differ(sharp: LoadedModel) -> None:
    assert texts(sharp, ask(temperature=2.0, seed=None)) != texts(sharp, ask(temperature=2.0, seed=None))


def test_other_requests_do_not_change_an_answer(sharp: LoadedModel) -> None:
    alone = texts(sharp, ask(temperature=1.0))
    other, mine = generate(sharp, ask(["Other"], temperature=1.0, max_tokens=20)), generate(sharp, ask(temperature=1.0))
    last: object = None
    for reply in mine:
        next(other)
        last = reply
    assert isinstance(last, Done)
    assert [choice.text for choice in last.choices] == alone


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([0.5, 0.3, 0.2]).log().expand(4000, -1)
    counts = Counter(choose(logits, 1.0, 1.0, [torch.Generator().manual_seed(9)] * 4000).tolist())
    assert [counts[token] / 4000 for token in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


@pytest.mark.parametrize(("top_p", "kept"), [(0.0, {0}), (0.4, {0}), (0.5, {0}), (0.6, {0, 1}), (1.0, {0, 1, 2})])
def test_top_p_keeps_the_fewest_tokens_that_reach_it(top_p: float, kept: set[int]) -> None:
    logits = torch.tensor([0.5, 0.25, 0.25]).log().expand(300, -1)
    assert set(choose(logits, 1.0, top_p, [torch.Generator().manual_seed(9)] * 300).tolist()) == kept


@pytest.mark.parametrize("temperature", [1e-30, 0.01])
def test_cold_draws_are_the_likeliest(temperature: float) -> None:
    logits = torch.tensor([[1.0, 3.0, 2.0]])
    assert choose(logits, temperature, 1.0, [torch.Generator()]).tolist() == [1]


def test_logprobs_are_the_models_and_hold_the_chosen_token(sharp: LoadedModel) -> None:
    [choice] = answer(sharp, ask(["Hello there"], max_tokens=3, temperature=2.0, logprobs=2)).choices
    logprobs = choice.logprobs
    assert logprobs is not None
    assert logprobs.top_logprobs is not None
    tokens = sharp.codec.encode("Hello there")
    for text, score, top in zip(logprobs.tokens, logprobs.token_logprobs, logprobs.top_logprobs, strict=True):
        with torch.no_grad():
            expected = sharp.model(input_ids=torch.tensor([tokens])).logits[0, -1].log_softmax(-1)
        names = [sharp.codec.name(token) for token in range(sharp.codec.size)]
        token = names.index(text)
        assert score == pytest.approx(float(expected[token]), abs=1e-3)
        assert top is not None
        assert top[text] == score
        assert len(top) in (2, 3)
        assert max(top.values()) == pytest.approx(float(expected.max()), abs=1e-3)
        tokens.append(token)
    assert logprobs.text_offset[0] == len("Hello there")


def test_no_top_tokens_still_shows_the_chosen_one(sharp: LoadedModel) -> None:
    [choice] = answer(sharp, ask(max_tokens=1, logprobs=0)).choices
    assert choice.logprobs is not None
    assert choice.logprobs.top_logprobs == [{choice.logprobs.tokens[0]: choice.logprobs.token_logprobs[0]}]


def test_an_echoed_prompt_is_scored_from_its_second_token(sharp: LoadedModel) -> None:
    [choice] = answer(sharp, ask(["one two three"], max_tokens=0, echo=True, logprobs=1)).choices
    assert (choice.text, choice.finish_reason) == ("one two three", "length")
    assert choice.logprobs is not None
    tokens = torch.tensor([sharp.codec.encode("one two three")])
    with torch.no_grad():
        expected = sharp.model(input_ids=tokens).logits.log_softmax(-1)[0, :-1].gather(1, tokens[0, 1:, None])[:, 0]
    first, *rest = choice.logprobs.token_logprobs
    assert first is None
    assert rest == pytest.approx(expected.tolist(), abs=1e-4)
    assert choice.logprobs.text_offset[0] == 0


def test_an_echo_begins_with_the_prompt_and_goes_on(sharp: LoadedModel) -> None:
    plain, echoed = texts(sharp, ask()), texts(sharp, ask(echo=True))
    assert echoed == ["Hello" + plain[0]]


def test_nothing_asked_is_nothing_answered(sharp: LoadedModel) -> None:
    assert answer(sharp, ask(max_tokens=0)).choices == [Choice(text="", index=0, finish_reason="length")]


def test_an_empty_prompt_is_the_end_of_another_text(sharp: LoadedModel) -> None:
    assert texts(sharp, ask([""])) == texts(sharp, ask([[0]])) == texts(sharp, ask(["<|endoftext|>"]))
    assert texts(sharp, ask([""], echo=True)) == texts(sharp, ask([""]))


def test_an_answer_ends_at_the_end_of_text(sharp: LoadedModel) -> None:
    with torch.no_grad():
        hidden = sharp.model.base_model(input_ids=torch.tensor([sharp.codec.encode("Hello")])).last_hidden_state[0, -1]
        sharp.model.get_output_embeddings().weight[0] = hidden * 100
    assert answer(sharp, ask()).choices == [Choice(text="", index=0, finish_reason="stop")]


def test_a_streamed_answer_is_the_same_in_pieces(sharp: LoadedModel) -> None:
    request = ask(PROMPTS, n=2, temperature=1.0, max_tokens=12, stop=["e"], logprobs=1, echo=True)
    whole = answer(sharp, request).choices
    *turns, done = generate(sharp, request.model_copy(update={"stream": True}))
    assert isinstance(done, Done)
    assert done.choices == []
    for choice in whole:
        pieces = [turn.choice for turn in turns if isinstance(turn, Chunk) and turn.choice.index == choice.index]
        assert "".join(piece.text for piece in pieces) == choice.text
        assert [piece.finish_reason for piece in pieces] == [None] * (len(pieces) - 1) + [choice.finish_reason]


def test_many_prompts_are_answered_in_groups_like_one_by_one(sharp: LoadedModel) -> None:
    prompts = [f"number {count}" for count in range(70)]
    together = texts(sharp, ask(prompts, max_tokens=2))
    assert together == [texts(sharp, ask([prompt], max_tokens=2))[0] for prompt in prompts]


def test_tokens_out_of_range_are_refused(sharp: LoadedModel) -> None:
    for token in (-1, 8192):
        with pytest.raises(Refused) as refusal:
            list(generate(sharp, ask([[1, token]])))
        assert (refusal.value.reply.status, refusal.value.reply.param) == (400, "prompt")


def test_more_than_the_context_is_refused_with_the_numbers(sharp: LoadedModel) -> None:
    with pytest.raises(Refused) as refusal:
        list(generate(sharp, ask([[1] * 2040], max_tokens=9)))
    assert refusal.value.reply.code == "context_length_exceeded"
    assert refusal.value.reply.message == (
        "This model's maximum context length is 2048 tokens, however you requested 2049 tokens "
        "(2040 in your prompt; 9 for the completion). Please reduce your prompt; or completion length."
    )


def test_the_whole_context_may_be_used(sharp: LoadedModel) -> None:
    assert math.isfinite(answer(sharp, ask([[1] * 2040], max_tokens=8)).completion_tokens)
