"""How many of a known number of rows are done: a bar on a terminal, else a line now and then, both on stderr."""

from __future__ import annotations

import logging
import sys
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

EVERY = 10.0
"""Seconds between two lines."""
_LOGGER = logging.getLogger("openft")


class CountingBar(logging.Handler):
    """Shows progress, and in the place of one line for each retry now and then the last one; a context manager.

    Args:
        every: seconds between two lines.
    """

    def __init__(self, every: float = EVERY) -> None:
        super().__init__(logging.WARNING)
        console = Console(stderr=True)
        self._is_terminal = console.is_terminal
        self._bar = Progress(
            SpinnerColumn("line"),  # ASCII, for terminals that know nothing else
            BarColumn(32),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows{task.fields[said]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("rows", total=0, said="")
        self._every = every
        self._moved, self._warned = monotonic(), -every

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def moved(self, done: int, total: int, said: str) -> None:
        """Take note of how far it is; the bar is there from the first time on."""
        self._bar.update(self._task, completed=done, total=total, said=f", {said}")
        self._bar.start()
        if not self._is_terminal and monotonic() - self._moved >= self._every:
            self._moved = monotonic()
            print(f"{done:,} of {total:,} rows, {said}", file=sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a retry."""
        if monotonic() - self._warned >= self._every:
            self._warned = monotonic()
            self.note(record.getMessage())

    def stop(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def __enter__(self) -> CountingBar:
        _LOGGER.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        _LOGGER.removeHandler(self)
