"""Splitting pairs into a training and a held-out part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft.data import Pair, split_pairs
from openft.errors import DataError

HUNDRED = [Pair(f"text {number}", str(number % 3)) for number in range(100)]

PAIRS = st.lists(st.builds(Pair, st.text("abc", max_size=2), st.sampled_from("xy")), min_size=2, max_size=60).filter(
    lambda pairs: len({pair.prompt for pair in pairs}) > 1
)


def test_a_fifth_is_held_out() -> None:
    split = split_pairs(HUNDRED)
    assert (len(split.train), len(split.held_out), split.repeats) == (80, 20, 0)


@given(PAIRS, st.integers())
def test_no_text_stands_on_both_sides_and_no_pair_is_lost(pairs: list[Pair], seed: int) -> None:
    split = split_pairs(pairs, seed=seed)
    assert split.train
    assert split.held_out
    assert not {pair.prompt for pair in split.train} & {pair.prompt for pair in split.held_out}
    assert sorted(split.train + split.held_out) == sorted(set(pairs))
    assert split.repeats == len(pairs) - len(set(pairs))


@given(PAIRS, st.integers(), st.randoms())
def test_the_order_of_the_rows_does_not_change_who_is_held_out(pairs: list[Pair], seed: int, random: object) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert set(split_pairs(shuffled, seed=seed).held_out) == set(split_pairs(pairs, seed=seed).held_out)


def test_another_seed_makes_another_split() -> None:
    assert split_pairs(HUNDRED, seed=1).held_out != split_pairs(HUNDRED, seed=2).held_out


def test_both_parts_keep_the_order_of_the_data() -> None:
    split = split_pairs(HUNDRED)
    assert split.train == [pair for pair in HUNDRED if pair in split.train]
    assert split.held_out == [pair for pair in HUNDRED if pair in split.held_out]


def test_conflicting_completions_of_one_text_stay_together() -> None:
    split = split_pairs([Pair("same", "x"), Pair("same", "y"), Pair("other", "x")])
    assert sorted([len(split.train), len(split.held_out)]) == [1, 2]


@pytest.mark.parametrize("pairs", [[], [Pair("a", "x")], [Pair("a", "x"), Pair("a", "y")]])
def test_too_few_different_texts_are_refused(pairs: list[Pair]) -> None:
    with pytest.raises(DataError, match="a split needs at least 2, add rows"):
        split_pairs(pairs)
