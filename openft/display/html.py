"""Fields and rows as tables for notebooks: no script, no colour of its own, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openft.display.text import words

ROWS = 20
"""Rows of one table."""
WIDEST = 300
"""Characters of one cell."""
_LEFT = ' style="text-align:left"'


def card(kind: str, fields: Iterable[tuple[str, object]]) -> str:
    """Return one thing as a table of two columns, its fields and their values."""
    rows = [f"<tr><th{_LEFT}>{_cell(name)}</th><td{_LEFT}>{_cell(value)}</td></tr>" for name, value in fields]
    return f"<table>{_caption(kind)}<tbody>{''.join(rows)}</tbody></table>"


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows under their columns; None is an empty cell. The caller bounds them (``ROWS``)."""
    head = "".join(f"<th{_LEFT}>{_cell(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td{_LEFT}>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<table>{_caption(caption)}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _caption(text: str) -> str:
    return f"<caption{_LEFT}>{_cell(text)}</caption>"


def _cell(value: object) -> str:
    from html import escape

    return "" if value is None else escape(words(value, WIDEST))
