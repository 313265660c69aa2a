"""Batches made by hand, for tests of checks and fixes."""

from __future__ import annotations

from collections.abc import Iterable

from openft.data.batch import Batch, Batches
from openft.data.checks.examine import examine
from openft.data.checks.examined import Examined
from openft.data.findings import Finding
from openft.data.fixes.mend import Mended, mend

Row = dict[str, object]

WORDS = ["apple", "river", "stone", "cloud", "lamp", "garden", "violin", "coffee", "window", "paper", "ocean", "train"]


def pairs(*rows: tuple[object, object]) -> list[Row]:
    return [{"prompt": prompt, "completion": completion} for prompt, completion in rows]


def good(rows: int = 400, *, labels: int = 2) -> list[Row]:
    """Return rows in which there is nothing to find."""
    return pairs(*(
        (f"{WORDS[n % 12]} {n} {WORDS[n * 7 % 12]}\n\n###\n\n", f" {'abcdefgh'[n % labels]}") for n in range(rows)
    ))  # fmt: skip


def source(rows: Iterable[Row], *, size: int = 7, file: str = "data.jsonl") -> Batches:
    """Return rows as batches of a few, one row a line."""
    rows = list(rows)
    return lambda: [
        Batch(file, range(start + 1, start + 1 + len(rows[start : start + size])), rows[start : start + size])
        for start in range(0, len(rows), size)
    ]


def look(rows: Iterable[Row], *, limit: int = 2048) -> tuple[Examined, list[Finding]]:
    found: list[Finding] = []
    return examine(source(rows), found.append, limit=limit), found


def ids(rows: Iterable[Row]) -> set[str]:
    return {finding.id for finding in look(rows)[1]}


def named(rows: Iterable[Row], id: str, *, limit: int = 2048) -> list[Finding]:
    return [finding for finding in look(rows, limit=limit)[1] if finding.id == id]


def fixed(rows: Iterable[Row], *only: str, limit: int = 2048) -> tuple[list[Row], Mended]:
    """Return rows with all fixes made, or those with some ids only."""
    mended = mend(source(rows), lambda fix, _: not only or fix.id in only, limit=limit)
    return [row for batch in mended.source() for row in batch.rows], mended
