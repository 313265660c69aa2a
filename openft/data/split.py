"""A training and a held-out part that have no text in common."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from openft.data.tables import Pair
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
