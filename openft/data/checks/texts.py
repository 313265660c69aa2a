"""A batch as two columns of texts, with what several checks need of them made once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

BETWEEN = "\x00"
"""Stands between the texts of a column that are looked through as one."""

_SOME = 64
"""Texts that are looked at to see whether many are the same."""


class Column:
    """The texts of one column."""

    def __init__(self, name: str, texts: list[str], joined: str) -> None:
        self.name = name
        self.texts = texts
        self.joined = joined

    @cached_property
    def distinct(self) -> Collection[str]:
        """Return each text once where many are the same, as labels are, else all of them, which costs no hashing."""
        some = self.texts[:_SOME]
        return set(self.texts) if len(set(some)) * 2 < len(some) else self.texts

    def count(self, part: str) -> int:
        """Return how often a part that does not hold ``BETWEEN`` is in the texts, overlaps not counted."""
        return self.joined.count(part)

    def ending(self, part: str) -> int:
        """Return how many texts end with a part."""
        return self.joined.count(part + BETWEEN) + self.texts[-1].endswith(part)


@dataclass(frozen=True, slots=True)
class Texts:
    """The rows of a batch that have both texts."""

    file: str
    lines: Sequence[int]
    places: Sequence[int]
    """Which rows of the data these are, counted from 0."""
    prompt: Column
    completion: Column


def texts_of(
    file: str, lines: Sequence[int], places: Sequence[int], prompts: list[str], completions: list[str]
) -> Texts:
    """Return columns of texts.

    Raises:
        TypeError: one of them is no text.
    """
    return Texts(
        file,
        lines,
        places,
        Column("prompt", prompts, BETWEEN.join(prompts)),
        Column("completion", completions, BETWEEN.join(completions)),
    )
