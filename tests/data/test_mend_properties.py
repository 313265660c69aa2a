"""What holds of checks and fixes for any rows."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.batches import Row, fixed, ids, source
from openft.data.findings import Finding
from openft.data.fixes.mend import mend

PIECES = st.sampled_from([
    "", " ", "\n", "a", "B", "A b", "Result: ", "END", " END", " ->", "->", "\n\n###\n\n", "###", "다", " 입니다",
    ".", "?", "***", "7", "\t", "\x00", "\x1b", "\u202e", "\u200b", "\ufffd", "\u3000", ":",
    "Classify this tweet: ", "ß", "İ",
    "\n\n=", "none of this", "[END]", "\\", '"', "\r",
])  # fmt: skip
TEXT = st.lists(PIECES, max_size=5).map("".join)
START = st.sampled_from(["", " ", "Classify this tweet: ", "Result: ", "aBCDEFGHIJKLMNOP"])
END = st.sampled_from(["", " ->", "\n\n###\n\n", " END", "***", " 입니다", " ", "x", "\n", ":", "Answer:", "# #"])
VALUE = st.one_of(TEXT, TEXT, TEXT, st.none(), st.integers(-2, 2), st.booleans(), st.just(1.5), st.just([1]))


@st.composite
def datasets(draw: st.DrawFn) -> list[Row]:
    ends = {"prompt": (draw(START), draw(END)), "completion": (draw(START), draw(END))}
    texts = draw(st.lists(st.tuples(TEXT, TEXT), max_size=25))
    rows: list[Row] = [
        {name: f"{ends[name][0]}{text}{ends[name][1]}" for name, text in zip(ends, pair, strict=True)} for pair in texts
    ]
    odd = st.fixed_dictionaries(
        {}, optional={"prompt": VALUE, "completion": VALUE, "Prompt": VALUE, " completion": VALUE, "id": VALUE}
    )
    return rows + draw(st.lists(odd, max_size=draw(st.sampled_from([0, 0, 4]))))


@given(datasets(), st.sampled_from([12, 2048]))
@example([{"prompt": "a\n", "completion": " b"}, {"prompt": "a\n ->", "completion": " b"}], 2048)
@settings(max_examples=400, deadline=None)
def test_a_second_run_proposes_nothing(rows: list[Row], limit: int) -> None:
    after, _ = fixed(rows, limit=limit)
    again, mended = fixed(after, limit=limit)
    assert mended.steps == ()
    assert again == after


@given(datasets())
@settings(max_examples=300, deadline=None)
def test_no_row_is_lost_without_a_finding_that_names_its_line(rows: list[Row]) -> None:
    found: list[Finding] = []
    mended = mend(source(rows), lambda *_: True, tell=lambda finding, _: found.append(finding), limit=12)
    left = {line for batch in mended.source() for line in batch.lines}
    named = {finding.line for finding in found if finding.id in {"D101", "D102", "D103"}}
    made = {step.fix.id for step in mended.steps}
    assert set(range(1, len(rows) + 1)) - left <= named
    assert len(left) == len(rows) or made & {"D101", "D102", "D103"}


@given(datasets())
@settings(max_examples=100, deadline=None)
def test_what_was_given_stays_as_it_is(rows: list[Row]) -> None:
    before = deepcopy(rows)
    fixed(rows)
    assert rows == before


@given(datasets())
@settings(max_examples=100, deadline=None)
def test_nothing_is_fixed_that_was_refused(rows: list[Row]) -> None:
    mended = mend(source(rows), lambda *_: False)
    assert mended.steps == ()
    assert [row for batch in mended.source() for row in batch.rows] == rows


@given(datasets(), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_what_is_found_does_not_depend_on_how_rows_come_in_batches(rows: list[Row], size: int) -> None:
    assert look_in(rows, size) == look_in(rows, 10_000)
    assert ids(rows) == {finding.id for finding in look_in(rows, size)}


def look_in(rows: list[Row], size: int) -> list[Finding]:
    from openft.data.checks.examine import examine

    found: list[Finding] = []
    examine(source(rows, size=size), found.append)
    return sorted(found, key=repr)
