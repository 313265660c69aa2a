"""Values that callers put into bodies, as JSON can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import cast

from pydantic import BaseModel

from openft.types._answer import Answer

NO_SERIES = (bytes, bytearray, memoryview, Set)
"""What can be iterated over, but is no list: bytes are no numbers, and a set has no order."""


def plain(value: object) -> object:
    """Return what stands for a value in JSON: an answer is what the server sent, any series a list.

    Raises:
        TypeError: nothing does.
    """
    kind = type(value).__name__
    if isinstance(value, Answer):
        return value.to_dict()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    if isinstance(value, NO_SERIES) or not isinstance(value, Iterable):
        raise TypeError(f"JSON has nothing for a value of type {kind}")
    return list(cast("Iterable[object]", value))
