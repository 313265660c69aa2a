"""From what was asked to values, with refusals that name the parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from openft.testing.http import Asked, Refusal, Wire

B = TypeVar("B", bound=BaseModel)
R = TypeVar("R")
MOST_DIGITS = 16
NOUNS = {"dictionary": "an object", "integer": "an integer"}
_SUBJECT = re.compile(r"^(?:Input|String|List|Dictionary) should ")
_MORE = re.compile(r" after validation, .*| or instance of \w+")
_VALID = re.compile(r"a valid (\w+)")
_BE = re.compile(r" or it should (?:be )?")


def parse(body: type[B], fields: Mapping[str, Any]) -> B:
    """Return a request body.

    Raises:
        Refusal: 400, a parameter is unknown, missing or has a wrong value.
    """
    try:
        return body.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    wrong = [(_place(problem["loc"], fields, problem["type"]), problem) for problem in found]
    head = wrong[0][0]
    place, first = max((each for each in wrong if each[0][: len(head)] == head), key=lambda each: len(each[0]))
    param = _written(place)
    match first["type"]:
        case "missing":
            raise Refusal(400, f"{param} is missing; it is required", param=param, code="missing_parameter")
        case "extra_forbidden":
            message = f"unknown parameter: {param}; {_meant(body, place)}"
            raise Refusal(400, message, param=param, code="unknown_parameter")
        case _:
            rules = " or ".join(dict.fromkeys(_rule(problem["msg"]) for at, problem in wrong if at == place))
            message = f"{param} is {first['input']!r:.80}; {_BE.sub(' or ', rules)}"
            raise Refusal(400, message, param=param or None, code="invalid_value")


def _place(loc: tuple[int | str, ...], fields: object, kind: str) -> tuple[int | str, ...]:
    """Return where in a body something is wrong: pydantic's path without its names for the branches of a union."""
    place: list[int | str] = []
    value: Any = fields
    for step in loc:
        try:
            value = value[step]
        except (LookupError, TypeError):
            if kind == "missing":  # the last step is what is not there
                place += loc[-1:]
                break
        else:
            place.append(step)
    return tuple(place)


def _written(place: tuple[int | str, ...]) -> str:
    """Return a place as hosts write it: ``integrations[0].wandb.project``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step:.80}" for step in place).removeprefix(".")


def _rule(said: str) -> str:
    """Return what a value has to be, in place of pydantic's words for Python."""
    said = _SUBJECT.sub("it should ", _MORE.sub("", said))
    return _VALID.sub(lambda found: NOUNS.get(found[1], f"a {found[1]}"), said)


def number(asked: Asked, name: str, default: int, most: int) -> int:
    """Return a number from the query.

    Raises:
        Refusal: 400, it is none, or out of bounds.
    """
    given = asked.query.get(name, str(default))
    if not is_number(given) or not 1 <= int(given) <= most:
        raise Refusal(400, f"{name} is {given!r:.80}; send 1 to {most}", param=name, code="invalid_value")
    return int(given)


def _meant(body: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """Return what to do about a parameter that is not known at its place, but perhaps at another one."""
    here, name = _written(place[:-1]), f"{place[-1]:.80}"
    known = [(at, each) for at, part in _parts(body) for each in part.model_fields]
    names = [each for _, each in known]
    near = [name] if name in names else get_close_matches(name, names, n=1)
    homes = [at for at, each in known if each in near]
    if not homes:
        return "remove it"
    if here in homes:
        return f"did you mean {near[0]}?"
    return f"put {near[0]} into {' or '.join(at or 'the body itself' for at in homes[:2])}"


def _parts(body: type[BaseModel], at: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield a body and the objects within it, each with its place."""
    yield at, body
    for name, field in body.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _parts(kind, f"{at}.{name}".removeprefix("."))


def is_number(given: str) -> bool:
    """Return whether a text of the query is a whole number that one may reckon with."""
    return given.isdecimal() and len(given) < MOST_DIGITS


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
    message = f"after is {after!r:.80}, which is not in this list; send the id of one of its entries"
    return Refusal(400, message, param="after", code="invalid_value")


def deleted(kind: str, id: str) -> Wire:
    """Return the answer to a deletion."""
    return {"id": id, "object": kind, "deleted": True}
