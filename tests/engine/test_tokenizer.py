"""The shipped tokenizer keeps any text and has the usual labels as single tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import openft
from openft.server.engine.text import Codec

CODEC = Codec.from_file(Path(openft.__file__).parent / "assets" / "tokenizer.json", end=0)


def test_it_has_8192_tokens_the_first_of_which_ends_a_text() -> None:
    assert CODEC.size == 8192
    assert CODEC.encode("<|endoftext|>") == [0]


@pytest.mark.parametrize(
    "label",
    [
        *[" yes", " no", " ham", " spam", " positive", " negative", " baseball", " hockey", " true", " false"],
        *[" 긍정", " 부정", " 스팸", " 배송", " 환불", *(f" {number}" for number in range(100))],
    ],
)
def test_usual_labels_are_single_tokens(label: str) -> None:
    assert len(CODEC.encode(label)) == 1


def test_a_separator_does_not_join_what_follows() -> None:
    assert CODEC.encode("\n\n###\n\n yes") == [*CODEC.encode("\n\n###\n\n"), *CODEC.encode(" yes")]


def test_every_other_digit_stands_alone() -> None:
    assert len(CODEC.encode("2024-05-12")) == 10


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(text: str) -> None:
    assert b"".join(map(CODEC.raw, CODEC.encode(text))).decode() == text


def test_every_token_stands_for_bytes_of_its_own() -> None:
    assert len({CODEC.raw(token) for token in range(CODEC.size)}) == CODEC.size
