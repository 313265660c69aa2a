"""One fix after the other, each going by the data as the one before has left it; then what no fix mends goes."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from openft.data.batch import Batches
from openft.data.checks.examine import examine
from openft.data.checks.examined import Examined
from openft.data.checks.unusable import unusable
from openft.data.findings import Finding, Severity
from openft.data.fixes.fix import Fix
from openft.data.fixes.rows import without
from openft.data.report import Report
from openft.data.rows import Kind
from openft.data.tokens import CountTokens

_MOST_LOOKS = 50

Accept: TypeAlias = Callable[[Fix, Batches], bool]
"""Returns whether a fix is to be made; it is also given the data as it stands, to show what would change."""
Tell: TypeAlias = Callable[[Finding, int], object]
"""Is called with a finding and the number of the look that found it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A fix that was made."""

    fix: Fix
    report: Report
    """What was found when it was decided on; findings of the id of the fix only, and all rows that it leaves out."""


@dataclass(frozen=True, slots=True)
class Mended:
    """Data with fixes made while it is read."""

    source: Batches
    """The data with all fixes made."""
    settled: Batches
    """The data without the last changes of texts, which ``encoded`` makes while it writes."""
    last: tuple[Fix, ...]
    """Those changes."""
    steps: tuple[Step, ...]
    before: Examined
    after: Examined
    """The last look; fixes that settle may have been made after it."""
    left_out: int
    """Rows that were left out since no host takes them, or for errors that no fix mends; findings name each."""


def mend(
    source: Batches,
    accept: Accept,
    *,
    tell: Tell | None = None,
    kind: Kind | None = None,
    limit: int | None = None,
    count: CountTokens | None = None,
    usable_only: bool = False,
) -> Mended:
    """Check, fix, and check again until nothing is left that is to be fixed; nothing is written.

    Args:
        source: the data, which is read once for each look.
        accept: is asked about a fix when its turn comes; one that is refused is not proposed again.
        tell: is called with each finding and the number of the look, 0 for the data as it was given.
        kind: the format; by default the one that the first rows are in.
        limit: tokens that an example may have; the format's own limit when left out.
        count: counts the tokens of a text; None for an estimate.
        usable_only: whether rows that still cannot be trained on are left out then, and the others looked at again.
    """
    mending = _Mending(source, accept)
    looks: list[Examined] = []
    while not looks or (mending.look_again and len(looks) < _MOST_LOOKS):
        found: dict[str, Report] = {}

        def note(finding: Finding, found: dict[str, Report] = found, look: int = len(looks)) -> None:
            found.setdefault(finding.id, Report()).add(finding)
            if tell is not None:
                tell(finding, look)

        looks.append(examine(mending.source, note, kind=kind, limit=limit, count=count))
        kind = looks[0].kind
        mending.make(looks[-1].fixes, found)
        if usable_only and not mending.look_again:
            mending.leave_out(kind, found, note)
    steps, last = tuple(mending.steps), tuple(mending.last)
    return Mended(mending.source, mending.settled, last, steps, looks[0], looks[-1], mending.left_out)


class _Mending:
    def __init__(self, source: Batches, accept: Accept) -> None:
        self.source, self._accept = source, accept
        self.steps: list[Step] = []
        self.settled, self.last = source, list[Fix]()
        self.look_again = False
        self.left_out = 0
        self._clean = False
        self._refused: set[str] = set()

    def make(self, fixes: tuple[Fix, ...], found: dict[str, Report]) -> None:
        """Make as many fixes as can be decided on from one look."""
        made: list[Fix] = []
        for fix in fixes:
            if fix.id in self._refused:
                continue
            if not all(one.settles or (one.local and fix.local) for one in made):
                break
            if self._accept(fix, self.source):
                self.source = _after(self.source, fix)
                if fix.settles and fix.change:
                    self.last.append(fix)
                else:
                    self.settled, self.last = self.source, []
                self.steps.append(Step(fix, found[fix.id]))
                made.append(fix)
            else:
                self._refused.add(fix.id)
        self.look_again = not all(fix.settles for fix in made)
        self._clean = self._clean and not made

    def leave_out(self, kind: Kind, found: dict[str, Report], tell: Callable[[Finding], object]) -> None:
        """Leave out the rows that cannot be trained on, if there may be some that were not looked for yet."""
        if self._clean or not any(_of_rows(report) for report in found.values()):
            return
        self._clean = True
        places = array("I")
        for place, finding in unusable(self.source, kind):
            places.append(place)
            if finding is not None:
                tell(finding)
        if places:
            before = self.source
            self.source = self.settled = lambda: without(places, before())
            self.last = []
            self.left_out += len(places)
            self.look_again = True


def _of_rows(report: Report) -> bool:
    """Return whether findings of one id are errors of single rows."""
    return any(one.severity is Severity.ERROR and one.line is not None for one in report.kinds[0].first)


def _after(source: Batches, fix: Fix) -> Batches:
    return lambda: fix.apply(source())
