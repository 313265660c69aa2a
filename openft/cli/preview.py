"""What a fix would change, on a few real rows, before it is made."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from itertools import islice

from openft.data.batch import Batch, Batches
from openft.data.fixes.fix import Fix
from openft.display import words

SHOWN = 3
"""Rows of a preview."""
_BEFORE, _WIDEST = 24, 76


def preview(fix: Fix, data: Batches) -> Iterator[str]:
    """Yield lines with rows as they are and as they would be; what cannot be printed is escaped."""
    return islice(_changes(fix, data), 3 * SHOWN)


def _changes(fix: Fix, data: Batches) -> Iterator[str]:
    """Yield three lines for each row that would change."""
    given: deque[Batch] = deque()

    def noted() -> Iterator[Batch]:
        for batch in data():
            given.append(batch)
            yield batch

    for after in fix.apply(noted()):
        before = given.popleft()
        if before is not after:
            yield from _within(before, after)


def _within(before: Batch, after: Batch) -> Iterator[str]:
    """Yield the changes of one batch, whose rows are all there still, or the same ones but for some."""
    places = [f"  {words(before.file)}:{line}" for line in before.lines]
    if len(after.rows) == len(before.rows):
        for place, row, new in zip(places, before.rows, after.rows, strict=True):
            if row != new:
                yield from _row(place, row, new)
        return
    left = set(map(id, after.rows))
    for place, row in zip(places, before.rows, strict=True):
        if id(row) not in left:
            yield from (place, f"    - {words(_text(row), _WIDEST)}", "    + (left out)")


def _row(place: str, row: dict[str, object], new: dict[str, object]) -> Iterator[str]:
    column = next((name for name in row if row[name] != new.get(name)), None)
    old_text, new_text = (_text(one if column not in new else one[column]) for one in (row, new))
    start = max(0, _equal(old_text, new_text) - _BEFORE)
    dots = "…" if start else ""
    yield f"{place} {words(column) if column in new else ''}".rstrip()
    for sign, text in (("-", old_text), ("+", new_text)):
        yield f'    {sign} "{words(dots + text[start:], _WIDEST)}"'  # quoted, so that blanks at the ends are seen


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _equal(first: str, second: str) -> int:
    """Return how many characters both begin with."""
    pairs = zip(first, second, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))
