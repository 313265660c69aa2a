"""Conversations of texts and nothing else, as columns, which most are; they can be looked through many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import itemgetter
from typing import cast

from openft.data.batch import Batch
from openft.data.checks.paths import Row
from openft.data.checks.texts import BETWEEN, Column
from openft.data.rows import MAX_MESSAGES
from openft.data.rows import Row as AnyRow

_MESSAGES, _ROLE, _CONTENT = itemgetter("messages"), itemgetter("role"), itemgetter("content")
_SPEAKERS = frozenset({"system", "developer", "user", "assistant"})


@dataclass(frozen=True, slots=True)
class Plain:
    """Rows of which each has messages only, and each message a role and a text only."""

    places: Sequence[int]
    """Which rows of the batch these are."""
    turns: list[tuple[str, ...]]
    """Who speaks in each row."""
    starts: list[int]
    """Which message each row begins with, and how many there are in all."""
    said: Column
    """The texts of all messages."""


def plain_of(batch: Batch) -> tuple[Plain | None, list[int]]:
    """Return the plain rows of a batch, None where there are none, and the places of all others."""
    rows = batch.rows
    whole = _plain(rows, range(len(rows)))
    if whole is not None:
        return whole, []
    few = [place for place, row in enumerate(rows) if _plain([row], [place]) is not None]
    plain = _plain([rows[place] for place in few], few)
    known = set(few)
    return plain, [place for place in range(len(rows)) if place not in known]


def _plain(rows: Sequence[AnyRow], places: Sequence[int]) -> Plain | None:
    """Return the rows, None if one is not plain or there is none."""
    if not rows or max(map(len, rows)) != 1:
        return None
    try:
        conversations = cast("list[list[Row]]", list(map(_MESSAGES, rows)))
        messages = list(chain.from_iterable(conversations))
        roles = cast("list[str]", list(map(_ROLE, messages)))
        contents = cast("list[str]", list(map(_CONTENT, messages)))
        if not _SPEAKERS.issuperset(roles):
            return None
    except (KeyError, TypeError):  # not in this shape
        return None
    lengths = list(map(len, conversations))
    if not min(lengths) or max(lengths) > MAX_MESSAGES or set(map(type, conversations)) != {list}:
        return None
    if set(map(len, messages)) != {2} or set(map(type, contents)) != {str}:
        return None
    said = BETWEEN.join(contents)
    if said.count(BETWEEN) != len(contents) - 1:
        return None
    starts = list(accumulate(lengths, initial=0))
    turns = [tuple(roles[start : start + length]) for start, length in zip(starts, lengths, strict=False)]
    return Plain(places, turns, starts, Column("messages", contents, said))
