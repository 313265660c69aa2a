"""An attribute that is made when it is first looked at, and then stays the same for all threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, cast

Owner = TypeVar("Owner")
T = TypeVar("T")


class lasting(Generic[Owner, T]):  # noqa: N801 - a decorator
    """Like ``functools.cached_property``, which since Python 3.12 may give two threads two values."""

    def __init__(self, make: Callable[[Owner], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, thing: Owner | None, owner: type | None = None) -> T:
        if thing is None:  # looked at on the class, as help() does
            return cast("T", self)
        return cast("T", vars(thing).setdefault(self._name, self._make(thing)))
