"""A training and a held-out part that have no text in common."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest

from openft.data.batch import Batch
from openft.data.checks.talk import as_text, talk_of
from openft.data.fixes.fix import kept
from openft.data.rows import Kind
from openft.data.tables import Pair
from openft.data.targets import MOST, SHARE
from openft.errors import DataError


@dataclass(frozen=True, slots=True)
class Split:
    """Both parts, in the order of the data."""

    train: list[Pair]
    held_out: list[Pair]
    repeats: int
    """Pairs that had been there before and were dropped."""


def split_pairs(pairs: Iterable[Pair], *, seed: int = 1, share: float = 0.2) -> Split:
    """Drop exact repeats and hold out a share of the rest; rows with equal prompts stay on one side.

    Where a prompt goes depends on the prompt and the seed alone, not on the other rows or their order.

    Args:
        pairs: the data.
        seed: another one makes another split.
        share: of the rows, to be held out; at least one prompt is, and at least one is not.

    Raises:
        DataError: there are fewer than two different prompts.
    """
    all_pairs = list(pairs)
    kept = list(dict.fromkeys(all_pairs))
    counts: dict[str, int] = {}
    for pair in kept:
        counts[pair.prompt] = counts.get(pair.prompt, 0) + 1
    if len(counts) < 2:
        raise DataError(f"{len(counts)} different prompts; a split needs at least 2, add rows")
    held_out = _draw(counts, seed, max(1, round(share * len(kept))))
    return Split(
        train=[pair for pair in kept if pair.prompt not in held_out],
        held_out=[pair for pair in kept if pair.prompt in held_out],
        repeats=len(all_pairs) - len(kept),
    )


def _draw(counts: dict[str, int], seed: int, rows: int) -> set[str]:
    """Return prompts with about ``rows`` rows between them, never all of them."""
    drawn: set[str] = set()
    for prompt in sorted(counts, key=lambda prompt: _rank(prompt, seed))[:-1]:
        if rows <= 0:
            break
        drawn.add(prompt)
        rows -= counts[prompt]
    return drawn


def _rank(prompt: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\n{prompt}".encode(errors="surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Says of each row on which side it is; the same for the same data and seed, everywhere."""

    seed: int
    kind: Kind
    _ranks: frozenset[int]

    def split(self, batch: Batch) -> tuple[Batch, Batch]:
        """Return the training rows and the held-out rows of a batch."""
        sides = [rank in self._ranks for rank, _ in _ranks(batch, self.seed, self.kind)]
        train = [place for place, held in enumerate(sides) if not held]
        return kept(batch, train), kept(batch, [place for place, held in enumerate(sides) if held])


def hold_out(
    source: Callable[[], Iterable[Batch]],
    labels: Mapping[str, int] | None = None,
    *,
    kind: Kind = "prompt_completion",
    seed: int = 1,
    share: float = SHARE,
    most: int = MOST,
) -> HeldOut:
    """Return which rows are held out: a share of each label's, drawn by the prompts and the seed.

    Rows with equal prompts, but for blanks around them, are on one side, so that no prompt leaks; of a conversation
    the prompt is all before the last answer.

    Args:
        source: the data, which is read once.
        labels: the classes, as in ``Task.labels``; empty or None to draw from all rows alike.
        kind: the format of the rows.
        seed: another one draws other rows.
        share: of the rows, between 0 and 1.
        most: rows to be held out at most, about.

    Raises:
        DataError: there are fewer than two different prompts.
    """
    by_label: dict[object, array[int]] = {}
    for batch in source():
        for rank, completion in _ranks(batch, seed, kind):
            label = completion if labels and isinstance(completion, str) and completion in labels else None
            by_label.setdefault(label, array("q")).append(rank)
    rows = sum(map(len, by_label.values()))
    share = min(share, most / rows) if rows else share
    held = {rank for ranks in by_label.values() for rank in _drawn(ranks, round(share * len(ranks)))}
    return HeldOut(seed, kind, _neither_empty(by_label, held, rows))


def _drawn(ranks: array[int], rows: int) -> list[int]:
    """Return the smallest ranks, about ``rows`` of them, but never all that there are."""
    smallest = nsmallest(rows, ranks)
    return smallest if not smallest or smallest[-1] < max(ranks) else smallest[: bisect_left(smallest, smallest[-1])]


def _neither_empty(by_label: dict[object, array[int]], held: set[int], rows: int) -> frozenset[int]:
    """Return the ranks, with one at least and without one at least."""
    first = min((min(ranks) for ranks in by_label.values()), default=0)
    last = max((max(ranks) for ranks in by_label.values()), default=0)
    if first == last:
        raise DataError(f"{min(rows, 1)} different prompts; a split needs at least 2, add rows")
    return frozenset((held - {last}) or {first})


def _ranks(batch: Batch, seed: int, kind: Kind) -> Iterator[tuple[int, object]]:
    """Yield a number for each row, which follows from the seed and what decides on its side, and its completion."""
    start = blake2b(f"{seed}\n".encode(), digest_size=7)  # 7 bytes, since an array of 8 has a sign
    for text, completion in _deciding(batch, kind):
        hashed = start.copy()
        hashed.update(text.encode("utf-8", "surrogatepass"))
        yield int.from_bytes(hashed.digest()), completion


def _deciding(batch: Batch, kind: Kind) -> Iterator[tuple[str, object]]:
    """Yield for each row the prompt, or the completion where that is blank, and the completion."""
    if kind == "prompt_completion":
        for prompt, completion in zip(batch.column("prompt"), batch.column("completion"), strict=True):
            yield _text(prompt) or _text(completion), completion
        return
    texts = talk_of(batch, kind, 0)
    known: dict[int, tuple[str, object]] = {}
    if texts is not None:
        known = dict(zip(texts.places, zip(texts.prompt.texts, texts.completion.texts, strict=True), strict=True))
    for place, row in enumerate(batch.rows):
        yield known.get(place) or (as_text(row), None)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
