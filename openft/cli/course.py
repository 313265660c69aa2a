"""The course of ``openft prepare``: what was found, each fix, the split, the files, and what to do with them."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from openft.cli.advice import advice
from openft.cli.preview import preview
from openft.cli.progress import ReadingBar
from openft.cli.questions import ask
from openft.data import RULES, Severity
from openft.data.batch import Batches
from openft.data.fixes.fix import Fix
from openft.data.preparation import Preparation, Written
from openft.data.preparing import chosen
from openft.data.report import line_of
from openft.data.targets import MOST, SHARE
from openft.display import words
from openft.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the options of a command say."""

    output: Path | None = None
    only: Collection[str] | None = None
    skip: Collection[str] = ()
    split: bool | None = None
    seed: int = 1
    model: str | None = None
    system: str | None = None
    dry_run: bool = False
    yes: bool = False
    legacy: bool = False
    """Ask whatever stdin is, and not about what is necessary, as the tool of the 2023 guide did."""


class Course:
    """One file on its way; ``run`` takes it there.

    Args:
        preparation: the file.
        choices: what the options say.
        out: where lines go.
        bar: the progress bar, which is in the way of questions.
        more: said behind the number of findings that are not shown.
    """

    def __init__(
        self, preparation: Preparation, choices: Choices, out: TextIO, bar: ReadingBar, more: str = ""
    ) -> None:
        terminal = choices.legacy or (sys.stdin.isatty() and out.isatty())
        self._preparation, self._choices, self._out, self._bar, self._more = preparation, choices, out, bar, more
        self._asks = terminal and not choices.yes and not choices.dry_run
        self._told: dict[str, tuple[int, int]] = {}
        """How many findings of each id were printed, and how many were counted."""
        self._summed = False
        self.targets: tuple[Path, ...] = ()
        """The files to write, empty where the data is well as it is."""
        self.files: tuple[Written, ...] = ()
        """The files that were written."""
        self.done: bool = False
        """Whether there is a file now that trains."""

    def run(self) -> None:
        """Mend, write, and say what to do next, as far as it is wanted.

        Raises:
            DataError: the file cannot be read, or the output not be written.
            NoAnswerError: a question was not answered.
        """
        preparation, choices = self._preparation, self._choices
        if choices.output is not None:
            preparation.targets(choices.output, split=bool(choices.split))
        preparation.mend(chosen(self._accept, choices.only, choices.skip), model=choices.model)
        self._tell()
        split = self._split()
        if preparation.needed or split or choices.output is not None:
            self.targets = preparation.targets(choices.output, split=split)
            self._write()
        else:
            self._say("there is nothing to change")
            self._end((preparation.path,))

    def to_dict(self) -> dict[str, object]:
        """Return what was done as what JSON can hold."""
        preparation = self._preparation
        fixes = {True: preparation.made, False: preparation.left}
        return {
            "fixes": [
                {"id": fix.id, "name": fix.name, "does": fix.does, "made": made}
                for made, some in fixes.items()
                for fix in some
            ],
            "prepared": asdict(preparation.facts),
            "labels": preparation.labels,
            "targets": [str(path) for path in self.targets],
            "written": [{"file": str(file.path), "rows": file.rows} for file in self.files],
            "left_out": preparation.unusable,
        }

    def _accept(self, fix: Fix, data: Batches) -> bool:
        self._tell()
        self._say(f"{fix.id} {fix.name}: {words(fix.does, 300)}")
        for line in preview(fix, data):
            self._say(line)
        necessary = self._choices.legacy and RULES[fix.id].severity is Severity.ERROR
        if not self._asks or necessary:
            return True
        accepted = ask("make this change?", self._out)
        self._bar.resume()
        return accepted

    def _tell(self) -> None:
        """Say what was found and not said yet: at first all, then what changes have brought about."""
        self._bar.pause()
        for kind in self._preparation.report.kinds:
            printed, counted = self._told.get(kind.id, (0, 0))
            for finding in kind.first[printed:]:
                self._say(line_of(finding))
            rest = kind.count - counted - len(kind.first[printed:])
            if rest:
                self._say(f"… and {rest} more of {kind.id} {kind.name}{self._more}")
            self._told[kind.id] = len(kind.first), kind.count
        if not self._summed:
            self._say(self._preparation.report.summary())
            self._summed = True

    def _split(self) -> bool:
        if self._choices.split is not None or not self._preparation.splits:
            return bool(self._choices.split)
        share = f"{SHARE:.0%} of the rows, at most about {MOST:,}"
        return not self._asks or ask(f"hold {share}, out for validation?", self._out)

    def _write(self) -> None:
        names = " and ".join(words(str(path), 300) for path in self.targets)
        if self._choices.dry_run:
            self._say(f"nothing is written in a dry run; it would be {names}")
            self.done = True
        elif not self._asks and not self._choices.yes:
            self._say(f"nothing is written, since there is no terminal to ask on; --yes makes these changes in {names}")
        elif self._choices.yes or ask(f"write {names}{self._replaced()}?", self._out):
            self._refuse_unnamed()
            self.files = self._preparation.write(self.targets, share=SHARE, most=MOST, seed=self._choices.seed)
            for file in self.files:
                self._say(f"wrote {words(str(file.path), 300)}: {file.rows:,} rows")
            if self._preparation.unusable:
                self._say(f"left out {self._preparation.unusable:,} rows with errors that no fix mends, see above")
            self._end(tuple(file.path for file in self.files))
        else:
            self._say("nothing is written")
            self.done = True

    def _replaced(self) -> str:
        there = " and ".join(words(str(path), 300) for path in self.targets if path.exists())
        return f", in place of what is in {there}" if there else ""

    def _refuse_unnamed(self) -> None:
        """Raise DataError where nobody was asked about a file that is there, or gave its very name."""
        for path in self.targets:
            if not self._asks and path.exists() and path != self._choices.output:
                reason = (
                    "is there already, and only a file that -o names is replaced unasked; remove it, or name another"
                )
                raise DataError(reason, file=str(path))

    def _end(self, files: tuple[Path, ...]) -> None:
        preparation = self._preparation
        for line in preparation.facts.about():
            self._say(line)
        for finding in preparation.errors:
            self._say(f"it will not train yet: {words(finding.message, 300)}")
        self.done = not preparation.errors
        if self.done:
            for line in advice(
                files,
                preparation.facts,
                preparation.labels,
                self._choices.model,
                longest=preparation.longest,
                made=preparation.made,
                system=self._choices.system,
            ):
                self._say(line)

    def _say(self, line: str) -> None:
        print(line, file=self._out)
