"""Fixes that leave rows out; each row that goes has a finding with its line."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.length import Length
from openft.data.fixes.fix import Fix, fix, kept


def drop_empty() -> Fix:
    """Return the fix that leaves out rows without a completion."""
    return fix(rules.EMPTY_COMPLETION, "leave out rows with an empty completion", _without_empty, local=True)


def _without_empty(batch: Batch) -> Batch:
    return kept(batch, [place for place, row in enumerate(batch.rows) if not _empty(row)])


def _empty(row: dict[str, object]) -> bool:
    completion = row.get("completion", 0)
    return completion is None or (isinstance(completion, str) and not completion.strip())


def drop_duplicates(places: array[int]) -> Fix:
    """Return the fix that leaves out the rows at these places of the data, counted from 0 and in order."""
    does = f"leave out {len(places)} rows that are there before"
    return Fix(rules.DUPLICATE_ROW.id, rules.DUPLICATE_ROW.name, does, lambda batches: without(places, batches))


def without(places: array[int], batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the data without the rows at these places, counted from 0 and in order."""
    start = 0
    for batch in batches:
        end = start + len(batch.rows)
        gone = set(places[bisect_left(places, start) : bisect_left(places, end)])
        yield kept(batch, [place - start for place in range(start, end) if place not in gone]) if gone else batch
        start = end


def drop_long(length: Length) -> Fix:
    """Return the fix that leaves out examples that are too long and have a prompt."""

    def edit(batch: Batch) -> Batch:
        return kept(batch, [place for place, row in enumerate(batch.rows) if not _long(row, length)])

    return fix(rules.LONG_EXAMPLE, f"leave out examples of more than {length.limit} tokens", edit, local=True)


def _long(row: dict[str, object], length: Length) -> bool:
    prompt, completion = row.get("prompt"), row.get("completion")
    if not isinstance(prompt, str) or not isinstance(completion, str):
        return False
    return bool(prompt.strip()) and any(True for _ in length.long([prompt], [completion]))
