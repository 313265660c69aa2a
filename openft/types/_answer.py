"""The base of all answers: frozen, tolerant of fields and values that hosts add later."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What a server sent; unknown fields are kept and readable as attributes."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that the server sent, as plain data."""
        return self.model_dump(mode="json", exclude_unset=True)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the fields that the server sent, as a JSON document."""
        return self.model_dump_json(exclude_unset=True, indent=indent)
