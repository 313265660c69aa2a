"""Rows that follow each other in one file: what readers give and checks look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias, cast

Both: TypeAlias = tuple[list[str], list[str]]
"""All prompts and all completions of some rows."""

_ESCAPED = '"\\/\n\r\t'
"""What JSON may write in another way where it is plain."""
_PROMPT, _COMPLETION = itemgetter("prompt"), itemgetter("completion")


class Plain:
    """Bytes in which all that texts have of ASCII stands as it is, but line ends, tabs, quotation marks and slashes."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._known: dict[str, bool] = {}

    def may_hold(self, character: str) -> bool:
        """Return whether a character can be in a text; all of them are looked through at once, which is fast."""
        if character not in self._known:
            self._known[character] = character in _ESCAPED or character.encode("utf-8", "surrogatepass") in self._raw
        return self._known[character]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file, in its order."""

    file: str
    """What messages call the file."""
    lines: Sequence[int]
    """Where each row begins, counted from 1: the line of a text, the row of a table.

    Of one file, each row has another number than all others, but for rows that were made of one.
    """
    rows: list[dict[str, object]]
    """The rows by column; of a JSON file its objects."""
    raw: list[bytes] | None = None
    """The bytes of each row where it is a line of UTF-8 JSON, perhaps with its end, so that it can be copied."""
    plain: Plain | None = None
    """The bytes of all rows where it is known that texts have no control character of ASCII but tabs and line ends."""
    both: Both | None = None
    """What ``pairs`` returns, where that is known already."""

    def column(self, name: str) -> list[object]:
        """Return the values of a column, None where a row has none."""
        return [row.get(name) for row in self.rows]

    def pairs(self) -> Both | None:
        """Return all prompts and all completions where each row is these two texts and nothing else, else None."""
        return self.both or pairs_of(self.rows)


def pairs_of(rows: list[dict[str, object]]) -> Both | None:
    """Return all prompts and all completions where each row is these two texts and nothing else, else None."""
    try:
        prompts, completions = list(map(_PROMPT, rows)), list(map(_COMPLETION, rows))
    except KeyError:
        return None
    if set(map(len, rows)) != {2} or {*map(type, prompts), *map(type, completions)} != {str}:
        return None
    return cast("list[str]", prompts), cast("list[str]", completions)


Batches: TypeAlias = Callable[[], Iterable[Batch]]
"""Returns the data from its start, as often as it is called; ``lambda: open_rows(path)`` is one."""
