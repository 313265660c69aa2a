"""All checks of prompt/completion data over one source, and the fixes that mend what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from openft.data.batch import Batch
from openft.data.checks import rules, safety
from openft.data.checks.affixes import Affixes
from openft.data.checks.intake import Intake, sound
from openft.data.checks.labels import check_labels
from openft.data.checks.length import LIMIT, CountTokens, Length
from openft.data.checks.repeats import Repeats
from openft.data.checks.task import Task, TaskCheck, TaskType
from openft.data.findings import Finding
from openft.data.fixes import columns, rows, texts
from openft.data.fixes.fix import Fix

Source: TypeAlias = Callable[[], Iterable[Batch]]
"""Returns the data from its start, as often as it is called."""

FEWEST = 10
"""Rows that hosts demand."""
A_FEW_HUNDRED = 200
"""Rows that make a good start (source: the 2023 guide)."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What all checks have found."""

    rows: int
    task: Task
    separator: str
    """What every prompt ends with, "" for nothing."""
    stop: str
    """What every completion ends with, likewise."""
    fixes: tuple[Fix, ...]
    """In the order in which they are to be made; after one that does not settle, look again."""


def examine(
    source: Source,
    tell: Callable[[Finding], object],
    *,
    limit: int = LIMIT,
    count: CountTokens | None = None,
) -> Examined:
    """Run all checks over prompt/completion data, which is read once, and again where something is to be confirmed.

    Args:
        source: the data.
        tell: is called with each finding.
        limit: tokens that a prompt and its completion may have together.
        count: counts the tokens of a text; None for an estimate.
    """
    checks = _Checks(Length(limit, count))
    for batch in source():
        for finding in checks.feed(batch):
            tell(finding)
    for finding in checks.end(source):
        tell(finding)
    return checks.examined()


class _Checks:
    """The state of all checks."""

    def __init__(self, length: Length) -> None:
        self._intake, self._task, self._repeats = Intake(), TaskCheck(), Repeats()
        self._affixes, self._safety, self._length = Affixes(), safety.Safety(), length

    def feed(self, batch: Batch) -> Iterator[Finding]:
        found, texts = self._intake.take(batch)
        yield from found
        if texts is not None:
            self._task.feed(texts)
            self._repeats.feed(texts)
            self._affixes.feed(texts)
            yield from self._safety.feed(texts)
            yield from self._length.feed(texts)

    def end(self, source: Source) -> Iterator[Finding]:
        task, file = self._task.task(), self._intake.file
        yield from self._intake.end()
        yield from _number_of_rows(self._intake.rows, file)
        yield from self._task.end()
        for suspects in self._repeats.suspects(conflicts=task.type is TaskType.CLASSIFICATION):
            yield from self._repeats.look(sound(source()), suspects)
        self._repeats.finish()
        if self._affixes.stale:
            self._affixes.again(sound(source()))
        yield from self._affixes.end(task, file, room=self._length.limit - self._length.most)
        yield from check_labels(task, file)

    def examined(self) -> Examined:
        return Examined(
            rows=self._intake.rows,
            task=self._task.task(),
            separator=self._affixes.prompt.ends.mark,
            stop=self._affixes.completion.ends.mark,
            fixes=tuple(self._fixes()),
        )

    def _fixes(self) -> Iterator[Fix]:
        """Yield the fixes in order.

        Rows go first, by the findings that name them; a fix of values before that could make more of them go.
        """
        wrong = self._intake.fixes
        if rules.EMPTY_COMPLETION.id in wrong:
            yield rows.drop_empty()
        if self._length.found:
            yield rows.drop_long(self._length)
        makers = {rules.MISNAMED_COLUMN: columns.rename, rules.NUMBER_FOR_TEXT: columns.spell_numbers}
        yield from (make() for rule, make in makers.items() if rule.id in wrong)
        for rule, pattern in safety.REMOVABLE.items():
            if rule.id in self._safety.found:
                yield texts.remove_characters(rule, pattern)
        if rules.EXTRA_COLUMN.id in wrong:
            yield columns.drop_extra()
        if self._repeats.places:
            yield rows.drop_duplicates(self._repeats.places)
        yield from self._affixes.fixes


def _number_of_rows(rows: int, file: str | None) -> Iterator[Finding]:
    if rows < FEWEST:
        yield rules.TOO_FEW_ROWS.finding(f"{rows} rows; hosts demand at least {FEWEST}, add rows", file=file)
    elif rows < A_FEW_HUNDRED:
        message = f"{rows} rows; a few hundred are a good start, and each doubling helps about as much as the last"
        yield rules.FEW_ROWS.finding(message, file=file)
