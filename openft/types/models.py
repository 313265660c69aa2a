"""Models: what can be trained from, and what training made."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from pydantic import model_validator

from openft.types._answer import Answer


class Model(Answer):
    """A model that answers requests."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "owned_by", "created", "shutdown_date")

    id: str
    """The name to pass as ``model=``."""
    object: str = "model"
    created: int = 0
    """Unix seconds."""
    owned_by: str = ""
    shutdown_date: int | str | None = None
    """When the host stops serving it, where it says so."""


class ModelLimits(Answer):
    """What an organisation may still fine-tune. No host documents its shape: what was sent is in ``to_dict()``."""

    object: str = "list"
    data: list[dict[str, Any]] = []
    """The entries, one for a model."""

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, told: Any) -> Any:
        return {"data": cast("list[dict[str, Any]]", told)} if isinstance(told, list) else told


class ModelDeleted(Answer):
    """The answer to deleting a model."""

    id: str
    object: str = "model"
    deleted: bool
