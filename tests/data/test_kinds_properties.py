"""What holds of the checks and fixes of every format, for any rows."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from data.batches import Row, source
from data.talks import datasets, written
from openft.data.checks.examine import examine
from openft.data.findings import Finding, Severity
from openft.data.fixes.mend import Mended, mend
from openft.data.reading.readers import open_rows
from openft.data.rows import Kind
from openft.data.upload import check_file
from openft.errors import DataError

LIMIT = 14


def mended(
    rows: list[Row], found: list[Finding] | None = None, *, kind: Kind | None = None
) -> tuple[list[Row], Mended]:
    def note(finding: Finding, _: int) -> None:
        if found is not None:
            found.append(finding)

    done = mend(source(rows), lambda *_: True, tell=note, kind=kind, limit=LIMIT)
    return [row for batch in done.source() for row in batch.rows], done


def same(rows: list[Row], others: list[Row]) -> bool:
    """Return whether rows are equal, numbers of another type not being."""
    return json.dumps(rows) == json.dumps(others)


@given(datasets())
@settings(max_examples=300)
def test_what_is_examined_without_an_error_passes_the_check_of_uploads(rows: list[Row]) -> None:
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "data.jsonl", rows)
        found: list[Finding] = []
        examine(lambda: open_rows(path, bad=found.append), found.append)
        errors = {finding.id for finding in found if finding.severity is Severity.ERROR}
        refusal = None
        try:
            check_file(path)
        except DataError as error:
            refusal = error
    assert errors - {"D104"} or refusal is None


@given(datasets())
@settings(max_examples=200)
def test_a_second_run_proposes_nothing(rows: list[Row]) -> None:
    found: list[Finding] = []
    after, first = mended(rows, found)
    wrong = [finding.id for finding in found if finding.severity is Severity.ERROR and not finding.fixable]
    # where rows of several formats are left, or of none, others may be the most once rows are gone
    again, done = mended(after, kind=first.before.kind if {*wrong} - {"D104"} else None)
    assert done.steps == ()
    assert same(again, after)


@given(datasets())
@settings(max_examples=150)
def test_no_row_is_lost_without_a_finding_that_names_its_line(rows: list[Row]) -> None:
    found: list[Finding] = []
    _, done = mended(rows, found)
    left = {line for batch in done.source() for line in batch.lines}
    named = {finding.line for finding in found if finding.id in {"D101", "D102", "D103", "D606", "D607", "D633"}}
    assert set(range(1, len(rows) + 1)) - left <= named


@given(datasets())
@settings(max_examples=150)
def test_a_fix_is_made_where_a_finding_says_so_and_nowhere_else(rows: list[Row]) -> None:
    found: list[Finding] = []
    before = deepcopy(rows)
    after, done = mended(rows, found)
    assert same(rows, before)
    assert {step.fix.id for step in done.steps} <= {finding.id for finding in found if finding.fixable}
    left = [line for batch in done.source() for line in batch.lines]
    named = {finding.line for finding in found if finding.fixable}
    changed = {line for line, row in zip(left, after, strict=True) if not same([row], [rows[line - 1]])}
    assert changed <= named or None in named or done.before.kind == "prompt_completion"


@given(datasets(), st.integers(1, 6))
@settings(max_examples=150)
def test_what_is_found_does_not_depend_on_how_rows_come_in_batches(rows: list[Row], size: int) -> None:
    found: list[list[Finding]] = [[], []]
    for number, rows_a_batch in enumerate([size, 1000]):
        examine(source(rows, size=rows_a_batch), found[number].append, limit=LIMIT)
    assert sorted(found[0], key=repr) == sorted(found[1], key=repr)
