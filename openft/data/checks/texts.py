"""A batch as two columns of texts, with what several checks need of them made once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import filterfalse, repeat
from operator import contains

from openft.data.batch import Plain

BETWEEN = "\x00"
"""Stands between the texts of a column that are looked through as one."""

_BETWEEN = BETWEEN.encode()
_FEW = 2048
"""Texts of a batch below which they are long."""
_SOME = 64
"""Texts, and characters of each, that are looked at to see whether many are the same."""


class Column:
    """The texts of one column.

    Args:
        name: what it is called.
        texts: one for each row.
        joined: all of them with ``BETWEEN`` between, where that is there already.
        plain: of the batch that they are from.
    """

    def __init__(self, name: str, texts: list[str], joined: str | None = None, *, plain: Plain | None = None) -> None:
        self.name = name
        self.texts = texts
        self.plain = plain
        self._joined = joined
        self._known: dict[str, bool] = {}
        """Whether a character is in a text."""

    @property
    def joined(self) -> str:
        """All texts with ``BETWEEN`` between them."""
        if self._joined is None:
            self._joined = BETWEEN.join(self.texts)
        return self._joined

    @cached_property
    def data(self) -> bytes:
        """``joined`` in UTF-8.

        Few long texts are encoded one by one: if only one of them is not ASCII, a text of all of them would take twice
        the room or more.
        """
        try:
            if self._is_long:
                return _BETWEEN.join(map(str.encode, self.texts))
            return self.joined.encode()
        except UnicodeEncodeError:
            return self.joined.encode("utf-8", "surrogatepass")

    @cached_property
    def is_ascii(self) -> bool:
        """Whether all texts are ASCII."""
        return not self.beyond if self._is_long else self.data.isascii()

    @cached_property
    def beyond(self) -> list[str]:
        """The texts that are not ASCII."""
        return list(filterfalse(str.isascii, self.texts))

    @property
    def _is_long(self) -> bool:
        """Whether texts are so long that looking at each costs less than making one of them all."""
        return self._joined is None and len(self.texts) < _FEW

    @cached_property
    def distinct(self) -> Collection[str]:
        """Return each text once where many are the same, as labels are, else all of them, which costs no hashing."""
        some = self.texts[:_SOME]
        starts = {text[:_SOME] for text in some}  # long texts differ there, which costs less to see
        many = len(starts) * 2 < len(some) and len(set(some)) * 2 < len(some)
        return set(self.texts) if many else self.texts

    @cached_property
    def firsts(self) -> set[str]:
        """The characters that texts begin with; "" is of an empty text."""
        return {text[:1] for text in self.distinct}

    @cached_property
    def lasts(self) -> set[str]:
        """The characters that texts end with; "" is of an empty text."""
        return {text[-1:] for text in self.distinct}

    @cached_property
    def longest(self) -> int:
        """The most characters that a text has."""
        return max(map(len, self.texts))

    @cached_property
    def has_blank(self) -> bool:
        """Whether a text is empty or white space only."""
        return not all(map(str.strip, self.firsts)) and not all(map(str.strip, self.distinct))

    def begins(self, part: str) -> bool:
        """Return whether a text begins with a part."""
        return part[:1] in self.firsts and any(map(str.startswith, self.texts, repeat(part)))

    def ends(self, part: str) -> bool:
        """Return whether a text ends with a part."""
        return part[-1:] in self.lasts and any(map(str.endswith, self.texts, repeat(part)))

    def holds(self, part: str) -> bool:
        """Return whether a part is in a text; its visible characters are looked for first, which is fast."""
        return all(map(self._has, _visible(part))) and self._holds(part)

    def _has(self, character: str) -> bool:
        if character not in self._known:
            may = self.plain is None or self.plain.may_hold(character)
            self._known[character] = may and self._holds(character)
        return self._known[character]

    def _holds(self, part: str) -> bool:
        if self._is_long:
            return any(map(contains, self.texts, repeat(part)))
        return as_bytes(part) in self.data

    def count(self, part: str) -> int:
        """Return how often a part that does not hold ``BETWEEN`` is in the texts, overlaps not counted."""
        if self._is_long:
            return sum(map(str.count, self.texts, repeat(part)))
        return self.data.count(as_bytes(part))

    def ending(self, part: str) -> int:
        """Return how many texts end with a part."""
        if self._is_long:
            return sum(map(str.endswith, self.texts, repeat(part)))
        return self.count(part + BETWEEN) + self.texts[-1].endswith(part)


@cache
def _visible(part: str) -> tuple[str, ...]:
    """Return the characters of a part, without the blanks around it unless it has no others."""
    return tuple(dict.fromkeys(part.strip() or part))


def as_bytes(text: str) -> bytes:
    """Return a text in UTF-8, halves of surrogate pairs too."""
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Texts:
    """The rows of a batch that have both texts."""

    file: str
    lines: Sequence[int]
    places: Sequence[int]
    """Which rows of the data these are, counted from 0."""
    prompt: Column
    completion: Column


def texts_of(
    file: str,
    lines: Sequence[int],
    places: Sequence[int],
    prompts: list[str],
    completions: list[str],
    *,
    plain: Plain | None = None,
) -> Texts:
    """Return columns of texts; ``plain`` is of the batch that they are from."""
    columns = Column("prompt", prompts, plain=plain), Column("completion", completions, plain=plain)
    return Texts(file, lines, places, *columns)
