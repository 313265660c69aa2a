"""How far a long file has been read, as a bar on stderr where that is a terminal."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from openft.data.batch import Batch


class ReadingBar:
    """Shows rows as they are read; a context manager, since the bar has to be taken away again."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn("line"),  # ASCII, for terminals that know nothing else
            TextColumn("{task.description}", markup=False),
            BarColumn(32),
            TextColumn("{task.fields[rows]:,} rows"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,  # what is printed meanwhile would be wrapped and coloured
            redirect_stderr=False,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("reading", total=None, rows=0)
        self._file, self._line, self._rows, self._bytes, self._size = "", 0, 0, 0, 0

    def __call__(self, batch: Batch) -> None:
        """Take note of rows that were read; of JSON lines it is known how far into the file they reach."""
        line = batch.lines[-1] if batch.lines else self._line
        if batch.file != self._file or line <= self._line:  # a new file, or the same one once more
            self._rows = self._bytes = 0
            self._size = _size(batch.file)
        self._file, self._line = batch.file, line
        self._rows += len(batch.rows)
        self._bytes += sum(map(len, batch.raw or ())) + len(batch.raw or ())
        known = bool(batch.raw) and self._bytes <= self._size  # what is unpacked is larger than its file
        self._bar.update(self._task, total=self._size if known else None, completed=self._bytes, rows=self._rows)

    def pause(self) -> None:
        """Take the bar away for a question."""
        self._bar.stop()

    def resume(self) -> None:
        """Show it again."""
        self._bar.start()

    def __enter__(self) -> ReadingBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


def _size(file: str) -> int:
    """Return how many bytes a file has, 0 where it has gone."""
    try:
        return Path(file).stat().st_size
    except OSError:
        return 0
