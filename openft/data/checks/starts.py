"""How the texts of a column begin: with the same words, with a space or without."""

from __future__ import annotations

from openft.data.checks.marks import REACH, entries, opening, shared_start, whole_words
from openft.data.checks.texts import Column

_CLOSING = frozenset(":.?!")
"""What the last word of a label or sentence is closed with."""


class Starts:
    """What is known of the starts of a column."""

    def __init__(self) -> None:
        self.common: str | None = None
        self._entries = 0
        """The most entries that a text has; valid while there is a sentence or label in the common start."""
        self.spaced: bool = False
        """One text begins with white space."""
        self.unspaced: bool = False
        """One does not."""
        self.shortest: int = 0
        """The fewest characters of a text that are no blanks; valid while there is a common start."""
        self.first: str | None = None
        self.equal: bool = True
        """All texts are the same one."""

    def feed(self, column: Column) -> None:
        """Take the next texts in."""
        distinct = column.distinct
        if self.first is None:
            self.first = column.texts[0]
        self.equal = self.equal and column.texts.count(self.first) == len(column.texts)
        spaced = {character for character in column.firsts if character.isspace()}
        self.spaced = self.spaced or bool(spaced)
        self.unspaced = self.unspaced or bool(column.firsts - spaced)
        if self.common == "":
            return
        shortest = min(map(_full, distinct))
        self.shortest = shortest if self.common is None else min(self.shortest, shortest)
        starts = {text[:REACH] for text in distinct}
        self.common = shared_start([*starts] if self.common is None else [self.common, *starts])
        if not _CLOSING.isdisjoint(self.common):
            self._entries = max(self._entries, *map(entries, distinct))

    def prefix(self, mark: str) -> str:
        """Return the words that all texts begin with; "" where one would have nothing left but the mark at its end."""
        return self._unless_all(whole_words(self.common or ""), mark)

    def opening(self, mark: str, *, sentences: bool) -> str:
        """Return what of that can be taken off all texts without a loss."""
        found = self._unless_all(opening(self.common or "", sentences=sentences), mark)
        return found if self._entries <= entries(f"{found}x") else ""

    def _unless_all(self, start: str, mark: str) -> str:
        return start if _full(start) + _full(mark) < self.shortest else ""


def _full(text: str) -> int:
    """Return how many characters are no blanks."""
    return len("".join(text.split()))
