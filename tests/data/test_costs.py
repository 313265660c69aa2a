"""What there is in training data, what a host would charge for it, and how long the embedded server would take."""

from __future__ import annotations

import dataclasses
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.batches import Row, pairs, source
from openft.data import Totals, cost, counter, default_epochs, duration, limit_of, totals
from openft.data.batch import Batch
from openft.data.models import EMBEDDED, known
from openft.data.tally import Tally

USER, BOT = {"role": "user", "content": "one two"}, {"role": "assistant", "content": "three"}


def words(text: str) -> int:
    """Count words, as if they were tokens."""
    return len(text.split())


def of(*rows: Row, limit: int | None = None) -> Totals:
    return totals(source(rows)(), words, limit=limit)


def data(tokens: int, rows: int = 1000, *, exact: bool = True) -> Totals:
    """Return totals of so many tokens."""
    return dataclasses.replace(of(), rows=rows, prompt_tokens=tokens, trained_tokens=tokens, exact=exact)


# --- totals


def test_pairs_are_counted_by_column() -> None:
    found = of(*pairs(("a b c", " d"), ("", " e f"), ("g", " h")))
    assert (found.rows, found.prompt_tokens, found.completion_tokens, found.tokens) == (3, 4, 4, 8)
    assert (found.shortest, found.median, found.longest, found.characters) == (2, 2, 4, 14)
    assert (found.exact, found.counted_by) == (True, "the given function")


def test_nothing_has_nothing() -> None:
    tally = Tally()
    tally.feed(Batch("a.jsonl", [], []))
    found = tally.totals()
    assert (found.rows, found.tokens, found.shortest, found.median, found.longest, found.exact) == (
        0,
        0,
        0,
        0,
        0,
        False,
    )


def test_rows_without_texts_count_as_empty() -> None:
    found = of(*pairs((None, "a b"), ("c", 7)), {"text": "x"}, {"messages": "x"}, {"messages": [1, None]}, {"input": 1})
    assert (found.rows, found.prompt_tokens, found.completion_tokens, found.shortest) == (6, 1, 2, 0)


def test_a_conversation_costs_more_than_its_texts() -> None:
    found = of({"messages": [USER, BOT]}, {"messages": [{**USER, "name": "ann lee"}, BOT, USER, BOT]})
    assert found.prompt_tokens == (2 + 2 * 4 + 3) + (2 + 2 + 2 + 4 * 4 + 1 + 3)
    assert (found.completion_tokens, found.exact) == (3, True)


