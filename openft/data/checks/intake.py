"""Whether rows have a prompt and a completion and both are text; what is sound goes on to the other checks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.detect import kind_meant
from openft.data.checks.texts import Texts, texts_of
from openft.data.findings import Finding
from openft.data.rows import Kind, excerpt, json_type
from openft.display import words

NAMES = ("prompt", "completion")
"""The columns of prompt/completion data."""
_KEPT = 12
"""Names of further columns that are told."""
_MOST_BITS = 4096
_MOST_EXACT = 1 << 53
"""Above it not every whole number is a float, so that one may have been rounded."""


class Intake:
    """Takes batches in and remembers what was wrong with their columns."""

    def __init__(self) -> None:
        self.rows: int = 0
        self.regular: bool = True
        """Whether each row so far is a line of JSON with both texts, the completion not blank, and nothing else."""
        self.file: str | None = None
        self.fixes: set[str] = set()
        self._extra: dict[str, int] = {}
        self._extra_rows = 0
        self._misnamed: dict[str, tuple[str, int]] = {}

    def take(self, batch: Batch) -> tuple[list[Finding], Texts | None]:
        """Return what is wrong with single rows, and the rows that have both texts, None where there are none."""
        self.file = self.file or batch.file
        rows, start = batch.rows, self.rows
        self.rows += len(rows)
        if not rows:
            return [], None
        self.regular = self.regular and batch.raw is not None
        pairs = batch.pairs()
        if pairs is not None:
            texts = texts_of(batch.file, batch.lines, range(start, self.rows), *pairs, plain=batch.plain)
            if not texts.completion.has_blank:
                return [], texts
        self.regular = False
        found: list[Finding] = []
        sound = [place for place, row in enumerate(rows) if self._row(batch, place, row, found)]
        return found, _picked(batch, start, sound) if sound else None

    def _row(self, batch: Batch, place: int, row: dict[str, object], found: list[Finding]) -> bool:
        """Return whether a row has both texts; what is wrong with it is added to ``found``."""
        line = batch.lines[place]
        if (strange := stranger(row)) is not None:
            message = f"a {strange} row among prompt_completion rows; use one format per file"
            text = ", ".join(map(str, list(row)[:_KEPT]))
            found.append(rules.MIXED_FORMATS.finding(message, file=batch.file, line=line, text=text))
            return False
        findings = [finding for name in NAMES for finding in self._value(batch.file, line, row, name)]
        further = [key for key in row if key not in NAMES and role_of(key, row) is None]
        self._extra_rows += bool(further)
        for key in further:
            if len(self._extra) < _KEPT:
                self._extra.setdefault(key, line)
        found += findings
        self.fixes.update(finding.id for finding in findings if finding.fixable)
        return not findings and all(name in row for name in NAMES)

    def _value(self, file: str, line: int, row: dict[str, object], name: str) -> Iterator[Finding]:
        if name not in row:
            same = next((key for key in row if role_of(key, row) == name), None)
            if same is not None:
                self._misnamed.setdefault(name, (same, line))
                return
            message = f"{name} is missing; write both prompt and completion"
            shown = ", ".join(map(str, list(row)[:_KEPT]))
            yield rules.MISSING_COLUMN.finding(message, file=file, line=line, column=name, text=shown)
            return
        value = row[name]
        if name == "completion" and (value is None or (isinstance(value, str) and not value.strip())):
            what = "null" if value is None else "white space only" if value else "empty"
            message = f"completion is {what}; there is nothing to learn, fill it in or remove the row"
            prompt = row.get("prompt")
            text = prompt if isinstance(prompt, str) else None
            yield rules.EMPTY_COMPLETION.finding(message, file=file, line=line, column=name, text=text)
        elif spelling(value) is not None:
            message = f"{name} is a {json_type(value)}, not text; put it in quotes"
            yield rules.NUMBER_FOR_TEXT.finding(message, file=file, line=line, column=name, text=json.dumps(value))
        elif not isinstance(value, str):
            message = f"{name} is a JSON {json_type(value)}, not text; write it as text, or remove the row"
            yield rules.NOT_TEXT.finding(message, file=file, line=line, column=name, text=words(value))

    def end(self) -> Iterator[Finding]:
        """Yield what is wrong with whole columns."""
        for name, (key, line) in self._misnamed.items():
            self.fixes.add(rules.MISNAMED_COLUMN.id)
            message = f"the column {excerpt(key)!r} is to be called {name!r}"
            yield rules.MISNAMED_COLUMN.finding(message, file=self.file, line=line, column=key)
        if self._extra:
            self.fixes.add(rules.EXTRA_COLUMN.id)
            names = ", ".join(map(excerpt, self._extra))
            message = f"{self._extra_rows} rows have more columns than prompt and completion: {names}; leave them out"
            line = min(self._extra.values())
            yield rules.EXTRA_COLUMN.finding(message, file=self.file, line=line, column=next(iter(self._extra)))


def sound(batches: Iterable[Batch]) -> Iterator[Texts]:
    """Yield the rows that have both texts; what is wrong with the others is not told."""
    intake = Intake()
    for batch in batches:
        _, texts = intake.take(batch)
        if texts is not None:
            yield texts


def _picked(batch: Batch, start: int, sound: list[int]) -> Texts:
    rows = [batch.rows[place] for place in sound]
    return texts_of(
        batch.file,
        [batch.lines[place] for place in sound],
        [start + place for place in sound],
        [str(row["prompt"]) for row in rows],
        [str(row["completion"]) for row in rows],
    )


def stranger(row: dict[str, object]) -> Kind | None:
    """Return the other format that a row is in, None where it is in none."""
    if any(key in NAMES or role_of(key, row) is not None for key in row):
        return None
    return kind_meant(row)


def role_of(key: str, row: dict[str, object]) -> str | None:
    """Return the name that a column means to have but for case and blanks, None where the row has that one too."""
    name = key.strip().casefold()
    return name if name in NAMES and name not in row else None


def spelling(value: object) -> str | None:
    """Return the one text that a value is spelt as: true, false, or a whole number; None where there is none.

    A whole number that is a float is spelt without its fraction: tables of pandas make 1.0 of a label 1 as soon as one
    label is missing.
    """
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) <= _MOST_EXACT else None
    return json.dumps(value) if isinstance(value, int) and value.bit_length() < _MOST_BITS else None
