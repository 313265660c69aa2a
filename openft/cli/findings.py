"""All findings of a command, kept on the disk until they are written out, so that millions need no memory."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from html import escape
from itertools import islice
from pathlib import Path
from types import TracebackType

from openft.data import Finding, Report, Severity
from openft.data.report import line_of
from openft.data.writing import appearing
from openft.display import table
from openft.errors import DataError

_FIELDS = tuple(field.name for field in fields(Finding))
_ROWS = 500
"""Findings of one table in HTML."""
_COLUMNS = ("severity", "id", "name", "file", "line", "column", "message", "excerpt")


class Spool:
    """Findings in a temporary file, which is gone at the end of the block."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by __exit__

    def add(self, finding: Finding) -> None:
        """Keep a finding."""
        self._file.write(json.dumps({name: getattr(finding, name) for name in _FIELDS}) + "\n")

    def lines(self) -> Iterator[str]:
        """Yield all findings as JSON, one on each line, in the order in which they were found."""
        self._file.seek(0)
        yield from (line.rstrip("\n") for line in self._file)

    def __iter__(self) -> Iterator[Finding]:
        for line in self.lines():
            told = json.loads(line)
            told["severity"] = Severity(told["severity"])
            yield Finding(**told)

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def document(report: Report, found: Spool, more: Mapping[str, object] | None = None) -> Iterator[str]:
    """Yield one JSON document in pieces: the report with all findings, not only the first; it is ASCII."""
    head = {**report.to_dict(), **(more or {})}
    del head["findings"]
    yield json.dumps(head, indent=2)[:-2] + ',\n  "findings": ['
    between = "\n    "
    for line in found.lines():
        yield between + line
        between = ",\n    "
    yield "\n  ]\n}\n" if between[0] == "," else "]\n}\n"


def write_report(path: Path, report: Report, found: Spool, more: Mapping[str, object] | None = None) -> None:
    """Write all findings to a file, by its suffix as JSON, HTML or lines of text.

    Raises:
        DataError: it cannot be written.
    """
    pieces = {".json": lambda: document(report, found, more), ".html": lambda: _html(report, found)}
    with appearing(path) as (file,):
        for piece in pieces.get(path.suffix.lower(), lambda: _text(report, found))():
            file.write(piece.encode())


def refuse_target(path: Path, *inputs: Path) -> None:
    """Raise DataError where a report would write over what is read, or over what is no file."""
    if path.exists() and not path.is_file():
        raise DataError("cannot be written: not a file; name one for the report", file=str(path))
    if any(path.exists() and one.exists() and path.samefile(one) for one in inputs):
        raise DataError("is a file that is read; name another one for the report", file=str(path))


def refuse_written(path: Path, targets: Iterable[Path]) -> None:
    """Raise DataError where a report would write over what is made of the data."""
    if path.resolve() in {target.resolve() for target in targets}:
        raise DataError("is a file that is to be trained on; name another one for the report", file=str(path))


def _text(report: Report, found: Spool) -> Iterator[str]:
    yield from (f"{line_of(finding)}\n" for finding in found)
    yield from (f"{line}\n" for line in report.about())
    yield f"{report.summary()}\n"


def _html(report: Report, found: Spool) -> Iterator[str]:
    title = escape(report.summary())
    yield f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>\n'
    yield from (f"<p>{escape(line)}</p>\n" for line in (*report.about(), report.summary()))
    rows = ([getattr(finding, column) for column in _COLUMNS] for finding in found)
    while some := list(islice(rows, _ROWS)):
        yield table(report.summary(), _COLUMNS, some) + "\n"
    yield "</body></html>\n"