def test_what_is_answered_is_told_from_what_is_shown() -> None:
    row: Row = {"input": {"messages": [USER, BOT]}, "preferred_output": [BOT], "non_preferred_completion": [BOT]}
    found = of(row)
    assert (found.prompt_tokens, found.completion_tokens) == (3 + 4 * 4 + 3 * 3, 2)


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [USER, BOT], "tools": [{"function": {"name": "weather", "description": "tells the weather"}}]},
        {"messages": [USER, {"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, BOT]},
        {"input": {"messages": [USER], "tools": [{"type": "function"}]}, "preferred_output": [BOT]},
    ],
)
def test_a_conversation_with_tools_or_images_is_never_exact(row: Row) -> None:
    assert not of(row).exact
    assert str(of(row)).endswith("), estimated")


def test_rows_are_cut_at_the_limit() -> None:
    found = of(*pairs(("a " * 90, "b"), ("c", "d")), limit=50)
    assert (found.tokens, found.trained_tokens, found.longest) == (93, 52, 91)


def test_totals_say_what_they_are_in_one_line() -> None:
    rows = pairs(("a b", "c"), ("d", "e"))
    assert str(of(*rows)) == (
        "2 rows, 5 tokens (3 of prompts and 2 of completions; 2 to 3 a row, half of them up to 2), counted"
    )
    assert str(totals(source(rows)())).startswith("2 rows, about 4 tokens (")
    assert str(totals(source(rows)())).endswith("), estimated; for exact counts, name the model")


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=50), st.integers(1, 9))
def test_the_median_is_that_of_all_rows(lengths: list[int], size: int) -> None:
    rows = pairs(*(("", "x " * length) for length in lengths))
    found = totals(source(rows, size=size)(), words)
    middle = sorted(lengths)[(len(lengths) - 1) // 2]
    assert found.median == middle if middle < 4096 else abs(found.median - middle) <= middle / 2048
    assert (found.shortest, found.longest, found.tokens) == (min(lengths), max(lengths), sum(lengths))


def test_a_million_lengths_take_little_memory() -> None:
    tally = Tally(int)
    [batch] = source(pairs(("0", "0")), size=1)()
    tracemalloc.start()
    for start in range(0, 10_000_000, 100_000):
        rows = pairs(*((str(start + step), "0") for step in range(0, 100_000, 100)))
        tally.feed(dataclasses.replace(batch, rows=rows, lines=range(len(rows))))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tally.totals().rows == 100_000
    assert held < 4_000_000


# --- costs


@pytest.mark.parametrize(
    ("model", "rows", "epochs"),
    [
        ("gpt-4o-mini", 1, 25),
        ("gpt-4o-mini", 10, 10),
        ("gpt-4o-mini", 33, 3),
        ("gpt-4o-mini", 34, 3),
        ("gpt-4o-mini", 8333, 3),
        ("gpt-4o-mini", 8334, 2),
        ("gpt-4o-mini", 1_000_000, 1),
        ("gpt-4o-mini", 0, 25),
        ("davinci-002", 1000, 3),
        ("davinci", 10, 4),
        ("ada:ft-me", 10, 4),
        ("my-model", 10, 4),
    ],
)
def test_epochs_follow_the_rule_of_the_api(model: str, rows: int, epochs: int) -> None:
    assert default_epochs(rows, model) == epochs


def test_a_cost_is_tokens_by_epochs_by_price() -> None:
    found = cost(data(1_000_000), "gpt-4o-mini-2024-07-18")
    assert (found.tokens, found.epochs, found.billed_tokens) == (1_000_000, 3, 3_000_000)
    assert (found.price_per_million, found.amount, found.currency, found.reason) == (3.0, 9.0, "USD", None)
    assert (found.price_date, found.price_source) == ("2026-08-05", "https://platform.openai.com/docs/pricing")
    assert str(found) == (
        "gpt-4o-mini-2024-07-18 at OpenAI: 1,000,000 tokens × 3 epochs = 3,000,000 at $3.00 a million: $9.00 "
        "(price of 2026-08-05; no new jobs after 2027-01-06)"
    )


def test_an_estimate_says_so() -> None:
    found = str(cost(data(5000, exact=False), "davinci-002", epochs=1))
    assert found == (
        "davinci-002 at OpenAI: about 5,000 tokens × 1 epoch = 5,000 at $6.00 a million: about $0.03 "
        "(price of 2026-11-22)"
    )


@pytest.mark.parametrize(
    ("tokens", "says"), [(0, "$0.00 "), (100, "$0.0003 "), (99_999, "$0.30 "), (10**10, "$30,000")]
)
def test_small_amounts_are_not_rounded_to_nothing(tokens: int, says: str) -> None:
    assert f": {says}" in str(cost(data(tokens), "gpt-4o-mini", epochs=1))


def test_without_a_price_there_is_a_reason() -> None:
    found = cost(data(10), "my-model", epochs=2)
    assert (found.amount, found.price_per_million, found.currency, found.until) == (None, None, None, None)
    assert found.host is None
    assert str(found) == "my-model: 10 tokens × 2 epochs = 20; no price is known for my-model; ask its host"


def test_limits_are_those_of_the_model() -> None:
    models = ("gpt-4o", "gpt-4.1-nano", "gpt-3.5-turbo-0125", "davinci-002", "ada", "my-model")
    assert [limit_of(model) for model in models] == [65_536, 32_768, 16_385, 16_384, 2048, None]


def test_prices_of_the_guide_are_those_of_its_time() -> None:
    prices = {name: model.price.per_million for name, model in known().models.items() if model.price}
    assert {name: prices[name] for name in EMBEDDED} == {"ada": 0.4, "babbage": 0.6, "curie": 3.0, "davinci": 30.0}


# --- time


def test_a_duration_goes_by_the_measured_rate() -> None:
    rate = known().embedded["ada"]
    found = duration(data(1_000_000), "ada")
    assert found.seconds == pytest.approx(rate.start_seconds + 4_000_000 / rate.tokens_per_second)
    assert (found.epochs, found.machine, found.date, found.reason) == (4, rate.machine, rate.date, None)
    assert f"tokens a second on {rate.machine}, {rate.date})" in str(found)
    assert str(duration(data(1_000_000, exact=False), "ada", 1)).startswith("ada, embedded: about ")


@pytest.mark.parametrize(("tokens", "unit"), [(100, " seconds for 1 epoch "), (10**7, " minutes "), (10**9, " hours ")])
def test_a_duration_is_told_in_units_that_fit(tokens: int, unit: str) -> None:
    assert unit in str(duration(data(tokens), "ada", 1))


def test_what_is_no_embedded_base_takes_a_time_that_nobody_knows() -> None:
    found = duration(data(10), "gpt-4o-mini", 2)
    assert (found.seconds, found.tokens_per_second) == (None, None)
    assert str(found) == "gpt-4o-mini: is no embedded base; these are ada, babbage, curie, davinci"


def test_counts_of_the_embedded_tokenizer_feed_both() -> None:
    pytest.importorskip("tokenizers")
    found = totals(source(pairs((" yes", " no")))(), counter("ada"), limit=limit_of("ada"))
    assert (found.tokens, found.exact, found.counted_by) == (2, True, "openft's tokenizer")
    assert cost(found, "ada").billed_tokens == duration(found, "ada").tokens * 4 == 8
