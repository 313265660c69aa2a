"""Values in words: short, on one line, with nothing in them that moves a cursor or turns text around."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from datetime import UTC, datetime

WIDEST = 120
"""Characters of one value in a line."""
LONGEST = 500
"""Characters of a line."""


class Words(str):
    """A text that a line shows without quotes: a moment, a size, a count."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def words(value: object, widest: int = WIDEST) -> str:
    """Return a value as text of at most ``widest`` characters; what cannot be printed is escaped as in Python."""
    if isinstance(value, str):
        # twice, since an escape is longer than its character
        return cut("".join(map(_visible, cut(value, widest))), widest)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int) and value.bit_length() > 64:  # Python refuses to print very long ones
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, Sized):
        return f"{len(value)} item{'' if len(value) == 1 else 's'}"
    return words(str(value), widest)


def shown(value: object, widest: int = WIDEST) -> object:
    """Return what a line shows of a value: its repr is short and on one line."""
    if isinstance(value, Words) or not isinstance(value, str):
        return Words(words(value, widest))
    return cut(value, widest)


def line(kind: str, fields: Iterable[tuple[str, object]]) -> str:
    """Return ``Kind(name=value, …)`` on one line; an empty name leaves the value alone."""
    told = ", ".join(f"{name}={shown(value)!r}" if name else repr(shown(value)) for name, value in fields)
    return f"{kind}({cut(told, LONGEST)})"


def moment(seconds: float) -> Words:
    """Return Unix seconds as a time of day in UTC, or as they are where no calendar has them."""
    try:
        return Words(datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"))
    except (OverflowError, ValueError, OSError):
        return Words(words(seconds))


def size(count: float) -> Words:
    """Return a number of bytes with its unit, in powers of 1000."""
    left, unit = float(count), 0
    while abs(left) >= 999.95 and unit < len(UNITS) - 1:
        left, unit = left / 1000, unit + 1
    return Words(f"{left:.4g} {UNITS[unit]}" if unit == 0 else f"{left:.1f} {UNITS[unit]}")


UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def cut(text: str, widest: int) -> str:
    """Return the text, its end replaced by ``…`` where it is longer."""
    return text if len(text) <= widest else f"{text[: widest - 1]}…"


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
