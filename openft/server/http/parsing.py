"""From JSON values to request bodies, with errors that name the parameter."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from openft.server.http.refusal import Refusal

Parsed = TypeVar("Parsed", bound=BaseModel)


def parse(body: type[Parsed], fields: dict[str, object]) -> Parsed:
    """Return a request body.

    Raises:
        Refusal: 400, a parameter is unknown, missing or has a wrong value.
    """
    try:
        return body.model_validate(fields)
    except ValidationError as error:
        raise _refusal(error) from error


def _refusal(error: ValidationError) -> Refusal:
    first = error.errors(include_url=False, include_context=False)[0]
    param = str(first["loc"][0]) if first["loc"] else None
    match first["type"]:
        case "extra_forbidden":
            message, code = f"unknown parameter: {param}; remove it", "unknown_parameter"
        case "missing":
            message, code = f"{param} is missing; it is required", "missing_parameter"
        case _:
            reason = first["msg"][:1].lower() + first["msg"][1:]
            message, code = f"{param}: {reason}, not {_shown(first['input'])}", "invalid_value"
    return Refusal(400, message, param=param, code=code)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
