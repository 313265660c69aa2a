"""How the texts of a column end: with a separator or stop sequence, with one only in part, or as it comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openft.data.checks.marks import REACH, mark_of, shared_end
from openft.data.checks.texts import Column

BLANKS = " \t\u00a0\u3000"
"""What no text should end with, unless all do."""
_BLANKS = frozenset(BLANKS)


class Ends:
    """What is known of the ends of a column."""

    def __init__(self, known: Sequence[str], last: str) -> None:
        self.rows: int = 0
        self.common: str | None = None
        self.mark: str = ""
        self.stale: bool = False
        """The mark became another one on the way, so what was counted is to be counted again."""
        self.inside: int = 0
        self.first_inside: tuple[int, str] | None = None
        self.blanks: int = 0
        self.first_blank: tuple[int, str] | None = None
        self._all_blank = True
        self._known = known
        self.last: str = last
        self._free = list(known)
        self._ended: dict[str, int] = {}
        self._newline = False

    def feed(self, column: Column, lines: Sequence[int], other: Column | None = None) -> None:
        """Take the next texts in; ``other`` is the column where the mark should not be either."""
        self._mark(column)
        self._blank(column, lines)
        self.scan(column, lines, other)

    def again(self) -> None:
        """Forget what was counted; ``scan`` is called for all columns once more, with the mark as it is now."""
        self.rows, self.inside, self.first_inside, self.stale = 0, 0, None, False
        self._free, self._ended, self._newline = list(self._known), {}, False

    def scan(self, column: Column, lines: Sequence[int], other: Column | None = None) -> None:
        """Count the mark inside texts; without a mark, see which ones are free."""
        self.rows += len(column.texts)
        if not self.mark:
            self._look_for_free(column)
            return
        if column.count(self.mark) > len(column.texts):
            self._note((text[: -len(self.mark)] for text in column.texts), lines)
        if other is not None and not self.mark.isspace() and other.holds(self.mark):
            self._note(other.texts, lines)

    def _note(self, texts: Iterable[str], lines: Sequence[int]) -> None:
        for line, text in zip(lines, texts, strict=True):
            if self.mark in text:
                self.inside += 1
                if self.first_inside is None or line < self.first_inside[0]:
                    self.first_inside = (line, text)

    def offer(self) -> tuple[str, int]:
        """Return what should be put behind texts and how many have it: what most have, or what none has."""
        most = max(self._known, key=lambda mark: self._ended.get(mark, 0))
        having = self._ended.get(most, 0)
        if having * 2 >= self.rows:
            return most, having
        usable = (mark for mark in self._free if mark != " ->" or not self._newline)
        return next(usable, self.last), 0

    @property
    def trailing(self) -> bool:
        """Whether some texts end with a blank and others do not."""
        return bool(self.blanks) and not self._all_blank

    def _mark(self, column: Column) -> None:
        if self.common == "":
            return
        reach = REACH if self.common is None else len(self.common)
        few = column.texts[:2] if self.common is None else [self.common, column.texts[0]]
        reach = len(shared_end(text[-reach:] for text in few)) or 1
        ends = {text[-reach:] for text in column.distinct}
        self.common = shared_end([*ends, *few])
        mark = mark_of(self.common, self._known)
        self.stale = self.stale or (mark != self.mark and self.rows > 0)
        self.mark = mark

    def _blank(self, column: Column, lines: Sequence[int]) -> None:
        last = {text[-1:] for text in column.distinct}
        self._all_blank = self._all_blank and last <= _BLANKS
        if last.isdisjoint(_BLANKS):
            return
        for place, text in enumerate(column.texts):
            if text[-1:] in _BLANKS:
                self.blanks += 1
                self.first_blank = self.first_blank or (lines[place], text)

    def _look_for_free(self, column: Column) -> None:
        self._newline = self._newline or column.holds("\n")
        for mark in [mark for mark in self._free if column.holds(mark)]:
            self._free.remove(mark)
            self._ended[mark] = 0
        for mark in self._ended:
            self._ended[mark] += column.ending(mark)
