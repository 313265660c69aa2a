"""The tables of docs/moving.md: ``PYTHONPATH=tests python -m official.moving`` writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from official import differences
from official.differences import Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "moving.md"


def table(*rows: Iterable[str]) -> str:
    """Return a table; the first row is its head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * lines[0].count(" | ") + "|---|", *lines[1:]])


def compared(rows: Iterable[Row]) -> str:
    return table(("openai", "openft", "because"), *((row.official, row.ours, row.why) for row in rows))


PARTS = {
    "version": f"openai {differences.OPENAI}",
    "added": table(("new", "what it does"), *((call, what) for _, call, what in differences.ADDED)),
    "calls": compared(differences.CALLS),
    "client": compared(differences.CLIENT),
    "pages": compared(differences.PAGES),
    "answers": compared(differences.ANSWERS),
    "errors": compared(differences.ERRORS),
    "meanings": compared(differences.MEANINGS),
}


def written(text: str) -> str:
    """Return the page with its tables as they should be."""
    for name, part in PARTS.items():
        head, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        if not begin or not end:
            raise SystemExit(f"docs/moving.md has no place for {name}")
        text = f"{head}{begin}{part}\n{end}{tail}"
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
