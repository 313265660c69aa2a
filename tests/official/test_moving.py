"""docs/moving.md has the tables that follow from the comparison with the official client."""

from __future__ import annotations

from official.moving import PAGE, PARTS, written


def test_the_tables_of_the_page_are_fresh() -> None:
    text = PAGE.read_text("utf-8")
    assert written(text) == text, "run: PYTHONPATH=tests .venv/bin/python -m official.moving"


def test_a_stale_table_is_noticed() -> None:
    text = PAGE.read_text("utf-8")
    assert all(part in text and written(text.replace(part, "stale")) == text for part in PARTS.values())
