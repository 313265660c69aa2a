"""JSON of every kind as rows, and what JSON must not have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.reading import noted, read, refusal, rows_of, source_of
from openft.data.findings import Finding
from openft.data.reading.document import read_document
from openft.errors import DataError

TWO = [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "a.dat"])
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ('{"a": 1}\n{"a": 2}\n', [1, 2]),
        ('{"a": 1}\r\n\r\n{"a": 2}', [1, 3]),
        ('[{"a": 1}, {"a": 2}]', [1, 2]),
        ('[\n {"a": 1},\n {"a": 2}\n]\n', [2, 3]),
        ('\n {\n "a": 1\n}\n{\n "a": 2\n}\n', [2, 5]),
    ],
)
def test_each_layout_is_read(tmp_path: Path, name: str, content: str, lines: list[int]) -> None:
    assert read(tmp_path, name, content) == list(zip(lines, TWO, strict=True))


def test_one_object_is_one_row(tmp_path: Path) -> None:
    assert read(tmp_path, "a.json", '{"a": 1}') == [(1, {"a": 1})]
    assert read(tmp_path, "a.json", '{\n"a": 1}') == [(1, {"a": 1})]


def test_an_empty_array_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "a.json", "[ ]\n") == []
    assert read(tmp_path, "a.jsonl", "\n\n") == []


def test_a_document_is_told(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.json", '[{"a": 1}]')
    assert rows_of(source)
    assert noted(source) == {"D013": "read as one JSON text; openft writes one object a line"}


def test_rows_that_share_a_line_have_numbers_of_their_own(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.json", '[{"a": 1}, {"a": 2}, 3,\n{"a": 4},\n\n\n{"a": 5}]')
    found: list[Finding] = []
    source.bad = found.append
    assert [(line, row["a"]) for line, row in rows_of(source)] == [(1, 1), (2, 2), (4, 4), (5, 5)]
    assert [one.line for one in found] == [3]
    assert [(one.id, one.line) for one in source.notes] == [("D013", None), ("D013", 1)]


def test_lines_are_given_with_their_bytes(tmp_path: Path) -> None:
    (batch,) = source_of(tmp_path, "a.jsonl", '\ufeff{"a":"\\u0041"}\r\n\n {"a" : 2}\n')
    assert batch.raw == [b'{"a":"\\u0041"}\r\n', b' {"a" : 2}\n']
    assert list(batch.lines) == [1, 3]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": NaN}', "a number that JSON does not have"),
        ('{"a": [-Infinity]}', "a number that JSON does not have"),
        ('{"a": 1e999}', "a number too large for a float"),
        ('{"a": [{"b": [1e999]}]}', "a number too large for a float"),
        ('{"a": ' + "9" * 5000 + "}", "a number that JSON does not have or that is too long"),
        ('{"a": 1, "a": 2}', "key 'a' is there twice"),
        ('{"a": "x", "a" : "\\""}', "key 'a' is there twice"),
        ('{"b": {"a": [{"c": 1, "c": 1}]}}', "key 'c' is there twice"),
        ('{"a": "\\ud800"}', "half a surrogate pair"),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", "nested more than 64 levels"),
        ('{"a": ' + "[" * 90_000 + "]" * 90_000 + "}", "nested "),
        ('{"a": "\x01"}', "not valid JSON"),
        ('{"a": 1}}', "not valid JSON"),
        ("3", "a JSON number, not an object: 3"),
        ("null", "a JSON null, not an object: null"),
        ('"text"', "a JSON string, not an object"),
    ],
)
def test_what_json_must_not_have_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    error = refusal(tmp_path, "a.jsonl", f'{{"a": 1}}\n\n{text}\n')
    assert error.line == 3
    assert says in error.reason
    error = refusal(tmp_path, "a.json", f'[{{"a": 1}},\n\n{text}]\n')
    assert error.line == 3
    assert says in error.reason or "not valid JSON" in error.reason


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('{"a": 1}\n{"a": "cut o', 2, "the file ends in the middle of this line, get all of it again"),
        ('{"a": 1}\n{"a": 1}}', 2, "not valid JSON (Extra data"),
        ("plain text\n", 1, "not valid JSON"),
        ('{"a": 1}\n[1]\n', 2, "a JSON array, not an object"),
        ('[{"a": 1},\n', 2, "the array has no end) at the end of the file"),
        ('[{"a": 1},\n{"a": 2}\n', 3, "Expecting ',' or ']') at the end of the file; is it cut off?"),
        ('[{"a": 1},\n{"a": 2', 2, "is it cut off?"),
        ('[{"a": 1}\n{"a": 2}]', 2, "Expecting ',' or ']') at {"),
        ('[{"a": 1},\n]', 2, "Expecting value) at ]"),
        ('[{"a": 1}] x', 1, "Extra data) at x"),
        ('{\n"a": 1,\n"b" 2\n}', 3, "Expecting ':' delimiter) at 2"),
        ('[\n{"a": ' + "[" * 90_000, 2, "nested too deep"),
        ('[1,\n"a"]', 1, "a JSON number, not an object: 1"),
        ("[12", 1, "a JSON number, not an object: 12"),
        (
            b'[{"a": 1},\n{"a": "\xed\x95\x9c\xea\xb8\x80\xea\xb8\x80\xea\xb8\x80 \xff"}]',
            2,
            "byte 21 of the line is not",
        ),
        (b'[{"a": "\xed\x95\x9c\xea\xb8\x80"}, {"a": "\xed\x95', 1, "is not UTF-8"),
    ],
)
def test_text_that_is_not_json_is_refused_with_its_line(
    tmp_path: Path, content: bytes | str, line: int, says: str
) -> None:
    error = refusal(tmp_path, "a.jsonl", content)
    assert says in error.reason
    assert error.line == line


def test_rows_before_a_bad_line_are_given_first(tmp_path: Path) -> None:
    batches = iter(source_of(tmp_path, "a.jsonl", '{"a": 1}\n{"a": 2\n{"a": 3}\n'))
    assert next(batches).rows == [{"a": 1}]


@pytest.mark.parametrize("content", ['{"a": 1}\n{"a": 2\n3\n{"a": 4}\n', '[{"a": 1},\n2,\n3,\n{"a": 4}]'])
def test_bad_rows_are_told_and_left_out_where_somebody_listens(tmp_path: Path, content: str) -> None:
    bad: list[Finding] = []
    assert read(tmp_path, "a.jsonl", content, bad=bad.append) == [(1, {"a": 1}), (4, {"a": 4})]
    assert [(finding.id, finding.line) for finding in bad] == [("D010", 2), ("D010", 3)]


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 20_000 + "]" * 20_000])
def test_a_first_line_that_cannot_be_parsed_is_a_line(tmp_path: Path, value: str) -> None:
    bad: list[Finding] = []
    source = source_of(tmp_path, "a.jsonl", f'{{"a": {value}}}\n{{"a": 2}}\n', bad=bad.append)
    assert rows_of(source) == [(2, {"a": 2})]
    assert [(finding.id, finding.line) for finding in bad] == [("D010", 1)]
    assert noted(source) == {}


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": 1e999}'])
def test_what_parses_but_loses_something_is_refused_among_good_lines(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, "a.jsonl", f'{{"a": 1}}\n{text}\n{{"a": 3}}').line == 2


def test_a_number_may_go_on_in_the_next_piece(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.json", "[]")
    with pytest.raises(DataError, match="a JSON number, not an object: 1234;"):
        list(read_document(source, iter([b"[12", b"34]"]), 100))


def test_a_row_of_very_many_values_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, "a.jsonl", '{"a": [' + "[]," * 1_100_000 + "1]}\n")
    assert (error.line, error.reason[:28]) == (1, "more than 524,288 commas and")
    error = refusal(tmp_path, "a.json", '[\n{"a": [' + "[]," * 1_500_000)
    assert (error.line, error.reason) == (2, "a row of more than 524,288 commas and brackets; split it")


def test_a_long_row_is_read(tmp_path: Path) -> None:
    row = {"a": "x" * 3_000_000}
    assert read(tmp_path, "a.jsonl", json.dumps(row) + "\n") == [(1, row)]
    assert read(tmp_path, "a.json", json.dumps([row, row], indent=1)) == [(2, row), (5, row)]


def test_a_row_without_end_is_refused(tmp_path: Path) -> None:
    assert "longer than 16 MiB" in refusal(tmp_path, "a.jsonl", '{"a": "' + "x" * (17 << 20)).reason
    assert "longer than 16 MiB" in refusal(tmp_path, "a.json", '[\n{"a": "' + "x" * (34 << 20)).reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=4), min_size=1), st.booleans(), st.sampled_from([None, 1]))
def test_any_objects_are_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], plain: bool, indent: int | None
) -> None:
    lines = "".join(json.dumps(row, ensure_ascii=plain) + "\n" for row in rows)
    array = json.dumps(rows, ensure_ascii=plain, indent=indent)
    for content in (lines, array):
        encoded = content.encode("utf-8")
        read_back = read(tmp_path_factory.getbasetemp(), "any.jsonl", encoded, batch_bytes=50, encoding="utf-8")
        assert [row for _, row in read_back] == rows
