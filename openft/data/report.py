"""What checks have found, bounded: the first findings of each kind, and how many there were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain

from openft.data.costs import Cost, Duration
from openft.data.findings import Finding, Severity
from openft.data.rows import Kind
from openft.data.tally import Totals
from openft.display import ROWS, table, words

FIRST = 5
"""Findings of each kind that are kept."""
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_LONGEST = 500


@dataclass(slots=True)
class Findings:
    """The findings of one id."""

    id: str
    name: str
    severity: Severity
    fixable: bool = False
    count: int = 0
    first: list[Finding] = field(default_factory=list[Finding])


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file was found to be."""

    file: str
    format: str
    encoding: str | None
    rows: int
    """That could be read."""
    kind: Kind
    task: str
    """``classification``, ``conditional generation`` or ``open-ended generation``."""
    classes: int
    """How many different completions there are, 0 unless the task is classification."""
    separator: str
    """What every prompt ends with, "" for nothing."""
    stop: str
    """What every completion ends with, likewise."""
    totals: Totals | None = None
    """How much there is to train on; None where no model is named."""
    cost: Cost | None = None
    """What a host would charge for it, None where no model with a price is named."""
    duration: Duration | None = None
    """How long the embedded server would train, None where no base of its own is named."""

    def about(self) -> Iterator[str]:
        """Yield what the file is, and where a model is named, how much there is and what it costs, as lines."""
        kind = self.kind.replace("_", "/")
        classes = f" into {self.classes} classes" if self.classes else ""
        task = f", {self.task}{classes}" if self.kind == "prompt_completion" and self.rows else ""
        name = words(self.file, 300)
        yield f"{name}: {self.rows:,} row{'' if self.rows == 1 else 's'} of {kind}{task}"
        yield from (f"{name}: {words(str(fact), 500)}" for fact in (self.totals, self.cost, self.duration) if fact)


class Report:
    """Findings by their ids, the worst first.

    ```python
    report = Report()
    for finding in findings:
        report.add(finding)
    print(report.text())
    ```
    """

    def __init__(self, findings: Iterable[Finding] = (), *, first: int = FIRST) -> None:
        self.files: list[FileFacts] = []
        """What each file that was read was found to be."""
        self._first = first
        self._kinds: dict[str, Findings] = {}
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Take a finding in."""
        kind = self._kinds.get(finding.id)
        if kind is None:
            kind = self._kinds[finding.id] = Findings(finding.id, finding.name, finding.severity)
        kind.count += 1
        kind.fixable = kind.fixable or finding.fixable
        if len(kind.first) < self._first:
            kind.first.append(finding)

    @property
    def kinds(self) -> list[Findings]:
        """The findings by id, errors before warnings before notes."""
        return sorted(self._kinds.values(), key=lambda kind: (_ORDER[kind.severity], kind.id))

    def count(self, severity: Severity) -> int:
        """Return how many findings are as bad as this."""
        return sum(kind.count for kind in self._kinds.values() if kind.severity is severity)

    @property
    def usable(self) -> bool:
        """Whether there is no error."""
        return not self.count(Severity.ERROR)

    def lines(self, more: str = "") -> Iterator[str]:
        """Yield the first findings of each kind, one on each line, and how many more there are.

        Args:
            more: said behind such a number, such as where all are to be found.
        """
        for kind in self.kinds:
            yield from map(line_of, kind.first)
            rest = kind.count - len(kind.first)
            if rest:
                yield f"… and {rest} more of {kind.id} {kind.name}{more}"

    def about(self) -> Iterator[str]:
        """Yield what each file is, as lines."""
        yield from chain.from_iterable(file.about() for file in self.files)

    def text(self) -> str:
        """Return the report as lines for a terminal, with control characters escaped."""
        return "\n".join([*self.lines(), *self.about(), self.summary()])

    def summary(self) -> str:
        """Return how many findings there are, in one line."""
        if not self._kinds:
            return "nothing found"
        counts = Counter({severity.value: self.count(severity) for severity in Severity})
        return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count)

    def to_dict(self) -> dict[str, object]:
        """Return the report as what JSON can hold."""
        return {
            "usable": self.usable,
            "files": [asdict(file) for file in self.files],
            **{f"{severity.value}s": self.count(severity) for severity in Severity},
            "findings": [asdict(kind) for kind in self.kinds],
        }

    def to_json(self) -> str:
        """Return the report as JSON, in ASCII so that it passes through any terminal."""
        return json.dumps(self.to_dict(), indent=2)

    def __repr__(self) -> str:
        return f"Report({self.summary()})"

    def _repr_html_(self) -> str:
        """Return a table for notebooks; all content is escaped."""
        from html import escape

        rows = [
            (kind.severity.value, kind.id, kind.name, kind.count, _place(finding), finding.message, finding.excerpt)
            for kind in self.kinds
            for finding in kind.first[:1]
        ]
        columns = ("severity", "id", "name", "count", "first at", "what", "excerpt")
        said = "".join(f"<p>{escape(line)}</p>\n" for line in self.about())
        return said + table(self.summary(), columns, rows[:ROWS])


def line_of(finding: Finding) -> str:
    """Return a finding on one line, as editors and compilers write it; control characters are escaped."""
    place = f"{_place(finding)}: " if _place(finding) else ""
    shown = f": {finding.excerpt}" if finding.excerpt else ""
    what = f"{finding.severity.value}: {finding.id} {finding.name}: {finding.message}"
    return words(f"{place}{what}{shown}", _LONGEST)


def _place(finding: Finding) -> str:
    if finding.line is None:
        return finding.file or ""
    return f"{finding.file}:{finding.line}" if finding.file else f"line {finding.line}"
