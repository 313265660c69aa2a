"""The base of all answers: frozen, tolerant of fields and values that hosts add later."""

from __future__ import annotations

from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema

from openft.types._frozen import Frozen
from openft.types._nulls import fail_fast, mended, mended_json
from openft.types.shown import Shown


class Answer(Shown, Frozen, BaseModel):
    """What a server sent; unknown fields are kept and readable as attributes.

    Hosts send null for lists and texts that they have nothing for: where null is no value, it is no field.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="allow", protected_namespaces=(), defer_build=True
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /) -> CoreSchema:
        """Let a list of wrong items be one error: an answer has room for millions, and each takes half a kilobyte."""
        schema = handler(source)
        fail_fast(cast("dict[str, Any]", schema).get("schema"))
        return schema

    @classmethod
    def model_validate(cls, obj: Any, **how: Any) -> Self:
        """Return the answer that plain data stands for."""
        try:
            return super().model_validate(obj, **how)
        except ValidationError as problem:
            return mended(problem, obj, super().model_validate)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **how: Any) -> Self:
        """Return the answer that a JSON document stands for."""
        try:
            return super().model_validate_json(json_data, **how)
        except ValidationError as problem:
            return mended_json(problem, json_data, super().model_validate)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that the server sent, as plain data."""
        return self.model_dump(mode="json", exclude_unset=True)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the fields that the server sent, as a JSON document."""
        return self.model_dump_json(exclude_unset=True, indent=indent)
