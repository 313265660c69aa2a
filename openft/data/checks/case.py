"""Whether a column is written mostly in capitals; of long data one text in sixty-four is looked at."""

from __future__ import annotations

import string
from collections import Counter

from openft.data.checks.texts import BETWEEN, Column, as_bytes

_ALL = 1 << 20
"""Characters of a column up to which every text is looked at."""
_EVERY = 64
_UPPER, _LOWER = string.ascii_uppercase.encode(), string.ascii_lowercase.encode()
_ASCII = bytes(range(128))


class Case:
    """Counts capitals and small letters."""

    def __init__(self) -> None:
        self.upper: int = 0
        self.lower: int = 0
        self.other: int = 0
        """Characters beyond ASCII that are neither."""
        self.sampled: bool = False
        self._seen = 0

    def feed(self, column: Column, mark: str) -> None:
        """Take the next texts in, without the mark at their ends, which may be in capitals."""
        self.sampled = self.sampled or self._seen > _ALL
        data = as_bytes(BETWEEN.join(column.texts[::_EVERY])) if self.sampled else column.data
        if not self.sampled:
            self._seen += sum(map(len, column.texts))
        if mark:
            data = data.replace(as_bytes(mark), b"")
        self.upper += len(data) - len(data.translate(None, _UPPER))
        self.lower += len(data) - len(data.translate(None, _LOWER))
        if not data.isascii():
            self._beyond(data.translate(None, _ASCII).decode("utf-8", "surrogatepass"))

    def _beyond(self, text: str) -> None:
        """Take in what is not ASCII."""
        if text.upper() == text.lower():  # a script without capitals
            self.other += len(text)
            return
        for character, count in Counter(text).items():
            self.other += count * (character.upper() == character.lower())
            self.upper += count * (character != lowered(character))
            self.lower += count * (character != character.upper())

    @property
    def mostly_upper(self) -> bool:
        """Whether more than a third of the letters are capitals, in texts of a script that has them."""
        return self.upper * 2 > self.lower and self.upper + self.lower > self.other


def lowered(text: str) -> str:
    """Return a text in small letters, each of which stays as it is if this is done again."""
    return text.lower()
