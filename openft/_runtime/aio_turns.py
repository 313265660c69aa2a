"""Taking turns on an event loop: a bell to sleep by, and one value for each loop; threads_turns.py is its twin."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary, WeakValueDictionary

import anyio
import anyio.lowlevel
from anyio.lowlevel import RunVar

T = TypeVar("T")


class Bell:
    """Wakes the one task that sleeps by it; anybody may ring it, from whatever thread or loop.

    Args:
        beside: another bell of this loop, where there is one: what it has found out need not be found out again.
    """

    def __init__(self, beside: Bell | None = None) -> None:
        self._event: anyio.Event | None = None
        """Where somebody sleeps."""
        self._rung = False
        self._soon: Callable[[Callable[[], None]], object] = _soon() if beside is None else beside._soon

    def ring(self) -> None:
        """Wake the sleeper, or whoever sleeps next."""
        if self._rung:
            return  # it is about to wake, and sees what has changed
        self._rung = True
        with suppress(RuntimeError):  # the loop has ended, and the sleeper with it
            self._soon(self._wake)

    def ring_here(self) -> None:
        """Ring it from a task of the sleeper's own loop, which costs less."""
        if self._rung and self._event is None:
            return
        self._rung = True
        with suppress(RuntimeError):
            self._wake()

    async def wait(self, seconds: float) -> None:
        """Sleep until it rings, but no longer than this."""
        if self._rung:
            await anyio.lowlevel.checkpoint()
        else:
            self._event = anyio.Event()
            if seconds == inf:
                await self._event.wait()
            else:
                with anyio.move_on_after(seconds):
                    await self._event.wait()
        self._rung = False
        self._event = None

    def _wake(self) -> None:
        if self._event is not None:
            self._event.set()


def _soon() -> Callable[[Callable[[], None]], object]:
    """Return what lets this loop call a function soon, whatever thread asks for it."""
    token: Any = anyio.lowlevel.current_token()
    loop = getattr(token, "native_token", token)  # anyio before 4.11 has no tokens of its own
    soon: Callable[[Callable[[], None]], object] = getattr(loop, "run_sync_soon", None) or loop.call_soon_threadsafe
    return soon


class Own(Generic[T]):
    """A value for each event loop, made when it is first asked for."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._all: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def get(self) -> T:
        """Return the value of the running loop."""
        try:
            values = _values.get()
        except LookupError:
            values = WeakKeyDictionary[Own[Any], object]()
            _values.set(values)
        value = values.get(self)
        if value is None:
            value = values[self] = self._make()
            self._all[id(value)] = value
        return cast("T", value)

    def all(self) -> list[T]:
        """Return those of all loops that are still there."""
        return [value for known in self._all.valuerefs() if (value := known()) is not None]


_values: RunVar[WeakKeyDictionary[Own[Any], object]] = RunVar("openft_own")
