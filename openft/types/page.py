"""A page of a list, as every list endpoint sends it."""

from __future__ import annotations

from typing import Generic, TypeVar

from openft.types._answer import Answer

T = TypeVar("T")


class Page(Answer, Generic[T]):
    """One page; older APIs send everything at once and no ``has_more``."""

    object: str = "list"
    data: list[T]
    has_more: bool | None = None
