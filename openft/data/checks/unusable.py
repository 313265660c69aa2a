"""Rows that cannot be trained on as they are left: hosts refuse them, or they have an error that no fix mends."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.batch import Batch, Batches
from openft.data.checks import rules
from openft.data.checks.examine import checks_of
from openft.data.checks.intake import NAMES
from openft.data.findings import Finding, Severity
from openft.data.rows import Kind, Row, check_row
from openft.errors import DataError


def unusable(source: Batches, kind: Kind) -> Iterator[tuple[int, Finding | None]]:
    """Yield the place of each such row, counted from 0, with a finding where no check of single rows names it."""
    start = 0
    for batch in source():
        if not _are_pairs(batch, kind):
            known = _errors(batch, kind)
            for place, row in enumerate(batch.rows):
                refusal = _refusal(row, kind)
                if refusal is not None and place not in known:
                    yield start + place, _finding(batch, place, refusal)
                elif refusal is not None or known.get(place):
                    yield start + place, None
        start += len(batch.rows)


def _are_pairs(batch: Batch, kind: Kind) -> bool:
    """Return whether nothing can be wrong: each row is a prompt and a completion, both text."""
    pairs = batch.pairs() if kind == "prompt_completion" else None
    return pairs is not None and all(pairs[1])


def _errors(batch: Batch, kind: Kind) -> dict[int, bool]:
    """Return the places of rows with errors, and whether there is one that no fix mends."""
    known: dict[int, bool] = {}
    numbered = Batch(batch.file, range(len(batch.rows)), batch.rows)  # so that a finding's line is a place
    for finding in checks_of(kind, None, None).feed(numbered):
        if finding.severity is Severity.ERROR and finding.line is not None:
            known[finding.line] = known.get(finding.line, False) or not finding.fixable
    return known


def _refusal(row: Row, kind: Kind) -> str | None:
    try:
        return None if check_row(row) == kind else f"not a {kind} row"
    except DataError as error:
        return error.reason


def _finding(batch: Batch, place: int, refusal: str) -> Finding:
    """Return what names a row whose columns are wrong and were left so, of which only the first row was told."""
    row = batch.rows[place]
    rule = rules.EXTRA_COLUMN if row.keys() >= set(NAMES) else rules.MISNAMED_COLUMN
    text = ", ".join(map(str, row))
    message = f"{refusal}; it is left out"
    return rule.finding(message, file=batch.file, line=batch.lines[place], text=text, fixable=False)
