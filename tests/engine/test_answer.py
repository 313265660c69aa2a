"""Answers show whole characters, stop where they must and say which token stands where."""

from __future__ import annotations

import random

import pytest

from openft.server.engine.answer import Answer, Score
from openft.server.engine.bases import LoadedModel
from openft.server.engine.text import Codec
from openft.server.generation import Choice

END = 0


@pytest.fixture
def codec(loaded: LoadedModel) -> Codec:
    return loaded.codec


def spell(codec: Codec, text: str) -> list[int]:
    """Return a text's tokens, one a byte."""
    single = {codec.raw(token): token for token in range(1, 257)}
    return [single[bytes([byte])] for byte in text.encode()]


def stream(codec: Codec, tokens: list[int], stop: list[str] | None = None) -> list[Choice]:
    """Return the pieces of an answer, taken after each token."""
    answer = Answer(codec, 0, stop or [], 0, scored=True)
    pieces = []
    for token in tokens:
        answer.add(Score(token, -1.0, {token: -1.0}))
        if answer.has_news:
            pieces.append(answer.take())
        if answer.finish_reason:
            return pieces
    answer.run_out()
    return [*pieces, answer.take()]


def text_of(pieces: list[Choice]) -> str:
    return "".join(piece.text for piece in pieces)


def tokens_of(pieces: list[Choice]) -> list[str]:
    return [token for piece in pieces for token in (piece.logprobs.tokens if piece.logprobs else [])]


def test_a_character_of_several_tokens_is_shown_whole(codec: Codec) -> None:
    pieces = stream(codec, spell(codec, "가a"))
    assert [piece.text for piece in pieces if piece.text] == ["가", "a"]
    assert tokens_of(pieces) == ["bytes:\\xea", "bytes:\\xb0", "bytes:\\x80", "a"]
    assert [offset for piece in pieces if piece.logprobs for offset in piece.logprobs.text_offset] == [0, 0, 0, 1]


def test_a_character_that_is_never_completed_is_replaced_at_the_end(codec: Codec) -> None:
    assert text_of(stream(codec, spell(codec, "a가")[:-1])) == "a\ufffd"


@pytest.mark.parametrize("stop", [["END"], ["XX", "END"], ["E", "END"], ["ND", "Q"]])
def test_the_text_ends_before_a_stop_sequence_that_spans_tokens(codec: Codec, stop: list[str]) -> None:
    pieces = stream(codec, spell(codec, "go ENDING"), stop)
    cut = min("go ENDING".find(sequence) for sequence in stop if sequence in "go ENDING")
    assert text_of(pieces) == "go ENDING"[:cut]
    assert tokens_of(pieces) == list("go ENDING"[:cut])
    assert pieces[-1].finish_reason == "stop"


def test_what_may_become_a_stop_sequence_is_held_back(codec: Codec) -> None:
    pieces = stream(codec, spell(codec, "a##b"), ["###"])
    assert [piece.text for piece in pieces] == ["a", "##b", ""]


def test_a_sequence_that_never_came_to_its_end_is_shown(codec: Codec) -> None:
    pieces = stream(codec, [*spell(codec, "a##"), END], ["###"])
    assert [piece.text for piece in pieces] == ["a", "##"]
    assert pieces[-1].finish_reason == "stop"


def test_a_stop_sequence_within_one_token_cuts_it(codec: Codec) -> None:
    [token] = codec.encode(" positive")
    assert text_of(stream(codec, [token], ["tive"])) == " posi"


def test_a_stop_sequence_in_the_prompt_means_nothing(codec: Codec) -> None:
    answer = Answer(codec, 0, ["###"], 0, scored=False)
    answer.echo([Score(token, None, None) for token in codec.encode("a\n\n###\n\n")])
    for token in codec.encode(" yes### no"):
        answer.add(Score(token, None, None))
        if answer.finish_reason:
            break
    assert answer.take().text == "a\n\n###\n\n yes"


def test_the_end_of_text_is_not_shown_and_not_counted(codec: Codec) -> None:
    answer = Answer(codec, 3, [], 0, scored=False)
    for token in [*codec.encode(" yes"), END]:
        answer.add(Score(token, None, None))
    assert answer.take() == Choice(text=" yes", index=3, finish_reason="stop")
    assert answer.tokens == 1


def test_offsets_count_from_the_start_of_the_prompt(codec: Codec) -> None:
    answer = Answer(codec, 0, [], 17, scored=True)
    for token in codec.encode(" yes no"):
        answer.add(Score(token, -1.0, {token: -1.0}))
    answer.run_out()
    logprobs = answer.take().logprobs
    assert logprobs is not None
    assert logprobs.text_offset == [17, 21]


@pytest.mark.parametrize("seed", range(30))
def test_pieces_of_any_tokens_join_to_the_whole_answer(codec: Codec, seed: int) -> None:
    chance = random.Random(seed)
    alphabet = [*range(1, 257), *(codec.size - 1 - place for place in range(50))]
    tokens = chance.choices(alphabet, k=60)
    stop = [chance.choice(["aa", "b", "\ufffd\ufffd\ufffd", "e\n", "%"])]
    whole = Answer(codec, 0, stop, 0, scored=True)
    for token in tokens:
        whole.add(Score(token, -1.0, {token: -1.0}))
        if whole.finish_reason:
            break
    whole.run_out()
    expected, pieces = whole.take(), stream(codec, tokens, stop)
    assert text_of(pieces) == expected.text
    assert expected.logprobs is not None
    assert tokens_of(pieces) == expected.logprobs.tokens
    assert [piece.finish_reason for piece in pieces[:-1]] == [None] * (len(pieces) - 1)
    assert stop[0] not in expected.text
