"""A page of a list, as every list endpoint sends it."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from openft.types._answer import Answer
from openft.types.shown import listed

T = TypeVar("T")


class Page(Answer, Generic[T]):
    """One page; older APIs send everything at once and no ``has_more``."""

    __shown__: ClassVar[tuple[str, ...]] = ("data", "has_more")

    object: str = "list"
    data: list[T]
    has_more: bool | None = None

    def _repr_html_(self) -> str:
        return listed(self.data, more=bool(self.has_more))
