"""Holding rows of a source out."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.batches import Row, good, look, pairs, source
from openft.data.split import hold_out
from openft.errors import DataError


def sides(
    rows: list[Row], *, seed: int = 1, size: int = 7, share: float = 0.2, most: int = 1000
) -> tuple[list[Row], list[Row]]:
    data = source(rows, size=size)
    held_out = hold_out(data, look(rows)[0].task.labels, seed=seed, share=share, most=most)
    train: list[Row] = []
    held: list[Row] = []
    for batch in data():
        first, second = held_out.split(batch)
        train += first.rows
        held += second.rows
    return train, held


def test_a_fifth_of_each_label_is_held_out() -> None:
    rows = [*good(300, labels=1), *pairs(*((f"{n} ->", " rare") for n in range(20)))]
    train, held = sides(rows)
    assert Counter(row["completion"] for row in held) == {" a": 60, " rare": 4}
    assert len(train) == 256


def test_a_label_with_one_row_is_for_training() -> None:
    train, _ = sides([*good(300), *pairs(("only", " rare"))], share=0.9)
    assert " rare" in {row["completion"] for row in train}


def test_of_much_data_no_more_is_held_out_than_is_useful() -> None:
    assert len(sides(good(400), most=10)[1]) == 10


def test_one_row_is_held_out_at_least_and_one_is_not() -> None:
    rows = pairs(("a", "x"), ("b", "y"))
    assert [len(side) for side in sides(rows)] == [1, 1]
    assert [len(side) for side in sides(rows, share=1.0)] == [1, 1]


@pytest.mark.parametrize("rows", [[], pairs(("a", "x"), (" a", "y")), [{"prompt": 1, "completion": None}]])
def test_one_prompt_cannot_be_split(rows: list[Row]) -> None:
    with pytest.raises(DataError, match="different prompts; a split needs at least 2"):
        hold_out(source(rows))


def test_another_seed_draws_others_and_batches_make_no_difference() -> None:
    assert sides(good(), seed=1) == sides(good(), seed=1, size=1000)
    assert sides(good(), seed=1) != sides(good(), seed=2)


def test_the_draw_is_the_same_in_every_process() -> None:
    assert [str(row["prompt"]).split()[1] for row in sides(good(20))[1]] == ["10", "11", "18", "19"]


TEXTS = st.text("ab ", max_size=3)


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["x", "y", "z"])), min_size=2, max_size=60), st.integers(0, 99))
def test_no_prompt_is_on_both_sides_and_no_row_is_lost(rows: list[tuple[str, str]], seed: int) -> None:
    data = pairs(*rows)
    keys = {str(row["prompt"]).strip() or str(row["completion"]) for row in data}
    if len(keys) < 2:
        return
    train, held = sides(data, seed=seed, share=0.5)
    first, second = ({str(row["prompt"]).strip() or row["completion"] for row in side} for side in (train, held))
    assert first
    assert second
    assert not first & second
    assert sorted(map(str, train + held)) == sorted(map(str, data))
