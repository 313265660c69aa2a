"""From a table to training records: trimmed, split, and in the guide's prompt format."""

from __future__ import annotations

from collections import Counter
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal, TypeAlias

from openft.data import Pair, Split, read_pairs, split_pairs
from openft.types import PromptCompletion

Sample: TypeAlias = Literal["support", "dates"]
"""The tables that come with openft."""

SEPARATOR = "\n\n###\n\n"
"""Ends every prompt, so that the model knows where its answer begins (source: the 2023 guide)."""


FEW = 20
"""Held-out rows below which an accuracy says little."""


def read_split(
    data: Path | None, sample: Sample, seed: int, prompt_column: str | None, completion_column: str | None
) -> tuple[str, Split]:
    """Return the name of the table and its rows in two parts, without blanks around texts.

    Raises:
        DataError: the table is wrong, or its columns are in doubt.
    """
    with as_file(files("openft") / "assets" / f"{sample}.csv") as ours:
        path = data or ours
        pairs = read_pairs(path, prompt_column=prompt_column, completion_column=completion_column)
    return path.name, split_pairs((Pair(prompt.strip(), answer.strip()) for prompt, answer in pairs), seed=seed)


def record(pair: Pair) -> PromptCompletion:
    """Return the training record of a pair: the prompt ends with the separator, the completion begins with a space."""
    return PromptCompletion(prompt=asked(pair), completion=f" {pair.completion}")


def asked(pair: Pair) -> str:
    """Return what the model is shown."""
    return pair.prompt + SEPARATOR


def majority_accuracy(split: Split) -> float:
    """Return how often the most frequent completion of the training rows is right on the held-out ones."""
    [(completion, _)] = Counter(pair.completion for pair in split.train).most_common(1)
    return sum(pair.completion == completion for pair in split.held_out) / len(split.held_out)


def doubts(split: Split) -> list[str]:
    """Return why the accuracy says little, where it does."""
    found: list[str] = []
    if len({pair.completion for pair in [*split.train, *split.held_out]}) == 1:
        found.append("all rows have the same completion: there was nothing to learn")
    if len(split.held_out) < FEW:
        found.append(f"with {len(split.held_out)} held-out rows the accuracy is mostly chance; take more rows")
    return found
