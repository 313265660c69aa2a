"""A source of rows: what a file was found to be, and its rows in batches, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.rules import Rule
from openft.data.findings import Finding
from openft.errors import DataError

Format: TypeAlias = Literal["csv", "tsv", "xlsx", "json", "jsonl", "txt", "parquet"]
"""What a file of rows can be."""

FORMATS: tuple[Format, ...] = ("csv", "tsv", "xlsx", "json", "jsonl", "txt", "parquet")


@dataclass(slots=True)
class Source:
    """The rows of one file, as an iterable of batches; each iteration reads the file anew.

    What is found out while the rows are read, such as an encoding that shows late, is there once they have been read.
    """

    file: str
    """What messages call the file."""
    format: Format
    read: Callable[[Source], Iterator[Batch]] = field(repr=False)
    """Reads the file from its beginning."""
    compression: Literal["gzip"] | None = None
    encoding: str | None = None
    """Of a text, by Python's name; None before it is known and for formats that have none."""
    header: list[str] | None = None
    """The columns of a table, None where every row names its own."""
    sheet: str | None = None
    """Which sheet of a workbook is read."""
    bad: Callable[[Finding], None] | None = field(default=None, repr=False)
    """Told each row that cannot be read, which is then left out; None raises instead."""
    notes: list[Finding] = field(default_factory=list[Finding])
    """What was noticed about the file as a whole."""

    def __iter__(self) -> Iterator[Batch]:
        """Yield the rows from the first on.

        Raises:
            DataError: the file cannot be read on from ``line``.
        """
        try:
            yield from self.read(self)
        except DataError as error:
            raise DataError(error.reason, file=error.file or self.file, line=error.line) from error

    def note(
        self,
        rule: Rule,
        message: str,
        *,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        """Keep what was noticed, once for each place."""
        if all((known.id, known.line, known.column) != (rule.id, line, column) for known in self.notes):
            self.notes.append(rule.finding(message, file=self.file, line=line, column=column))

    def refuse(self, reason: str, line: int) -> None:
        """Tell ``bad`` of a row that cannot be read.

        Raises:
            DataError: there is no ``bad``.
        """
        if self.bad is None:
            raise DataError(reason, file=self.file, line=line)
        self.bad(rules.UNREADABLE_ROW.finding(reason, file=self.file, line=line))
