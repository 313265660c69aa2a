"""Keys of texts: the same for the same text, whatever stands beside it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from openft.data.checks.keys import keys_of, plain
from openft.data.checks.texts import Column

PIECE = st.sampled_from(
    ["a", "Bc", " ", ", ", "é", "다", "\x00", "\x01", "7", "’", "\ud800", "x" * 70, "가" * 90, "! " * 80]
)
TEXT = st.lists(PIECE, max_size=8).map("".join)


def key(text: str) -> bytes:
    return keys_of(Column("prompt", [text]))[0]


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_a_key_is_that_of_the_text_alone(texts: list[str]) -> None:
    assert keys_of(Column("prompt", texts)) == [key(text) for text in texts]
    assert keys_of(Column("prompt", texts * 100)) == [key(text) for text in texts] * 100


@given(TEXT, TEXT)
def test_only_an_empty_text_has_no_key(one: str, other: str) -> None:
    assert bool(key(one)) == bool(one)
    assert plain(one) != plain(other) or key(one) == key(other) or not plain(one)


@given(TEXT)
def test_case_blanks_and_punctuation_are_not_in_a_key(text: str) -> None:
    if plain(text):
        assert key(f" {text}…!") == key(text)


@given(st.lists(TEXT, min_size=1, max_size=6), st.sampled_from(["a", "\n", " ", "다", "! ", "x\n", "Bc a"]))
def test_a_column_says_the_same_of_few_long_texts_as_of_many(texts: list[str], part: str) -> None:
    whole = [text.replace("\0", "") for text in texts]
    few, many = Column("prompt", whole), Column("prompt", whole, "\0".join(whole))
    assert few.holds(part) == many.holds(part) == any(part in text for text in whole)
    assert few.count(part) == many.count(part) == sum(text.count(part) for text in whole)
    assert few.ending(part) == many.ending(part) == sum(text.endswith(part) for text in whole)
    assert few.is_ascii == many.is_ascii == all(map(str.isascii, whole))


def test_long_texts_with_the_same_instruction_before_them_are_told_apart() -> None:
    texts = [f"{'Say what it is about. ' * 10}{number} {'and more of it ' * 20}{number}" for number in range(80)]
    column = Column("prompt", texts)
    assert column.distinct is texts
    assert len(set(keys_of(column))) == len(texts)
    assert keys_of(column) == [key(text) for text in texts]
