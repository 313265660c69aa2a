"""The base of all request bodies: nothing unknown, nothing coerced, an explicit null is an absent field."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict, model_validator


class Body(BaseModel):
    """A request body; unknown keys and values of another type are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        if isinstance(data, dict):
            fields = cast("dict[str, Any]", data)
            return {key: value for key, value in fields.items() if value is not None}
        return data
