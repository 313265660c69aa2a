"""Columns as prompt and completion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.reading import rows_of, source_of
from openft.data.findings import Finding
from openft.data.mapping import mapped
from openft.errors import DataError

TABLE = "id\ttitle\tbody\tlabel\n1\tT%s\tB\tx\n2\tU\tC\ty\n"


@pytest.mark.parametrize(
    ("prompt", "first"),
    [
        ("title", "T%s"),
        ("{title}", "T%s"),
        ("{title}\n\n{body}", "T%s\n\nB"),
        ("100 %: {{{title}}} ->", "100 %: {T%s} ->"),
    ],
)
def test_a_column_or_a_template_makes_the_prompt(tmp_path: Path, prompt: str, first: str) -> None:
    source = mapped(source_of(tmp_path, "a.tsv", TABLE), prompt=prompt, completion="label")
    assert rows_of(source)[0] == (2, {"prompt": first, "completion": "x"})
    assert source.header == ["prompt", "completion"]


def test_a_column_goes_before_a_template_of_the_same_letters(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.csv", "{x:1!r},x:1!r\na,b\n", header=True)
    assert rows_of(mapped(source, prompt="{x:1!r}", completion="{x:1!r}?"))[0][1] == {"prompt": "a", "completion": "b?"}


@pytest.mark.parametrize("wanted", ["titel", "{titel}", "{title} {titel}"])
def test_an_unknown_column_names_those_that_are_there(tmp_path: Path, wanted: str) -> None:
    source = mapped(source_of(tmp_path, "a.tsv", TABLE), prompt=wanted, completion="label")
    with pytest.raises(DataError, match="there is no column 'titel'; the columns are id, title, body, label") as caught:
        rows_of(source)
    assert caught.value.file == source.file


def test_an_unknown_column_of_json_is_one_error_too_with_the_name_that_is_near(tmp_path: Path) -> None:
    content = "".join(json.dumps({"id": n, "Document": "a", "label": "b"}) + "\n" for n in range(9))
    bad: list[Finding] = []
    source = mapped(source_of(tmp_path, "a.jsonl", content, bad=bad.append), prompt="{documnt}", completion="label")
    with pytest.raises(DataError) as caught:
        rows_of(source)
    assert caught.value.reason == (
        "there is no column 'documnt'; the columns are id, Document, label; 'Document' may be meant"
    )
    assert bad == []


def test_rows_without_any_column_are_told_one_by_one(tmp_path: Path) -> None:
    bad: list[Finding] = []
    source = mapped(source_of(tmp_path, "a.jsonl", "{}\n{}\n", bad=bad.append), prompt="q", completion="a")
    assert rows_of(source) == []
    assert [finding.line for finding in bad] == [1, 2]


def test_rows_that_lack_a_column_are_told_with_their_line(tmp_path: Path) -> None:
    bad: list[Finding] = []
    rows = [{"q": "a", "a": True}, {"q": "b"}, {"q": 3, "a": None}, {}]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    source = mapped(source_of(tmp_path, "a.jsonl", content, bad=bad.append), prompt="q", completion="a")
    assert rows_of(source) == [(1, {"prompt": "a", "completion": "true"}), (3, {"prompt": "3", "completion": None})]
    assert [(finding.line, finding.message) for finding in bad] == [
        (2, "there is no column 'a'; the columns are q"),
        (4, "there is no column 'q'; the columns are none"),
    ]


def test_numbers_and_booleans_can_be_part_of_a_text(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.jsonl", '{"q": "50 %s", "n": 1, "a": true}\n')
    rows = rows_of(mapped(source, prompt="{n}: {q}", completion="<{a}>"))
    assert rows == [(1, {"prompt": "1: 50 %s", "completion": "<true>"})]


def test_what_is_no_text_cannot_be_part_of_a_text(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.jsonl", '{"q": ["a"], "n": 1, "a": "b"}\n')
    with pytest.raises(DataError, match=r"a.jsonl:1: column 'q' is a JSON array, not text"):
        rows_of(mapped(source, prompt="{n}: {q}", completion="a"))


@pytest.mark.parametrize(
    ("wanted", "says"), [("{title", "is wrong"), ("a {} b", "names no column"), ("{{}}", "names no")]
)
def test_a_wrong_template_is_refused_at_once(tmp_path: Path, wanted: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        mapped(source_of(tmp_path, "a.tsv", TABLE), prompt=wanted, completion="label")
