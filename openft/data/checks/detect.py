"""Which format data is in, by its first rows; a single row that is odd does not decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice
from typing import cast

from openft.data.batch import Batch
from openft.data.rows import ALL_OUTPUTS, ROLES, Kind, kind_of
from openft.errors import DataError

LOOKED_AT = 100
"""Rows that say what the data is."""
_OTHER_NAMES = {"human": "user", **dict.fromkeys(("gpt", "chatgpt", "bot", "ai", "model"), "assistant")}


def detect(batches: Iterable[Batch]) -> Kind | None:
    """Return the format that most of the first rows are in, the earlier one of two; None where there are no rows.

    Rows of a table whose columns have other names count for nothing, and where there are no others, it is
    ``prompt_completion``.
    """
    rows = list(islice(chain.from_iterable(batch.rows for batch in batches), LOOKED_AT))
    if not rows:
        return None
    kinds: Counter[Kind] = Counter(kind for kind in map(kind_meant, rows) if kind is not None)
    return kinds.most_common(1)[0][0] if kinds else "prompt_completion"


def kind_meant(row: dict[str, object]) -> Kind | None:
    """Return the format that a row is meant to be in, also where it is wrong in it, and None where nothing says so."""
    spoken = isinstance(row.get("messages"), list) or any(key in row for key in ALL_OUTPUTS)
    if "input" in row and not isinstance(row["input"], dict) and not spoken:
        return None  # a table with a column of this name
    if "messages" in row:
        row = {**row, "messages": [_with_plain_role(message) for message in _items(row["messages"])]}
    try:
        return kind_of(row)
    except DataError:
        return None


def _with_plain_role(message: object) -> object:
    if not isinstance(message, dict):
        return None
    role = cast("dict[str, object]", message).get("role")
    return {"role": plain_role(role) if isinstance(role, str) else None}


def plain_role(role: str) -> str:
    """Return the role that is meant by one in capitals, with blanks, or under the name that other tools give it."""
    if role in ROLES:
        return role
    name = role.strip().lower()
    return _OTHER_NAMES.get(name, name)


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
