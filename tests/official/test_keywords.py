"""Our calls take what the official client's take: its names, its order, its kinds; what differs is in a table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from official import comparing, differences
from official.comparing import FACES, OPTIONS, calls, described, official_face, our_face, parameters
from official.differences import Row

COMPARED: list[tuple[Callable[[], set[str]], tuple[Row, ...]]] = [
    (comparing.missing_from_calls, differences.CALLS),
    (lambda: comparing.of_the_client(ours_alone=False), differences.CLIENT),
    (comparing.missing_from_answers, differences.ANSWERS),
    (comparing.missing_from_errors, differences.ERRORS),
    (
        lambda: {f"page.{name}" for name in {*described("openai")["pages"]} - {*described("openft")["pages"]}},
        differences.PAGES,
    ),
]
IDS = ["calls", "client", "answers", "errors", "pages"]


def test_the_official_client_is_the_pinned_one() -> None:
    assert described("openai")["version"] == differences.OPENAI


@pytest.mark.parametrize(("compare", "rows"), COMPARED, ids=IDS)
def test_whatever_differs_has_a_row_with_the_reason(compare: Callable[[], set[str]], rows: tuple[Row, ...]) -> None:
    assert {name for name in compare() if not any(row.covers(name) for row in rows)} == set()


@pytest.mark.parametrize(("compare", "rows"), COMPARED, ids=IDS)
def test_no_row_is_about_what_no_longer_differs(compare: Callable[[], set[str]], rows: tuple[Row, ...]) -> None:
    found = compare()
    patterns = [(pattern, Row((pattern,), "", "", "")) for row in rows for pattern in row.names]
    assert [pattern for pattern, row in patterns if not any(row.covers(name) for name in found)] == []


def test_what_only_we_have_is_in_the_table_of_what_is_new() -> None:
    found = comparing.added_to_calls() | comparing.of_the_client(ours_alone=True)
    rows = [Row((pattern,), "", "", "") for pattern, *_ in differences.ADDED]
    assert {name for name in found if not any(row.covers(name) for row in rows)} == set()
    told = found | {name for row in rows for name in row.names if name.endswith("(*)")}
    assert [row.names for row in rows if not any(row.covers(name) for name in told)] == []


def test_a_call_has_its_parameters_in_the_official_order() -> None:
    beside = {*OPTIONS, "stream"}  # one token a signature, and what the overloads need first
    for face, resource, name in calls():
        theirs, ours = parameters(official_face(face), resource, name), parameters(our_face(face), resource, name)
        both = [key for key in theirs or {} if key in (ours or {}) and key not in beside]
        assert [key for key in ours or {} if key in both] == both, f"{resource}.{name}"


@pytest.mark.parametrize("face", FACES, ids=str)
def test_every_call_takes_the_options_of_the_official_ones(face: tuple[str, str]) -> None:
    offline = {"notify", "unwrap", "verify_signature", "wait", "as_completed"}
    for resource, methods in our_face(face)["resources"].items():
        for name in methods.keys() - offline:
            assert (parameters(our_face(face), resource, name) or {}).keys() >= OPTIONS, f"{resource}.{name}"


def test_error_classes_stand_under_the_same_classes() -> None:
    theirs, ours = described("openai")["errors"], described("openft")["errors"]
    for name in theirs.keys() & ours.keys():
        above = [base.replace("OpenAIError", "OpenFTError") for base in theirs[name]]
        assert [base for base in ours[name] if base in above] == above, name
