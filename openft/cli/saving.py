"""How far an archive is: a bar on a terminal, else a line now and then, both on stderr."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from openft.display import size

if TYPE_CHECKING:
    from openft import archive

EVERY = 10.0
"""Seconds between two lines."""


class SavingBar:
    """Shows what was saved; a context manager, since a bar has to be taken away again."""

    def __init__(self, every: float = EVERY) -> None:
        console = Console(stderr=True)
        self._is_terminal = console.is_terminal
        self._bar = Progress(
            SpinnerColumn("line"),  # ASCII, for terminals that know nothing else
            TextColumn("saving"),
            BarColumn(32),
            TextColumn("{task.fields[far]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("saving", total=None, far="")
        self._every = every
        self._told = monotonic()

    def __call__(self, far: archive.Progress) -> None:
        """Show how far it is."""
        passed = f"{far.done:,} of {far.of:,}, {size(far.bytes)} of {size(far.of_bytes)}"
        share = (far.done + far.bytes) / ((far.of + far.of_bytes) or 1)
        self._bar.update(self._task, total=1.0, completed=min(share, 1.0), far=passed)
        if not self._is_terminal and monotonic() - self._told >= self._every:
            self._told = monotonic()
            print(f"saving: {passed}", file=sys.stderr, flush=True)

    def __enter__(self) -> SavingBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
