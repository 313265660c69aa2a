"""One file on its way to one that trains: what was found, what is mended, and what is left to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from openft.data.batch import Batch, Batches
from openft.data.checking import counting, facts, priced
from openft.data.checks import rules
from openft.data.checks.detect import detect
from openft.data.checks.fitting import fitting
from openft.data.copying import Unchanged, copied
from openft.data.encode import encoded
from openft.data.findings import Finding, Severity
from openft.data.fixes.fix import Fix
from openft.data.fixes.mend import Accept, Mended, mend
from openft.data.reading.readers import open_rows
from openft.data.report import FIRST, FileFacts, Report
from openft.data.rows import Kind
from openft.data.targets import targets
from openft.data.training_file import Reading, TrainingFile
from openft.data.writing import appearing
from openft.errors import DataError

if TYPE_CHECKING:
    from openft.data.split import HeldOut


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written."""

    path: Path
    rows: int


class Preparation:
    """Looks at a file and mends it; nothing is written before ``write``.

    Args:
        path: the file.
        reading: how it is to be read.
        first: findings of each kind that the report keeps.
        tell: is given every finding of the data as it was given, and of what fixes have brought about.
        watch: is given each batch of rows as it is read.

    Raises:
        DataError: the file cannot be read.
    """

    def __init__(
        self,
        path: str | Path,
        reading: Reading,
        *,
        first: int = FIRST,
        tell: Callable[[Finding], object] | None = None,
        watch: Callable[[Batch], object] | None = None,
    ) -> None:
        self.report: Report = Report(first=first)
        """What was found in the data as it was given, and what fixes have brought about."""
        self.made: tuple[Fix, ...] = ()
        """The fixes, in the order in which they were made."""
        self.left: tuple[Fix, ...] = ()
        """The fixes that could have been made and were not."""
        self.unusable: int = 0
        """Rows that are left out since they cannot be read, or no host takes them, or no fix mends their errors.

        Findings name them.
        """
        self.path: Path = Path(path)
        self.errors: list[Finding] = []
        """Errors that are left in what is written, of each id one: of the data as a whole, and of refused fixes."""
        self._look, self._tell = 0, tell
        self._told: dict[tuple[str, bool], bytearray] = {}
        self._unchanged = Unchanged(self.path)
        self._file = TrainingFile(path, reading, self._note, watch)

    def mend(self, accept: Accept, *, kind: Kind | None = None, model: str | None = None) -> None:
        """Check the data and make fixes, as far as they are accepted.

        Args:
            accept: is asked about each fix, with the data as it stands; ``report`` is complete by then.
            kind: the training format; the one that the first rows are in when left out.
            model: what is to be trained.

        Raises:
            DataError: the file cannot be read.
        """
        self._model, (self._tokens, limit) = model, counting(model)
        refused: list[Fix] = []
        self.errors.clear()
        kind = kind or detect(self._file())
        unfit = list(fitting(kind, model, str(self.path))) if kind else []
        for finding in unfit:
            self._note(finding)

        def ask(fix: Fix, data: Batches) -> bool:
            accepted = accept(fix, data)
            if accepted:
                self._told.pop((fix.id, True), None)  # what is found of it from now on, no earlier finding names
            else:
                refused.append(fix)
            return accepted

        mended = mend(self._file, ask, tell=self._found, kind=kind, limit=limit, count=self._tokens, usable_only=True)
        self.report.files.append(facts(self._file, mended.before))
        self.unusable = self._file.refused + mended.left_out
        settled = {step.fix.id for step in mended.steps if step.fix.settles}  # there may be no look after these
        unread = [note for note in self._file.source.notes if note.severity is Severity.ERROR]
        self.errors = [*unfit, *unread, *(error for error in self.errors if error.id not in settled)]
        self.made, self.left = tuple(step.fix for step in mended.steps), tuple(refused)
        self.labels: dict[str, int] = _labels(mended)
        """How often each class is there, with the fixes made; empty unless the task is classification."""
        self.longest: str = _as_written(mended, [mended.after.task.longest])[0]
        """The completion with the most characters, with the fixes made."""
        self.facts: FileFacts = self._facts(mended)
        """What the data is with the fixes made."""
        self._mended = mended

    @property
    def needed(self) -> bool:
        """Whether the file is not yet what ``write`` would make of it."""
        as_read = self._file.source
        exact = as_read.format == "jsonl" and as_read.compression is None and not as_read.notes
        return bool(self.made or self.unusable or self._file.chosen or not exact)

    @property
    def splits(self) -> bool:
        """Whether it is good to hold rows out: where there are classes to be told apart."""
        return len(self.labels) > 1

    def targets(self, output: str | Path | None, *, split: bool) -> tuple[Path, ...]:
        """Return the files that ``write`` is to be given.

        Raises:
            DataError: ``output`` may not be written.
        """
        return targets(self.path, None if output is None else Path(output), split=split)

    def write(self, targets: tuple[Path, ...], *, share: float, most: int, seed: int) -> tuple[Written, ...]:
        """Write the data with the fixes made, all files or none, and return how many rows each has.

        Raises:
            DataError: they cannot be written, no row can be used, rows cannot be held out, or the file was changed.
        """
        self._unchanged.hold()
        training, held_out = targets[0], None
        if len(targets) > 1:
            from openft.data.split import hold_out

            labels = self._mended.after.task.labels  # without what the last changes put around them
            held_out = hold_out(self._mended.settled, labels, kind=self.facts.kind, seed=seed, share=share, most=most)
        rows = [0] * len(targets)
        with appearing(*targets) as files:
            for place, lines, count in self._lines(held_out):
                files[place].write(lines)
                rows[place] += count
            self._unchanged.hold()
            if not any(rows):
                reason = "no row can be used, so that nothing is written; mend what was found"
                raise DataError(reason, file=str(self.path))
        self.facts = priced(self.facts, open_rows(training).__iter__, self._model, self._tokens)
        return tuple(map(Written, targets, rows))

    def _lines(self, held_out: HeldOut | None) -> Iterator[tuple[int, bytes, int]]:
        """Yield which file lines go to, the lines with the last changes made, and how many they are."""
        last = self._mended.last
        if held_out is None and self._is_copied(last):
            yield from ((0, *lines) for lines in copied(self._file.source, self.path, last))
            return
        for batch in self._mended.settled():
            parts = held_out.split(batch) if held_out else (batch,)
            for place, part in enumerate(parts):
                yield place, encoded(part, last), len(part.rows)

    def _is_copied(self, last: tuple[Fix, ...]) -> bool:
        """Return whether the file's own lines are written, if with more around their texts."""
        source, as_given = self._file.source, self._mended.settled is self._file and not self._file.refused
        as_read = (source.format, source.encoding, source.compression) == ("jsonl", "utf-8", None) and not source.notes
        return as_given and as_read and self._mended.after.regular and all(fix.around for fix in last)

    def _note(self, finding: Finding) -> None:
        named = finding if finding.file is not None else replace(finding, file=str(self.path))
        self.report.add(named)
        if self._tell is not None:
            self._tell(named)

    def _found(self, finding: Finding, look: int) -> None:
        error = finding.severity is Severity.ERROR
        new = (finding.fixable or error) and finding.line is not None and self._is_new(finding, look)
        if new or not look:
            self._note(finding)
        if look > self._look:
            self._look = look
            self.errors.clear()
        if error and all(finding.id != one.id for one in self.errors):
            self.errors.append(finding)

    def _is_new(self, finding: Finding, look: int) -> bool:
        """Return whether no earlier look found this; of each line one byte is kept, the look that found it first.

        Fixes make rows equal, too long or wrong that were not, and each row that goes is to be named.
        """
        line = finding.line or 0
        told = self._told.setdefault((finding.id, finding.fixable), bytearray())
        told.extend(bytes(max(0, line + 1 - len(told))))
        told[line] = told[line] or look + 1
        return told[line] == look + 1

    def _facts(self, mended: Mended) -> FileFacts:
        marks = {fix.id: fix.mark for fix in self.made if fix.mark}
        after = facts(self._file, mended.after)
        return replace(
            after,
            classes=len(self.labels),
            separator=marks.get(rules.MISSING_SEPARATOR.id, after.separator),
            stop=marks.get(rules.MISSING_STOP.id, after.stop),
        )


def _labels(mended: Mended) -> dict[str, int]:
    """Return the classes as they are once all fixes are made."""
    labels = mended.after.task.labels
    counts: dict[str, int] = {}
    for label, count in zip(_as_written(mended, list(labels)), labels.values(), strict=True):
        counts[label] = counts.get(label, 0) + count
    return counts


def _as_written(mended: Mended, completions: list[str]) -> list[str]:
    """Return completions of the last look with the fixes that were made after it, which change texts only."""
    batch = Batch("", range(len(completions)), [{"prompt": "", "completion": text} for text in completions])
    for step in mended.steps:
        if step.fix.settles and mended.after.kind == "prompt_completion":
            batch = next(iter(step.fix.apply([batch])))
    return list(map(str, batch.column("completion")))
