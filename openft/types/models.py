"""Models: what can be trained from, and what training made."""

from __future__ import annotations

from typing import ClassVar

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
