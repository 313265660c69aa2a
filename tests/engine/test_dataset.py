"""Training files become batches."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.jobs import carry_out, make_job, read_events, write_rows
from openft.server.engine.bases import LoadedModel
from openft.server.engine.dataset import (
    IGNORE,
    Example,
    UnusableFile,
    by_length,
    collate,
    epoch_batches,
    fitting,
    read_examples,
)
from openft.server.jobspec import ModelRef

END = 0


def examples(count: int) -> list[Example]:
    return [Example(line, [1] * (1 + line * 7 % 40), [2, END], " x") for line in range(1, count + 1)]


def test_prompt_and_completion_are_encoded_apart(tmp_path: Path, loaded: LoadedModel) -> None:
    [example] = read_examples(write_rows(tmp_path / "a", [("is it", " spam")]), loaded.codec)
    assert example.prompt == loaded.codec.encode("is it")
    assert example.completion == [*loaded.codec.encode(" spam"), END]


def test_a_completion_that_ends_already_is_not_ended_twice(tmp_path: Path, loaded: LoadedModel) -> None:
    [example] = read_examples(write_rows(tmp_path / "a", [("p", " yes<|endoftext|>")]), loaded.codec)
    assert example.completion == [*loaded.codec.encode(" yes"), END]


def test_a_completion_without_a_prompt_follows_the_end_of_another_text(tmp_path: Path, loaded: LoadedModel) -> None:
    [example] = read_examples(write_rows(tmp_path / "a", [("", " yes")]), loaded.codec)
    assert example.prompt == [END]


def test_a_byte_order_mark_blank_lines_and_crlf_are_no_matter(tmp_path: Path, loaded: LoadedModel) -> None:
    path = tmp_path / "a"
    path.write_bytes(
        b'\xef\xbb\xbf{"prompt":"a","completion":" b"}\r\n\r\n{"prompt":"c","completion":" \xe2\x80\xa8d"}'
    )
    assert [(example.line, example.label) for example in read_examples(path, loaded.codec)] == [
        (1, " b"),
        (3, " \u2028d"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '{"prompt":"a"}',
        '{"prompt":"a","completion":""}',
        '{"prompt":1,"completion":"a"}',
        '{"prompt":"\\ud83d","completion":"a"}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, loaded: LoadedModel, line: str) -> None:
    path = write_rows(tmp_path / "a", [("p", " c")])
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    with pytest.raises(UnusableFile, match="line 2"):
        read_examples(path, loaded.codec)


def test_an_empty_file_is_refused(tmp_path: Path, loaded: LoadedModel) -> None:
    with pytest.raises(UnusableFile, match="no examples"):
        read_examples(write_rows(tmp_path / "a", []), loaded.codec)


def test_an_example_may_fill_the_context_but_not_exceed_it() -> None:
    fits, long = [Example(1, [1] * 2046, [2, END], "x")], [Example(2, [1] * 2047, [2, END], "x")]
    assert fitting([*fits, *long], 2048) == (fits, long)


def test_targets_are_the_next_tokens_and_know_their_completion() -> None:
    batch = collate([Example(1, [5, 6, 7], [8, END], "x"), Example(2, [5], [9, 9, END], "x")])
    assert batch.inputs.tolist() == [[5, 6, 7, 8], [5, 9, 9, 0]]
    assert batch.targets.tolist() == [[6, 7, 8, END], [9, 9, END, IGNORE]]
    assert batch.completion.tolist() == [[False, False, True, True], [True, True, True, False]]
    assert batch.tokens == 9


def test_an_epoch_has_every_example_once() -> None:
    rows = examples(1003)
    found = [row.line for batch in epoch_batches(rows, 8, "seed") for row in batch]
    assert sorted(found) == [row.line for row in rows]


def test_an_epochs_order_is_its_seeds() -> None:
    rows = examples(100)
    assert epoch_batches(rows, 8, "1 1") == epoch_batches(rows, 8, "1 1")
    assert epoch_batches(rows, 8, "1 1") != epoch_batches(rows, 8, "1 2")


def test_rows_of_a_batch_are_of_like_length() -> None:
    padded = sum(collate(rows).inputs.numel() for rows in epoch_batches(examples(800), 8, "seed"))
    assert padded < 1.1 * sum(len(row) - 1 for row in examples(800))


def test_measuring_takes_every_example_once_in_batches_of_bounded_size() -> None:
    batches = list(by_length(examples(300), 256))
    assert sorted(row.line for batch in batches for row in batch) == list(range(1, 301))
    assert max(collate(batch).inputs.numel() for batch in batches) <= 256


@pytest.mark.train
def test_a_few_examples_that_are_too_long_are_skipped_with_a_warning(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, [("a", " b"), ("long " * 2100, " b"), ("c", " d")], n_epochs=1)
    assert carry_out(tmp_path).trained_tokens == 6
    [event] = [event for event in read_events(tmp_path) if event.key == "skipped"]
    assert event.level == "warn"
    assert event.message == "Skipped 1 of 3 examples (lines 2): more than 2048 tokens"
    assert event.data == {"skipped": 1, "lines": [2]}


def test_a_majority_that_is_too_long_fails_the_job(tmp_path: Path, ada: ModelRef) -> None:
    make_job(tmp_path, ada, [("a", " b"), ("long " * 2100, " b"), ("long " * 2101, " b")])
    outcome = carry_out(tmp_path)
    assert (outcome.status, outcome.code, outcome.param) == ("failed", "invalid_training_file", "training_file")
    assert outcome.message == (
        "most training examples exceed the 2048-token limit: 2 of 3 examples (lines 2, 3); shorten or remove them"
    )


def test_padding_is_never_a_target() -> None:
    batch = collate(examples(20))
    assert torch.equal((batch.targets != IGNORE).sum(dim=1), torch.tensor([len(row) - 1 for row in examples(20)]))
