"""From what was asked to values, with refusals that name the parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from openft.testing.http import Asked, Refusal, Wire

B = TypeVar("B", bound=BaseModel)
R = TypeVar("R")


def parse(body: type[B], fields: Mapping[str, Any]) -> B:
    """Return a request body.

    Raises:
        Refusal: 400, a parameter is unknown, missing or has a wrong value.
    """
    try:
        return body.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
    param = str(first["loc"][0]) if first["loc"] else None
    match first["type"]:
        case "missing":
            raise Refusal(400, f"{param} is missing; it is required", param=param, code="missing_parameter")
        case "extra_forbidden" if len(first["loc"]) == 1:
            raise Refusal(400, f"unknown parameter: {param}; remove it", param=param, code="unknown_parameter")
        case _:
            message = f"{param}: {first['msg']}, not {first['input']!r:.80}"
            raise Refusal(400, message, param=param, code="invalid_value")


def number(asked: Asked, name: str, default: int, most: int) -> int:
    """Return a number from the query.

    Raises:
        Refusal: 400, it is none, or out of bounds.
    """
    given = asked.query.get(name, str(default))
    if not given.isdecimal() or not 1 <= int(given) <= most:
        raise Refusal(400, f"{name}: {given!r} is not between 1 and {most}", param=name, code="invalid_value")
    return int(given)


def page(asked: Asked, rows: Sequence[R], shape: Callable[[R], Wire], *, default: int, most: int) -> Wire:
    """Return the part of a list that the query asks for, with the ids of its ends.

    Raises:
        Refusal: 400, ``after`` is no row's id, or ``limit`` is out of bounds.
    """
    limit, after = number(asked, "limit", default, most), asked.query.get("after")
    begin = 0
    if after is not None:
        places = [place for place, row in enumerate(rows) if shape(row)["id"] == after]
        if not places:
            raise unknown_place(after)
        begin = places[0] + 1
    data = [shape(row) for row in rows[begin : begin + limit]]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return {"object": "list", "data": data, "has_more": begin + limit < len(rows), **ends}


def unknown_place(after: str) -> Refusal:
    """Return the refusal of an ``after`` that is no row's id."""
    return Refusal(400, f"after: {after!r} is not in this list", param="after", code="invalid_value")


def deleted(kind: str, id: str) -> Wire:
    """Return the answer to a deletion."""
    return {"id": id, "object": kind, "deleted": True}
