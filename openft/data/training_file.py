"""One file as checks and fixes take it: rows with the right columns, and what cannot be read told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.detect import kind_meant
from openft.data.columns import by_name, fewer_last, listed
from openft.data.converting import convert
from openft.data.findings import Finding
from openft.data.foreign import layout_of, unwrapped, wrapping_of
from openft.data.mapping import mapped, names_in
from openft.data.reading.readers import open_rows
from openft.data.reading.source import Format, Source
from openft.data.rows import Kind, Row, excerpt
from openft.data.spelt import spelt, spelt_columns
from openft.errors import DataError

_LOOKED_AT = 200
"""Rows that are looked at to see which columns there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a file is to be read; what is None is found out."""

    format: Format | None = None
    encoding: str | None = None
    sheet: str | None = None
    header: bool | None = None
    delimiter: str | None = None
    prompt: str | None = None
    """A column, or a template such as ``{title}: {body}``."""
    completion: str | None = None
    to: Kind | None = None
    """The format that rows are converted to."""
    system: str | None = None
    """Of a conversion, the system message that goes in or out."""


class TrainingFile:
    """The rows of a file, as often as it is called.

    Args:
        path: the file.
        reading: how it is to be read.
        tell: is given what cannot be read and what was noticed, once however often the rows are read.
        watch: is given each batch that is read.

    Raises:
        DataError: it cannot be read, or which columns to take is in doubt.
    """

    def __init__(
        self,
        path: str | Path,
        reading: Reading,
        tell: Callable[[Finding], object],
        watch: Callable[[Batch], object] | None = None,
    ) -> None:
        self.refused: int = 0
        """Rows that could not be read, known when all were read once."""
        self.chosen: bool = False
        """Whether columns were chosen or rows converted, so that they are not as they stand in the file."""
        self._tell, self._watch = tell, watch
        self._told: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._told_notes = 0
        self._seen: tuple[Source, Batch | None] | None = None
        """The source whose first rows were looked at last, and these."""
        names = [name for text in (reading.prompt, reading.completion) if text for name in names_in(text)]
        header = reading.header
        if header is None and not all(name.isdecimal() for name in names):
            header = True
        self.source: Source = open_rows(
            path,
            format=reading.format,
            encoding=reading.encoding,
            sheet=reading.sheet,
            header=header,
            delimiter=reading.delimiter,
        )
        self._stage("reading", self.source)
        try:
            self._unwrap(named=bool(reading.prompt and reading.completion))
            if reading.to != "preference" or reading.prompt or reading.completion:
                self._choose(reading.prompt, reading.completion, reading.to)
            if reading.to is not None:
                self._convert(reading.to, reading.system)
        except DataError:
            self._tell_notes()  # which may say why, such as that another sheet is not read
            raise
        self._seen = None

    def __call__(self) -> Iterator[Batch]:
        """Yield the rows from the first on."""
        try:
            for batch in self.source:
                if self._watch is not None:
                    self._watch(batch)
                yield batch
        finally:
            self._tell_notes()

    def _tell_notes(self) -> None:
        """Tell what was noticed and not told yet."""
        notes = self.source.notes[self._told_notes :]
        self._told_notes += len(notes)
        for note in notes:
            self._tell(note)

    def _head(self) -> Batch | None:
        """Return the first rows."""
        if self._seen is None or self._seen[0] is not self.source:
            self._seen = self.source, next((batch for batch in self.source if batch.rows), None)
        return self._seen[1]

    def _unwrap(self, *, named: bool) -> None:
        """Take rows out of what holds them; tables hold none where columns are ``named``."""
        is_json = self.source.format in {"json", "jsonl"}
        head = None if named and not is_json else self._head()
        wrapping = wrapping_of(head.rows) if head is not None and is_json else None
        columns = [] if is_json or head is None else spelt_columns(list(head.rows[0]))
        if wrapping is not None:
            self.source = self._stage("unwrapping", unwrapped(self.source, wrapping))
        elif columns:
            self.source = self._stage("spelling", spelt(self.source, columns))
        self.chosen = wrapping is not None or bool(columns)

    def _stage(self, name: str, source: Source) -> Source:
        """Return the source, which tells of its bad rows once: it meets them in the same order in each reading."""
        read = source.read

        def again(told: Source) -> Iterator[Batch]:
            self._met[name] = 0
            yield from read(told)

        source.read, source.bad = again, partial(self._bad, name)
        return source

    def _bad(self, stage: str, finding: Finding) -> None:
        """Tell of a row, unless an earlier reading told of it."""
        self._met[stage] += 1
        if self._met[stage] > self._told[stage]:
            self._told[stage] += 1
            self.refused += 1
            self._tell(finding)

    def _convert(self, to: Kind, system: str | None) -> None:
        before = self.source
        self.source = convert(before, to, system=system)
        if self.source is not before:
            self._stage("converting", self.source)
            self.chosen = True

    def _choose(self, prompt: str | None, completion: str | None, to: Kind | None) -> None:
        if prompt is None or completion is None:
            first = self._head()
            nothing_said = prompt is None and completion is None
            if first is None or (nothing_said and _is_known(first.rows)):
                return
            layout = layout_of(first.rows[0]) if nothing_said else None
            if layout is not None and to is not None and layout.to == to:
                return
            if layout is not None:
                raise DataError(layout.says, file=self.source.file)
            names = self.source.header or list(first.rows[0])
            chosen = self._columns(names, first, prompt, completion)
            if nothing_said:
                taken = f"column {excerpt(chosen[0])!r} is taken for the prompt and {excerpt(chosen[1])!r} for the"
                rule = rules.CHOSEN_COLUMNS
                self.source.note(rule, f"{taken} completion; name others if that is wrong")
            prompt, completion = prompt or chosen[0], completion or chosen[1]
        self.source = self._stage("choosing", mapped(self.source, prompt=prompt, completion=completion))
        self.chosen = True

    def _columns(
        self, names: Sequence[str], first: Batch, prompt: str | None, completion: str | None
    ) -> tuple[str, str]:
        """Return which two columns to take where the user does not say both."""
        if prompt is None and completion is None and self.source.header == ["1", "2"]:
            places = fewer_last(*(map(str, first.column(name)) for name in names))
            return names[places[0]], names[places[1]]
        try:
            plain = [text if text in names else None for text in (prompt, completion)]
            places = by_name(names, *plain)
        except DataError as error:
            message = f"which columns are the prompt and the completion? there are {listed(names)}"
            raise DataError(
                f"{message}; name both (--prompt and --completion, or prompt= and completion=), each a column or a "
                "template such as {title}: {body}",
                file=self.source.file,
            ) from error
        return names[places[0]], names[places[1]]


def _is_known(rows: Sequence[Row]) -> bool:
    """Return whether rows are in a training format, if perhaps wrong."""
    return any(_kind(row) for row in rows[:_LOOKED_AT])


def _kind(row: Row) -> bool:
    names = {key.strip().casefold() for key in row}
    if {"prompt", "completion"} <= names:
        return True
    return kind_meant(row) not in {None, "prompt_completion"}
