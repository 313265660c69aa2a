"""Whether all conversations begin with the same system message but for some that have none."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.checks import rules
from openft.data.checks.belong import belongs
from openft.data.checks.paths import Row, as_list, as_object
from openft.data.checks.plain import Plain
from openft.data.findings import Finding

_SYSTEM = ("system", "developer")


class Systems:
    """Takes conversations in, and tells at the end."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        """The first two different ones."""
        self._without = 0
        self._first: int | None = None

    def plain(self, rows: Plain, lines: list[int]) -> None:
        """Take plain rows in."""
        said = rows.said.texts
        starts = [start for start, turns in zip(rows.starts, rows.turns, strict=False) if turns[0] in _SYSTEM]
        if len(self._texts) < 2:
            self._texts.update({said[start] for start in starts})
        if len(starts) < len(lines):
            lacking = (line for line, turns in zip(lines, rows.turns, strict=True) if turns[0] not in _SYSTEM)
            self._lack(next(lacking), len(lines) - len(starts))

    def row(self, row: Row, line: int) -> None:
        """Take any row in."""
        if not belongs(row, "chat"):
            return
        first = as_object((as_list(row["messages"]) or [None])[0]) or {}
        if first.get("role") in _SYSTEM:
            if len(self._texts) < 2:
                self._texts.add(str(first.get("content")))
        else:
            self._lack(line, 1)

    def _lack(self, line: int, rows: int) -> None:
        self._without += rows
        self._first = line if self._first is None else min(self._first, line)

    def end(self, file: str | None) -> Iterator[Finding]:
        """Yield whether some rows lack what all others begin with."""
        if len(self._texts) == 1 and self._without:
            message = (
                f"{self._without} rows have no system message, and all others the same one; write it there too, if the "
                "model is to be asked with it"
            )
            text = next(iter(self._texts))
            yield rules.MISSING_SYSTEM.finding(message, file=file, line=self._first, column="messages[0]", text=text)
