"""Which rows of a source are held out: by label, with equal prompts together, in bounded memory."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest

from openft.data.batch import Batch
from openft.data.fixes.fix import kept
from openft.errors import DataError

SHARE = 0.2
MOST = 1000
"""Rows that are held out at most (source: the old tool); more of them say little more."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Says of each row on which side it is; the same for the same data and seed, everywhere."""

    seed: int
    _ranks: frozenset[int]

    def split(self, batch: Batch) -> tuple[Batch, Batch]:
        """Return the training rows and the held-out rows of a batch."""
        sides = [rank in self._ranks for rank in _ranks(batch, self.seed)]
        train = [place for place, held in enumerate(sides) if not held]
        return kept(batch, train), kept(batch, [place for place, held in enumerate(sides) if held])


def hold_out(
    source: Callable[[], Iterable[Batch]],
    labels: Mapping[str, int] | None = None,
    *,
    seed: int = 1,
    share: float = SHARE,
    most: int = MOST,
) -> HeldOut:
    """Return which rows are held out: a share of each label's, drawn by the prompts and the seed.

    Rows with equal prompts, but for blanks around them, are on one side, so that no prompt leaks.

    Args:
        source: the data, which is read once.
        labels: the classes, as in ``Task.labels``; empty or None to draw from all rows alike.
        seed: another one draws other rows.
        share: of the rows, between 0 and 1.
        most: rows to be held out at most, about.

    Raises:
        DataError: there are fewer than two different prompts.
    """
    by_label: dict[object, array[int]] = {}
    for batch in source():
        for completion, rank in zip(batch.column("completion"), _ranks(batch, seed), strict=True):
            label = completion if labels and isinstance(completion, str) and completion in labels else None
            by_label.setdefault(label, array("q")).append(rank)
    rows = sum(map(len, by_label.values()))
    share = min(share, most / rows) if rows else share
    held = {rank for ranks in by_label.values() for rank in _drawn(ranks, round(share * len(ranks)))}
    return HeldOut(seed, _neither_empty(by_label, held, rows))


def _drawn(ranks: array[int], rows: int) -> list[int]:
    """Return the smallest ranks, about ``rows`` of them, but never all that there are."""
    smallest = nsmallest(rows, ranks)
    return smallest if not smallest or smallest[-1] < max(ranks) else smallest[: bisect_right(smallest, smallest[-1] - 1)]


def _neither_empty(by_label: dict[object, array[int]], held: set[int], rows: int) -> frozenset[int]:
    """Return the ranks, with one at least and without one at least."""
    first = min((min(ranks) for ranks in by_label.values()), default=0)
    last = max((max(ranks) for ranks in by_label.values()), default=0)
    if first == last:
        raise DataError(f"{min(rows, 1)} different prompts; a split needs at least 2, add rows")
    return frozenset((held - {last}) or {first})


def _ranks(batch: Batch, seed: int) -> list[int]:
    """Return a number for each row that follows from its prompt, or its completion where that is blank, and the seed."""
    pairs = zip(batch.column("prompt"), batch.column("completion"), strict=True)
    texts = [_text(prompt) or _text(completion) for prompt, completion in pairs]
    return [hash((zlib.crc32(text.encode("utf-8", "surrogatepass")), zlib.adler32(text.encode("utf-8", "surrogatepass")), seed)) for text in texts]


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
