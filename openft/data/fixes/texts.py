"""Fixes of texts: what stands before and behind them, their case, and characters that should not be in them."""

from __future__ import annotations

import re
from collections.abc import Callable

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.case import lowered
from openft.data.checks.rules import Rule
from openft.data.fixes.fix import Edit, Fix, fix, with_rows


def _on(column: str, change: Callable[[str], str]) -> Edit:
    """Return the edit that changes each text of a column."""

    def edit(batch: Batch) -> Batch:
        return with_rows(
            batch, [{**row, column: _changed(row[column], change)} if column in row else row for row in batch.rows]
        )

    return edit


def _changed(value: object, change: Callable[[str], str]) -> object:
    return change(value) if isinstance(value, str) else value


def add_end(rule: Rule, column: str, mark: str, *, settles: bool) -> Fix:
    """Return the fix that puts a separator or stop sequence behind texts that do not end with it."""
    edit = _on(column, lambda text: text if text.endswith(mark) else text + mark)
    return fix(rule, f"end every {column} with {mark!r}", edit, settles=settles)


def add_space(*, settles: bool) -> Fix:
    """Return the fix that puts a space before completions that begin without one."""
    edit = _on("completion", lambda text: text if text[:1].isspace() else f" {text}")
    return fix(rules.LEADING_SPACE, "begin every completion with a space", edit, settles=settles)


def remove_start(rule: Rule, column: str, prefix: str) -> Fix:
    """Return the fix that takes a common start away, but one space before completions."""
    space = " " if column == "completion" and prefix[:1] == " " else ""

    def change(text: str) -> str:
        rest = text.removeprefix(prefix)
        return text if rest is text else space + rest.lstrip(" ") if space else rest

    return fix(rule, f"take {prefix!r} off every {column}", _on(column, change))


def lower(rule: Rule, column: str, mark: str) -> Fix:
    """Return the fix that writes a column in small letters, but for the separator or stop sequence at its end."""

    def change(text: str) -> str:
        return lowered(text.removesuffix(mark)) + mark if mark and text.endswith(mark) else lowered(text)

    return fix(rule, f"write every {column} in small letters", _on(column, change))


def strip_blanks(columns: list[str]) -> Fix:
    """Return the fix that takes blanks off the ends of texts."""

    def edit(batch: Batch) -> Batch:
        for column in columns:
            batch = _on(column, lambda text: text.rstrip(" \t\u00a0\u3000"))(batch)
        return batch

    return fix(rules.TRAILING_BLANK, f"take blanks off the end of every {' and '.join(columns)}", edit)


def remove_characters(rule: Rule, pattern: re.Pattern[str]) -> Fix:
    """Return the fix that takes out the characters that a pattern finds."""

    def edit(batch: Batch) -> Batch:
        for column in ("prompt", "completion"):
            batch = _on(column, lambda text: pattern.sub("", text))(batch)
        return batch

    return fix(rule, f"take out every {rule.name.replace('-', ' ')}", edit, local=True)
