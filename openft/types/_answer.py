"""The base of all answers: frozen, tolerant of fields and values that hosts add later."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, ConfigDict, model_validator


class Answer(BaseModel):
    """What a server sent; unknown fields are kept and readable as attributes."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        """Hosts send null for lists and texts that they have nothing for; where that is no value, it is no field."""
        if not isinstance(data, dict):
            return data
        fields = cast("dict[str, Any]", data)
        return {name: value for name, value in fields.items() if value is not None or cls._takes_null(name)}

    @classmethod
    def _takes_null(cls, name: str) -> bool:
        known = cls.model_fields.get(name)
        return known is None or known.is_required() or known.default is None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that the server sent, as plain data."""
        return self.model_dump(mode="json", exclude_unset=True)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the fields that the server sent, as a JSON document."""
        return self.model_dump_json(exclude_unset=True, indent=indent)
