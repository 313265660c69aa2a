"""The table for users says what the cases say."""

from __future__ import annotations

from faults.table import PAGE, repeated, table, written
from faults.themes import CASES, THEMES


def test_the_page_has_the_table_of_today() -> None:
    assert PAGE.read_text("utf-8") == written(), "run `python tests/faults/table.py`"


def test_every_case_is_counted_in_one_row() -> None:
    counts = [int(line.split("|")[-2]) for line in table().splitlines() if line.startswith("|") and line[-3].isdigit()]
    assert sum(counts) == len(CASES)


def test_a_row_says_clearly_whether_a_request_is_repeated() -> None:
    rows = {(theme, case.what) for theme, cases in THEMES.items() for case in cases}
    told = {what: repeated(theme, [case for case in THEMES[theme] if case.what == what]) for theme, what in rows}
    assert [what for what, words in told.items() if "some" in words] == []
    assert len({what for _, what in rows}) == len(rows)
