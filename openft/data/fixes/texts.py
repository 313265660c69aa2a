"""Fixes of texts: what stands before and behind them, their case, and characters that should not be in them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from openft.data.batch import Batch
from openft.data.checks import rules, safety
from openft.data.checks.case import lowered
from openft.data.checks.ends import BLANKS
from openft.data.checks.rules import Rule
from openft.data.fixes.fix import Around, Change, Edit, Fix, fix, with_rows


def _on(column: str, change: Change) -> Edit:
    """Return the edit that changes the texts of a column; what is no text stays."""

    def edit(batch: Batch) -> Batch:
        values = batch.column(column)
        if set(map(type, values)) != {str}:
            return _some(batch, column, change)
        texts = cast("list[str]", values)
        changed = change(texts)
        if changed == texts:
            return batch
        return with_rows(batch, [{**row, column: text} for row, text in zip(batch.rows, changed, strict=True)])

    return edit


def _some(batch: Batch, column: str, change: Change) -> Batch:
    rows = list(batch.rows)
    for place, row in enumerate(rows):
        if isinstance(text := row.get(column), str):
            rows[place] = {**row, column: change([text])[0]}
    return with_rows(batch, rows)


def add_end(rule: Rule, column: str, mark: str, *, settles: bool, free: bool = False) -> Fix:
    """Return the fix that puts a separator or stop sequence behind texts that do not end with it.

    Args:
        rule: what it mends.
        column: whose texts.
        mark: the separator or stop sequence.
        settles: whether nothing needs to be looked at again.
        free: whether no text ends with the mark.
    """
    change = _ended(mark)
    made = fix(rule, f"end every {column} with {mark!r}", _on(column, change), settles=settles)
    return replace(made, change=(column, change), mark=mark, around=Around(column, behind=mark) if free else None)


def _ended(mark: str) -> Change:
    return lambda texts: [text if text.endswith(mark) else text + mark for text in texts]


def add_space(*, settles: bool, free: bool = False) -> Fix:
    """Return the fix that puts a space before completions that begin without one, which is all of them if ``free``."""
    made = fix(rules.LEADING_SPACE, "begin every completion with a space", _on("completion", _spaced), settles=settles)
    around = Around("completion", before=" ") if free else None
    return replace(made, change=("completion", _spaced), around=around)


def _spaced(texts: list[str]) -> list[str]:
    return [text if text[:1].isspace() else " " + text for text in texts]


def remove_start(rule: Rule, column: str, prefix: str) -> Fix:
    """Return the fix that takes a common start away, but one space before completions, and no line's indentation."""
    space = " " if column == "completion" and prefix[:1] == " " and prefix[-1] != "\n" else ""

    def change(text: str) -> str:
        rest = text[len(prefix) :]
        return space + rest.lstrip(" ") if space else rest

    def edit(texts: list[str]) -> list[str]:
        return [change(text) if text.startswith(prefix) else text for text in texts]

    return fix(rule, f"take {prefix!r} off every {column}", _on(column, edit))


def lower(rule: Rule, column: str, mark: str) -> Fix:
    """Return the fix that writes a column in small letters, but for the separator or stop sequence at its end."""

    def change(text: str) -> str:
        return lowered(text.removesuffix(mark)) + mark if mark and text.endswith(mark) else lowered(text)

    edit = _on(column, lambda texts: [change(text) for text in texts])
    return replace(fix(rule, f"write every {column} in small letters", edit), on_request=True)


def strip_blanks(columns: list[str]) -> Fix:
    """Return the fix that takes blanks off the ends of texts."""

    def edit(batch: Batch) -> Batch:
        for column in columns:
            batch = _on(column, lambda texts: [text.rstrip(BLANKS) for text in texts])(batch)
        return batch

    return fix(rules.TRAILING_BLANK, f"take blanks off the end of every {' and '.join(columns)}", edit)


def remove_characters(rule: Rule, pattern: re.Pattern[str]) -> Fix:
    """Return the fix that takes out the characters that a pattern finds."""

    def edit(batch: Batch) -> Batch:
        for column in ("prompt", "completion"):
            batch = _on(column, lambda texts: [pattern.sub(safety.in_place, text) for text in texts])(batch)
        return batch

    return fix(rule, safety.does(rule), edit, local=True)
