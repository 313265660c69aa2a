"""All checks of conversations."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.batch import Batch, Batches
from openft.data.checks.examined import Examined, number_of_rows
from openft.data.checks.task import TaskCheck
from openft.data.findings import Finding
from openft.data.rows import Kind


class ChatChecks:
    """The state of all checks."""

    def __init__(self, kind: Kind) -> None:
        self._kind: Kind = kind
        self._rows = 0
        self._file: str | None = None
        self._task = TaskCheck()

    def feed(self, batch: Batch) -> Iterator[Finding]:
        """Yield what is wrong with single rows."""
        self._rows += len(batch.rows)
        self._file = self._file or batch.file
        yield from ()

    def end(self, _: Batches) -> Iterator[Finding]:
        """Yield what is wrong with the whole."""
        yield from number_of_rows(self._rows, self._file)

    def examined(self) -> Examined:
        """Return what is known at the end."""
        return Examined(rows=self._rows, kind=self._kind, task=self._task.task(), separator="", stop="", fixes=())
