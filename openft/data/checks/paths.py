"""Where rows of JSON have their messages and their texts, and rows with some of them changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, cast

from openft.data.rows import ALL_OUTPUTS, Kind

Row: TypeAlias = dict[str, object]

CONVERSATIONS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "chat": (("messages",),),
    "reinforcement": (("messages",),),
    "preference": (("input", "messages"), *((name,) for name in ALL_OUTPUTS)),
}
"""The keys under which there are lists of messages."""
SPOKEN: dict[Kind, tuple[str, ...]] = {
    "chat": ("messages", "tools", "functions"),
    "reinforcement": ("messages", "tools"),
    "preference": ("input", *ALL_OUTPUTS),
}
"""The keys whose texts a model sees."""


def as_object(value: object) -> Row | None:
    """Return a value that is an object, None for any other."""
    return cast("Row", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """Return a value that is an array, None for any other."""
    return cast("list[object]", value) if isinstance(value, list) else None


def conversations(row: Row, kind: Kind) -> Iterator[list[object]]:
    """Yield the lists of messages of a row."""
    for path in CONVERSATIONS[kind]:
        value: object = row
        for key in path:
            value = (as_object(value) or {}).get(key)
        if (messages := as_list(value)) is not None:
            yield messages


def with_messages(row: Row, kind: Kind, change: Callable[[list[object]], list[object]]) -> Row:
    """Return the row with its lists of messages changed, the row itself where none is."""
    for path in CONVERSATIONS[kind]:
        row = cast("Row", _at(row, path, change))
    return row


def _at(value: object, path: tuple[str, ...], change: Callable[[list[object]], list[object]]) -> object:
    if not path:
        messages = as_list(value)
        return value if messages is None else change(messages)
    row = as_object(value)
    if row is None or path[0] not in row:
        return value
    inner = _at(row[path[0]], path[1:], change)
    return row if inner is row[path[0]] else {**row, path[0]: inner}


def texts_in(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield every text inside a value, with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif (row := as_object(value)) is not None:
        for key, inner in row.items():
            yield from texts_in(inner, f"{path}.{key}")
    else:
        for number, inner in enumerate(as_list(value) or ()):
            yield from texts_in(inner, f"{path}[{number}]")


_NESTED = (dict, list)


def texts_of(value: object) -> list[str]:
    """Return every text inside a value, in the order of ``texts_in``, without the paths, which take longer."""
    if isinstance(value, str):
        return [value]
    found: list[str] = []
    inside = as_list(value)
    row = as_object(value)
    for inner in inside if inside is not None else row.values() if row is not None else ():
        if isinstance(inner, str):
            found.append(inner)
        elif type(inner) in _NESTED:
            found += texts_of(inner)
    return found


def with_texts(value: object, change: Callable[[str], str]) -> object:
    """Return a value with every text inside it changed, the value itself where none is."""
    if isinstance(value, str):
        changed = change(value)
        return value if changed == value else changed
    if (row := as_object(value)) is not None:
        made = {key: with_texts(inner, change) for key, inner in row.items()}
        return made if any(made[key] is not row[key] for key in row) else row
    if (items := as_list(value)) is not None:
        inside = [with_texts(inner, change) for inner in items]
        return inside if any(new is not old for new, old in zip(inside, items, strict=True)) else items
    return value
