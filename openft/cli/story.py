"""The quickstart's notes as lines, with a progress bar under them where a terminal is."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from openft.quickstart import Moved, Note, Said

TOPIC = 10
"""Width of the first column; the longest topic is ``fine-tune``."""


class Story:
    """Shows notes as they come; a context manager, since a progress bar has to be taken away again.

    Args:
        console: where to; not a terminal means plain lines, of progress only those of the fine-tune.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            SpinnerColumn("line"),  # ASCII, for terminals that know nothing else
            TextColumn("{task.description}", markup=False),
            BarColumn(32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._topic = ""

    def __call__(self, note: Note) -> None:
        """Show a note."""
        if isinstance(note, Said) or (note.topic == "fine-tune" and self._bar.disable):
            self._line(note.topic, note.text)
        if isinstance(note, Moved):
            self._move(note.topic, note.done, note.total)
        elif note.topic == "upload":  # what comes now takes longest
            self._move("fine-tune", 0, None)

    def __enter__(self) -> Story:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def _line(self, topic: str, text: str) -> None:
        shown = "" if topic == self._topic else topic
        self._topic = topic
        self._console.print(Text.assemble((f"{shown:<{TOPIC}}", "bold"), f" {text}"))

    def _move(self, topic: str, done: int, total: int | None) -> None:
        if self._task is None:
            self._task = self._bar.add_task(topic, total=total)
        self._bar.update(self._task, description=topic, completed=done, total=total)
