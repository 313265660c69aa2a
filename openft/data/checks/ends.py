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
        """What all texts end with and looks like a separator or stop sequence."""
        self.inside: int = 0
        self.first_inside: tuple[int, str] | None = None
        self.blanks: int = 0
        self.first_blank: tuple[int, str] | None = None
        self._all_blank = True
        self._known = known
        self.last: str = last
        self._changed = self._both = False
        self._start()

    def feed(self, column: Column, lines: Sequence[int], other: Column | None = None) -> None:
        """Take the next texts in; ``other`` is the column where the mark should not be either."""
        self._mark(column)
        self._blank(column, lines)
        self.scan(column, lines, other)

    def _start(self) -> None:
        self.rows, self.inside, self.first_inside = 0, 0, None
        self._free, self._newline = list(self._known), False
        self._ended: dict[str, int] = {}
        """How many texts end with a mark, of those that are at ends and nowhere else."""
        self._elsewhere: set[str] = set()

    @property
    def used(self) -> str:
        """The mark, "" where it is inside texts too, so that it tells nobody where they end."""
        return self.mark if self.first_inside is None else ""

    @property
    def stale(self) -> bool:
        """Whether the data is to be gone through once more.

        The mark became another one on the way, or it is inside texts, so that one is to be found that is not.
        """
        return self._changed or (self.first_inside is not None and not self._both)

    def again(self) -> None:
        """Forget what was counted; ``scan`` is called for all columns once more, with the mark as it is now."""
        self._changed, self._both = False, True
        self._start()

    def scan(self, column: Column, lines: Sequence[int], other: Column | None = None) -> None:
        """Count the mark inside texts; without a mark of use, see which ones are free."""
        self.rows += len(column.texts)
        if self._both or not self.mark:
            self._look_for_free(column, other)
        if not self.mark:
            return
        if column.count(self.mark) > len(column.texts) or _begin(column, self.mark):
            self._note((text[: -len(self.mark)] for text in column.texts), lines)
        if other is not None and not self.mark.isspace() and _will_hold(other, self.mark):
            self._note(other.texts, lines, behind="\n")

    def _note(self, texts: Iterable[str], lines: Sequence[int], behind: str = "") -> None:
        for line, text in zip(lines, texts, strict=True):
            if self.mark in f"{'' if text[:1].isspace() else ' '}{text}{behind}":
                self.inside += 1
                if self.first_inside is None or line < self.first_inside[0]:
                    self.first_inside = (line, text)

    def offer(self) -> tuple[str, int]:
        """Return what should be put behind texts and how many have it: what most have, or what is in none."""
        away = [mark for mark in self._known if mark not in self._elsewhere and mark != self.mark]
        at_ends = [mark for mark in away if self._ended.get(mark)]
        most = max(at_ends, key=lambda mark: self._ended[mark], default="")
        if most and self._ended[most] * 2 >= self.rows:
            return most, self._ended[most]
        usable = (mark for mark in self._free if mark in away and (mark != " ->" or not self._newline))
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
        self._changed = self._changed or (mark != self.mark and self.rows > 0)
        self.mark = mark

    def _blank(self, column: Column, lines: Sequence[int]) -> None:
        self._all_blank = self._all_blank and column.lasts <= _BLANKS
        if column.lasts.isdisjoint(_BLANKS):
            return
        for place, text in enumerate(column.texts):
            if text[-1:] in _BLANKS:
                self.blanks += 1
                self.first_blank = self.first_blank or (lines[place], text)

    def _look_for_free(self, column: Column, other: Column | None) -> None:
        self._newline = self._newline or column.holds("\n")
        for mark in [mark for mark in self._free if column.holds(mark) or _begin(column, mark)]:
            self._free.remove(mark)
            self._ended[mark] = 0
        for mark in list(self._ended):
            ended = column.ending(mark)
            if column.count(mark) > ended:
                del self._ended[mark]
            else:
                self._ended[mark] += ended
        if other is not None:
            self._elsewhere.update(
                mark for mark in self._known if mark not in self._elsewhere and _will_hold(other, mark)
            )


def _begin(column: Column, mark: str) -> bool:
    """Return whether a text begins with a mark that begins with a space, once a fix has put one before it."""
    return mark[0] == " " and not mark[1:2].isspace() and column.begins(mark[1:])


def _will_hold(completions: Column, separator: str) -> bool:
    """Return whether a completion holds a separator, or will once it has a space before it and a line end behind."""
    if completions.holds(separator) or _begin(completions, separator):
        return True
    return separator[-1] == "\n" and completions.ends(separator[:-1])
