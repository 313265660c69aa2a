"""All checks of prompt/completion data, and the fixes that mend what they find."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.batch import Batch, Batches
from openft.data.checks import rules, safety
from openft.data.checks.affixes import Affixes
from openft.data.checks.examined import Examined, number_of_rows
from openft.data.checks.intake import Intake, sound
from openft.data.checks.labels import check_labels
from openft.data.checks.length import Length
from openft.data.checks.repeats import NEAR, Repeats
from openft.data.checks.task import TaskCheck, TaskType
from openft.data.findings import Finding
from openft.data.fixes import columns, rows, texts
from openft.data.fixes.fix import Fix


class PairChecks:
    """The state of all checks."""

    def __init__(self, length: Length) -> None:
        self._intake, self._task, self._repeats = Intake(), TaskCheck(), Repeats(near=NEAR)
        self._affixes, self._safety, self._length = Affixes(), safety.Safety(), length

    def feed(self, batch: Batch) -> Iterator[Finding]:
        """Yield what is wrong with single rows."""
        found, texts = self._intake.take(batch)
        yield from found
        if texts is not None:
            self._task.feed(texts)
            self._repeats.feed(texts)
            self._affixes.feed(texts)
            yield from self._safety.feed(texts)
            yield from self._length.feed(texts)

    def end(self, source: Batches) -> Iterator[Finding]:
        """Yield what is wrong with the whole; what repeats is confirmed in the data."""
        task, file = self._task.task(), self._intake.file
        yield from self._intake.end()
        yield from number_of_rows(self._intake.rows, file)
        yield from self._task.end()
        for suspects in self._repeats.suspects(conflicts=task.type is TaskType.CLASSIFICATION):
            yield from self._repeats.look(sound(source()), suspects)
        self._repeats.finish()
        if self._affixes.stale:
            self._affixes.again(sound(source()))
        yield from self._affixes.end(task, file, room=self._length.limit - self._length.most)
        yield from check_labels(task, file, self._length.tokens, self._affixes.completion.ends.mark)

    def examined(self) -> Examined:
        """Return what is known at the end."""
        return Examined(
            rows=self._intake.rows,
            kind="prompt_completion",
            task=self._task.task(),
            separator=self._affixes.prompt.ends.used,
            stop=self._affixes.completion.ends.used,
            fixes=tuple(self._fixes()),
            regular=self._intake.regular,
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
