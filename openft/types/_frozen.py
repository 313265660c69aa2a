"""What nobody may change: the refusal says so in Python's own way, not in pydantic's."""

from __future__ import annotations

from typing import TYPE_CHECKING


class Frozen:
    """Stands before BaseModel: attributes can be read only, as those of a frozen dataclass."""

    __slots__ = ()

    if TYPE_CHECKING:
        ...  # with a __setattr__ here, any attribute would be one that can be set
    else:

        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(f"a {type(self).__name__} is frozen; model_copy(update={{{name!r}: …}}) makes another")

        def __delattr__(self, name: str) -> None:
            raise AttributeError(f"a {type(self).__name__} is frozen; {name} stays")
