"""What an organisation may still train."""

from __future__ import annotations

from typing import Any, cast

from pydantic import model_validator

from openft.types._answer import Answer


class ModelLimits(Answer):
    """What an organisation may still fine-tune. No host documents its shape: what was sent is in ``to_dict()``."""

    object: str = "list"
    data: list[dict[str, Any]] = []
    """The entries, one for a model."""

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, told: Any) -> Any:
        return {"data": cast("list[dict[str, Any]]", told)} if isinstance(told, list) else told
