"""Fixes of columns: their names, their number, and values that are no text."""

from __future__ import annotations

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.intake import NAMES, role_of, spelling, stranger
from openft.data.fixes.fix import Fix, fix, with_rows


def rename() -> Fix:
    """Return the fix that gives columns their right names, where only case or blanks are wrong."""
    return fix(rules.MISNAMED_COLUMN, "call the columns prompt and completion", _renamed, local=True)


def _renamed(batch: Batch) -> Batch:
    if all(row.keys() >= set(NAMES) for row in batch.rows):
        return batch
    return with_rows(batch, [_with_names(row) for row in batch.rows])


def _with_names(row: dict[str, object]) -> dict[str, object]:
    renamed: dict[str, object] = {}
    for key, value in row.items():
        name = role_of(key, row)
        renamed[key if name is None or name in renamed else name] = value
    return renamed


def drop_extra() -> Fix:
    """Return the fix that leaves further columns out."""
    return fix(rules.EXTRA_COLUMN, "leave out all other columns", _narrow, settles=True, local=True)


def _narrow(batch: Batch) -> Batch:
    if all(row.keys() <= set(NAMES) for row in batch.rows):
        return batch
    return with_rows(batch, [row if stranger(row) is not None else _narrowed(row) for row in batch.rows])


def _narrowed(row: dict[str, object]) -> dict[str, object]:
    return {key: row[key] for key in row if key in NAMES or role_of(key, row) is not None}


def spell_numbers() -> Fix:
    """Return the fix that makes whole numbers, true and false texts, spelt as in JSON."""
    return fix(rules.NUMBER_FOR_TEXT, "write whole numbers, true and false as text", _spelt, local=True)


def _spelt(batch: Batch) -> Batch:
    if all(spelling(row.get(name)) is None for row in batch.rows for name in NAMES):
        return batch
    return with_rows(batch, [{key: _text(key, value) for key, value in row.items()} for row in batch.rows])


def _text(key: str, value: object) -> object:
    spelt = spelling(value) if key in NAMES else None
    return value if spelt is None else spelt
