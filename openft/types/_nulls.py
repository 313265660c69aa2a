"""Nulls where no null can be: data that a type refuses is read once more without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import from_json

T = TypeVar("T")
Place: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a value; 0 stands for all items of a list."""

ROUNDS = 32
"""How often an answer is read again without the nulls that were found; each reading tells of another part of it."""


def mended(problem: ValidationError, data: object, validate: Callable[[Any], T]) -> T:
    """Return the value of data that a type has refused, without the nulls that it was refused for.

    Reading is left to pydantic alone, which is fast; only what it refuses is looked at again, and only here.

    Raises:
        ValidationError: there is more that is wrong with it.
    """
    for _ in range(ROUNDS):
        places = _nulls(problem, data)
        if not places:
            break
        for place in places:
            data = _without(data, place)
        try:
            return validate(data)
        except ValidationError as another:
            problem = another
    raise problem


def mended_json(problem: ValidationError, content: str | bytes | bytearray, validate: Callable[[Any], T]) -> T:
    """Return the value of a JSON document that a type has refused, without the nulls that it was refused for.

    Raises:
        ValidationError: there is more that is wrong with it.
    """
    try:
        data = from_json(content)
    except (ValueError, TypeError):  # no JSON, or a text of half characters, which pydantic has told already
        raise problem from None
    return mended(problem, data, validate)


def _nulls(problem: ValidationError, data: object) -> set[Place]:
    """Return the places of fields that were refused for being null."""
    refused = [error["loc"] for error in problem.errors(include_url=False) if error["input"] is None]
    return {place for place in (_place(data, location) for location in refused) if place}


def _place(data: object, location: Place) -> Place:
    """Return where the null is that pydantic means, () if it is no field; pydantic names members of unions, too."""
    place: Place = ()
    for part in location:
        if isinstance(part, str) and isinstance(data, dict) and part in data:
            data = cast("dict[str, object]", data)[part]
            place += (part,)
            if data is None:
                return place
        elif isinstance(part, int) and isinstance(data, list):
            data = cast("list[object]", data)[part]
            place += (0,)
    return ()


def _without(data: object, place: Place) -> object:
    """Return the data without what is null at a place; the items of a list are alike."""
    key, rest = place[0], place[1:]
    if isinstance(data, list):
        items = cast("list[object]", data)
        return [_without(item, rest) for item in items] if key == 0 else items
    if isinstance(data, dict):
        fields = cast("dict[object, object]", data)
        if rest and key in fields:
            return {**fields, key: _without(fields[key], rest)}
        return {name: value for name, value in fields.items() if name != key or value is not None}
    return data


def fail_fast(schema: object) -> None:
    """Let all lists and dicts of a schema stop at their first error, but for those of nested answers, which do so."""
    if isinstance(schema, list):
        for part in cast("list[object]", schema):
            fail_fast(part)
    elif isinstance(schema, dict):
        fields = cast("dict[str, object]", schema)
        if fields.get("type") == "model":
            return
        if fields.get("type") in ("list", "dict"):
            fields["fail_fast"] = True
        for part in fields.values():
            fail_fast(part)
