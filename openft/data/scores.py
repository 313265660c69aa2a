"""Pairs that were judged one by one, put together as preferences: two answers to one prompt, of which one is better."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from typing import NamedTuple

from openft.data.batch import Batch
from openft.data.checks.paths import Row
from openft.data.layouts import as_preference
from openft.data.rows import excerpt
from openft.errors import DataError

SCORES = ("score", "label", "rating", "rank")
"""Columns that say how good an answer is; the first that a row has is taken."""
_WORDS = {
    **dict.fromkeys(("better", "good", "chosen", "preferred", "true", "yes"), 1.0),
    **dict.fromkeys(("worse", "bad", "rejected", "non_preferred", "false", "no"), 0.0),
}


class _Judged(NamedTuple):
    line: int
    completion: str
    score: float


class Scored:
    """Takes rows in, and gives a preference out for the second one of each prompt.

    A prompt with its answer is kept until the other answer comes, so that two that belong together may stand anywhere.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, _Judged] = {}
        self._done: dict[str, int] = {}
        """The prompts that have had two answers, and the lines of the second ones."""

    def __call__(self, batch: Batch) -> Iterator[tuple[int, Row | DataError]]:
        """Yield the preferences that a batch completes."""
        for line, row in zip(batch.lines, batch.rows, strict=True):
            try:
                made = self._take(line, row)
            except DataError as error:
                yield line, error
            else:
                if made is not None:
                    yield line, made

    def end(self) -> Iterator[tuple[int, DataError]]:
        """Yield the rows that are left over."""
        for judged in self._waiting.values():
            yield judged.line, DataError("no other row answers this prompt; add one with another answer and score")

    def _take(self, line: int, row: Row) -> Row | None:
        prompt, completion = row.get("prompt"), row.get("completion")
        if not isinstance(prompt, str) or not isinstance(completion, str):
            raise DataError("a prompt and a completion are needed, both as text; write them")
        judged = _Judged(line, completion, _score(row))
        if prompt in self._done:
            raise DataError(f"a third answer to this prompt, after line {self._done[prompt]}; keep two of them")
        other = self._waiting.setdefault(prompt, judged)
        if other is judged:
            return None
        if other.score == judged.score:
            raise DataError(f"as good as the answer in line {other.line}; say which one is better")
        better, worse = sorted((judged, other), key=lambda one: -one.score)
        made = as_preference(prompt, better.completion, worse.completion)
        self._done[prompt] = line
        del self._waiting[prompt]
        return made


def score_of(names: Container[str]) -> str:
    """Return the column that says how good an answer is."""
    return next((name for name in SCORES if name in names), SCORES[0])


def _score(row: Row) -> float:
    name = score_of(row)
    value = row.get(name)
    if isinstance(value, str):
        known = _WORDS.get(value.strip().lower())
        if known is not None:
            return known
        value = _number(value)
    if not isinstance(value, int | float) or math.isnan(value):
        said = row.get(name)
        shown = repr(excerpt(said)) if isinstance(said, str) else "missing" if said is None else "no number"
        raise DataError(f"{name} is {shown}, which does not say how good the answer is; write a number")
    return -float(value) if name == "rank" else float(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
