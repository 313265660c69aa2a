"""What the checks of all formats with messages have in common."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from openft.data.batch import Batch, Batches
from openft.data.checks import rules
from openft.data.checks.belong import misfit
from openft.data.checks.examined import Examined, number_of_rows
from openft.data.checks.flaw import Flaw
from openft.data.checks.paths import SPOKEN, Row, texts_in, texts_of
from openft.data.checks.plain import Plain
from openft.data.checks.repeats import Repeats
from openft.data.checks.safety import Safety
from openft.data.checks.spoken import SpokenLength
from openft.data.checks.talk import PART, talk, talk_of
from openft.data.checks.task import Task, TaskCheck, TaskType
from openft.data.checks.texts import BETWEEN, Column, Texts
from openft.data.findings import Finding
from openft.data.fixes.fix import Fix
from openft.data.fixes.messages import fixes_of
from openft.data.fixes.rows import drop_duplicates
from openft.data.rows import Kind, excerpt

MOST_A_ROW = 20
"""Findings of one kind that are told of one row."""
_ANSWERED = "the same conversation is answered {this!r}, but {other!r} in line {line}; keep what is right"


class ConversationChecks:
    """The state of all checks; what is checked of a row by itself, each format says in ``flaws``."""

    kind: Kind

    def __init__(self, length: SpokenLength) -> None:
        self.file: str | None = None
        self.rows: int = 0
        self.length = length
        self.fixable: set[str] = set()
        """The rules of which a finding can be fixed."""
        self.safety: Safety = Safety()
        self._task = TaskCheck()
        self._repeats = Repeats("the same row as in line {line}; leave it out", _ANSWERED)

    def flaws(self, row: Row) -> Iterator[Flaw]:
        """Yield what is wrong with a row."""
        raise NotImplementedError

    def take(self, batch: Batch) -> tuple[Plain | None, list[int], Iterable[Finding]]:
        """Return the rows that were checked as columns, the places of the others, and what is wrong with the first."""
        return None, list(range(len(batch.rows))), []

    def feed(self, batch: Batch) -> list[Finding]:
        """Return what is wrong with single rows."""
        self.file = self.file or batch.file
        plain, odd, columns = self.take(batch)
        found = list(_few(chain(columns, self._odd(batch, odd))))
        self.fixable.update(finding.id for finding in found if finding.fixable)
        if found:
            found.sort(key=lambda finding: finding.line or 0)
        texts = talk_of(batch, self.kind, self.rows, plain, odd)
        self.rows += len(batch.rows)
        if texts is not None:
            self._task.feed(texts)
            self.compare(texts)
        return found

    def compare(self, texts: Texts) -> None:
        """Take rows in that can be compared."""
        self._repeats.feed(texts)

    def _odd(self, batch: Batch, places: list[int]) -> Iterator[Finding]:
        """Yield what is wrong with rows that are checked one by one."""
        texts: list[str] = []
        starts: list[int] = []
        own: list[int] = []
        for place in places:
            row, line = batch.rows[place], batch.lines[place]
            strange = misfit(row, self.kind)
            if strange is not None:
                yield strange.finding(batch.file, line)
                continue
            own.append(place)
            starts.append(len(texts))
            texts += [text for key in SPOKEN[self.kind] if key in row for text in texts_of(row[key])]
            length = self.length.flaws(row, sum(map(len, texts[starts[-1] :])))
            for flaw in chain(self.flaws(row), length):
                yield flaw.finding(batch.file, line)
        if texts:
            column = Column(SPOKEN[self.kind][0], texts, BETWEEN.join(texts))

            yield from self.safety.look(batch.file, column, _Where(batch, own, starts, SPOKEN[self.kind]))

    def end(self, source: Batches) -> Iterator[Finding]:
        """Yield what is wrong with the whole; what repeats is confirmed in the data."""
        yield from number_of_rows(self.rows, self.file)
        yield from self.whole()
        for suspects in self._repeats.suspects(conflicts=self.kind == "chat"):
            for finding in self._repeats.look(talk(source(), self.kind), suspects):
                yield self._reworded(finding)
        self._repeats.finish()

    @property
    def task(self) -> Task:
        """What the rows are for, as far as they were taken in."""
        return self._task.task()

    def whole(self) -> Iterator[Finding]:
        """Yield what else is wrong with the whole."""
        yield from ()

    def _reworded(self, finding: Finding) -> Finding:
        shown = (finding.excerpt or "").split(excerpt(PART))[0]
        finding = replace(finding, column=SPOKEN[self.kind][0], excerpt=shown)
        if finding.id == rules.DUPLICATE_ROW.id or self.task.type is TaskType.CLASSIFICATION:
            return finding
        rule = rules.SEVERAL_ANSWERS
        return replace(finding, id=rule.id, name=rule.name, severity=rule.severity)

    def examined(self) -> Examined:
        """Return what is known at the end."""
        fixes: list[Fix] = fixes_of(self.kind, self.fixable, self.length)
        if self._repeats.places:
            fixes.append(drop_duplicates(self._repeats.places))
        return Examined(self.rows, self.kind, self.task, separator="", stop="", fixes=tuple(fixes))


class _Where:
    """Says where texts are that were taken from rows one after the other."""

    def __init__(self, batch: Batch, places: list[int], starts: list[int], keys: tuple[str, ...]) -> None:
        self._batch, self._places, self._starts, self._keys = batch, places, starts, keys
        self._known = -1
        self._paths: list[str] = []
        """Of the row that was asked about last."""

    def __call__(self, text: int) -> tuple[int, str]:
        number = bisect_right(self._starts, text) - 1
        place = self._places[number]
        if number != self._known:
            row = self._batch.rows[place]
            self._known = number
            self._paths = [path for key in self._keys for path, _ in texts_in(row.get(key), key)]
        return self._batch.lines[place], self._paths[text - self._starts[number]]


def _few(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the first findings of each kind in each row, so that a row has no more of them than anybody reads."""
    told: Counter[tuple[int | None, str]] = Counter()
    for finding in findings:
        told[finding.line, finding.id] += 1
        times = told[finding.line, finding.id]
        if times < MOST_A_ROW:
            yield finding
        elif times == MOST_A_ROW:
            yield replace(finding, message=f"{finding.message}; there may be more of these in this row")
