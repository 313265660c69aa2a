"""From JSON values to request bodies, with errors that name the parameter."""

from __future__ import annotations

from collections.abc import Sized
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from openft.server.http.refusal import Refusal

Parsed = TypeVar("Parsed", bound=BaseModel)

MOST_ENTRIES = 1024
MOST_IDS = 1_000_000
"""Of a list that begins with a number: token ids, as one prompt."""


def parse(body: type[Parsed], fields: dict[str, object]) -> Parsed:
    """Return a request body.

    Raises:
        Refusal: 400, a parameter is unknown, missing or has a wrong value.
    """
    _refuse_unknown(body, fields)
    _refuse_long(fields)
    try:
        return body.model_validate(fields)
    except ValidationError as error:
        raise _refusal(error) from error


def _refuse_unknown(body: type[BaseModel], fields: dict[str, object]) -> None:
    """Refuse the first unknown parameter; validation would first describe a million of them."""
    for name, value in fields.items():
        if name not in body.model_fields and value is not None:
            shown = name[:80]
            raise Refusal(400, f"unknown parameter: {shown}; remove it", param=shown, code="unknown_parameter")


def _refuse_long(fields: dict[str, object]) -> None:
    for name, value in fields.items():
        if isinstance(value, list | dict):
            entries = cast("Sized", value)
            most = MOST_IDS if isinstance(value, list) and value and isinstance(value[0], int) else MOST_ENTRIES
            if len(entries) > most:
                message = f"{name}: {len(entries)} entries are more than {most}; send fewer at once"
                raise Refusal(400, message, param=name, code="invalid_value")


def _refusal(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_context=False)[0]
    param = str(first["loc"][0]) if first["loc"] else None
    match first["type"]:
        case "missing":
            message, code = f"{param} is missing; it is required", "missing_parameter"
        case _:
            reason = first["msg"][:1].lower() + first["msg"][1:]
            message, code = f"{param}: {reason}, not {_shown(first['input'])}", "invalid_value"
    return Refusal(400, message, param=param, code=code)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
