"""The table of docs/reliability.md: `python tests/faults/table.py` runs every case on every face and writes it.

Nothing is written where an outcome is not the expected one, so what the page says has been seen.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import openft
from faults.case import LIST, Case
from faults.runner import FACES, faults_of, run
from faults.themes import CASES, THEMES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- written by tests/faults/table.py -->\n", "<!-- end -->\n"
HEAD = "| what happens | what you get | is it repeated | cases |\n|---|---|---|---|\n"


def table() -> str:
    """Return what stands between the marks of the page."""
    parts = [f"{len(CASES)} cases, each on threads, on asyncio and on trio. `make test` runs them all.\n"]
    for theme, cases in THEMES.items():
        rows = {case.what: [other for other in cases if other.what == case.what] for case in cases}
        lines = [
            f"| {what} | {given(group)} | {repeated(theme, group)} | {len(group)} |\n" for what, group in rows.items()
        ]
        parts.append(f"### {theme}\n\n{HEAD}{''.join(lines)}")
    return "\n" + "\n".join(parts) + "\n"


def given(cases: Sequence[Case]) -> str:
    """Return what comes of a row's cases, in words."""
    reads = outcome([case for case in cases if not case.call.creates])
    creations = outcome([case for case in cases if case.call.creates])
    if not reads or not creations or reads == creations:
        return reads or creations
    return f"{reads}; for a creation {creations}"


def outcome(cases: Sequence[Case]) -> str:
    errors = [name for name, _ in Counter(case.error for case in cases if case.error).most_common()]
    if len(errors) > 2 and all(issubclass(getattr(openft, name), openft.APIStatusError) for name in errors):
        errors = ["APIStatusError"]
    named = " or ".join(f"`{name}`" for name in errors)
    well = [case for case in cases if not case.error]
    if not well or not errors:
        return named or ("the answer" if well else "")
    return f"the answer{' once it is over' if any(sent(case) > 1 for case in well) else ''}, else {named}"


def repeated(theme: str, cases: Sequence[Case]) -> str:
    """Return in words whether the request is sent again."""
    if theme == "Redirects":
        return "followed" if any(not case.error for case in cases) else "no"
    if theme == "Arguments" and all(case.error for case in cases):
        return "nothing is sent"
    reads = {sent(case) > 1 for case in cases if not case.call.creates and case.call is not LIST}
    creations = {sent(case) > 1 for case in cases if case.call.creates}
    if not reads or not creations:
        return word(reads or creations)
    both = word(reads), word(creations)
    return both[0] if both[0] == both[1] else f"{both[0]}; a creation: {both[1]}"


def word(repeats: set[bool]) -> str:
    return "no" if True not in repeats else "yes" if False not in repeats else "some"


def sent(case: Case) -> int:
    """Return how often a case's request is tried."""
    tried = case.shows.get("attempts", 0)
    return max(case.requests - (case.before is not None), tried if isinstance(tried, int) else 0)


def written() -> str:
    """Return the page with a table of today."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main() -> int:
    """Run all cases; write the page if all went as expected."""
    runs = [(case, face) for case in CASES for face in FACES]
    no_jitter = patch.object(random, "uniform", lambda low, _: low)  # the pauses between attempts show nothing here
    with no_jitter, ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda each: faults_of(each[0], run(*each)), runs))
    bad = [f"{case.id} on {face}: {faults}" for (case, face), faults in zip(runs, found, strict=True) if faults]
    print("\n".join(bad) or f"{len(runs)} runs of {len(CASES)} cases, as expected")
    if not bad:
        PAGE.write_text(written(), "utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
