"""Wakes event streams when a job's story has grown."""

from __future__ import annotations

import asyncio


class Changes:
    """One bell for all jobs; ringing is safe from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell = asyncio.Event()
        self.closing: asyncio.Event = asyncio.Event()
        """Set when the server is about to stop: streams end."""

    def attach(self) -> None:
        """Belong to the running event loop."""
        self._loop = asyncio.get_running_loop()

    def detach(self) -> None:
        """Belong to no event loop any more; ringing does nothing."""
        self._loop = None

    @property
    def bell(self) -> asyncio.Event:
        """What is set at the next ring; take it before looking, so that nothing is missed."""
        return self._bell

    def ring(self) -> None:
        """Wake all who wait."""
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._fire)
            except RuntimeError:  # the loop was closed meanwhile
                self._loop = None

    def close(self) -> None:
        """End all streams; call it on the event loop."""
        self.closing.set()
        self._fire()

    def _fire(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()
