"""Waiting in a thread; aio.py is its twin."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep as sleep
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns."""
    return function(*args, **kwargs)


class Loadable:
    """Something that is fetched when it is first looked at."""

    def load(self) -> None:
        """Fetch it unless it is there."""
        raise NotImplementedError

    def require(self, there: bool) -> None:
        """Fetch it unless it is there."""
        if not there:
            self.load()
