"""Reading tables as pairs of prompt and completion."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft.data import Pair, read_pairs
from openft.errors import DataError

TWO = [Pair("good film", "pos"), Pair("bad film", "neg")]


def table(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a table and return where."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "prompt,completion\ngood film,pos\nbad film,neg\n"),
        ("a.csv", "label,text\r\npos,good film\r\n\r\nneg,bad film"),
        ("a.CSV", "\ufefftext,sentiment\ngood film,pos\nbad film,neg\n"),
        ("a.csv", '"Review","stars"\n"good film","pos"\n"bad film",neg\n'),
        ("a.tsv", "good film\tpos\n\nbad film\tneg\n"),
        ("a.tsv", "id\tdocument\tlabel\n1\tgood film\tpos\n2\tbad film\tneg\n"),
        ("a.tab", "quality\tmood\tlabel\tprompt\n1\t2\tpos\tgood film\n1\t2\tneg\tbad film\n"),
        ("a.jsonl", '{"text": "good film", "label": "pos"}\n\n{"label": "neg", "text": "bad film"}\n'),
        ("a.jsonl", '{"prompt": "good film", "completion": "pos"}\r\n{"prompt": "bad film", "completion": "neg"}'),
        ("a.csv", "리뷰,라벨\ngood film,pos\nbad film,neg\n"),
    ],
)
def test_known_column_names_say_what_is_what(tmp_path: Path, name: str, content: str) -> None:
    assert read_pairs(table(tmp_path, name, content)) == TWO


@pytest.mark.parametrize(
    "content",
    ["pos\tgood film\nneg\tbad film\npos\tfine film\n", "good film\tpos\nbad film\tneg\nfine film\tpos\n"],
)
def test_without_a_header_the_column_with_fewer_values_is_the_completion(tmp_path: Path, content: str) -> None:
    assert read_pairs(table(tmp_path, "a.tsv", content)) == [*TWO, Pair("fine film", "pos")]


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [("Film", "Note"), ("film", None), (None, "note"), ("2", "1"), ("2", None), ("Film", "1")],
)
def test_columns_are_chosen_by_name_or_number(tmp_path: Path, prompt: str | None, completion: str | None) -> None:
    header = "Note,Film\n" if not (prompt or completion or "").isdecimal() else ""
    path = table(tmp_path, "a.csv", f"{header}pos,good film\nneg,bad film\n")
    assert read_pairs(path, prompt_column=prompt, completion_column=completion) == TWO


def test_a_column_named_by_a_number_goes_before_the_column_at_that_place(tmp_path: Path) -> None:
    path = table(tmp_path, "a.csv", "1,text,2\npos,good film,x\nneg,bad film,y\n")
    assert read_pairs(path, completion_column="1") == TWO


def test_a_class_with_the_name_of_a_column_is_no_header_unless_the_user_names_it(tmp_path: Path) -> None:
    path = table(tmp_path, "a.csv", "when,question\nhome,statement\nwho,question\nwhat,question\n")
    assert len(read_pairs(path)) == 4
    assert len(read_pairs(path, prompt_column="question")) == 3


def test_numbers_choose_in_a_wide_table_without_a_header(tmp_path: Path) -> None:
    path = table(tmp_path, "a.csv", "1,pos,good film\n2,neg,bad film\n")
    assert read_pairs(path, prompt_column="3", completion_column="2") == TWO


@pytest.mark.parametrize(
    ("content", "prompt", "completion", "says"),
    [
        ("a,b,c\n1,2,3\n", None, None, "which columns are the prompt and the completion? there are 1, 2, 3; name them"),
        ("text,message,label\n1,2,3\n", None, None, "there are text, message, label"),
        ("text,message\n1,2\n", None, None, "there are text, message"),
        ("text,label\n1,2\n", "review", None, "there is no column 'review'; the columns are text, label"),
        ("text,label\n1,2\n", "3", None, "there is no column '3'"),
        ("text,label\n1,2\n", "1", "text", "column 'text' cannot be both"),
        ("text\n1\n", None, None, "only one column"),
        (",".join(["label"] + ["x"] * 13) + "\n", None, None, "x, … (14 in all)"),
    ],
)
def test_columns_in_doubt_are_listed(
    tmp_path: Path, content: str, prompt: str | None, completion: str | None, says: str
) -> None:
    path = table(tmp_path, "a.csv", content)
    with pytest.raises(DataError) as caught:
        read_pairs(path, prompt_column=prompt, completion_column=completion)
    assert says in caught.value.reason
    assert caught.value.file == str(path)


def test_stray_quotes_are_text_in_a_tsv(tmp_path: Path) -> None:
    path = table(tmp_path, "a.tsv", 'he said "no\tham\n"yes" or no"\tspam\nit\'s\tham\n')
    assert [pair.prompt for pair in read_pairs(path)] == ['he said "no', '"yes" or no"', "it's"]


def test_quoted_cells_of_a_csv_may_span_lines_and_be_long(tmp_path: Path) -> None:
    long = "x" * 200_000
    path = table(tmp_path, "a.csv", f'text,label\n"one, ""two""\nthree",{long}\n')
    assert read_pairs(path) == [Pair('one, "two"\nthree', long)]


def test_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    path = table(tmp_path, "a.tsv", "text\tlabel\na\u2028b\x0cc\td\n")
    assert read_pairs(path) == [Pair("a\u2028b\x0cc", "d")]


@pytest.mark.parametrize(
    ("name", "content", "line", "says"),
    [
        ("a.csv", "text,label\n1,2\n\n1,2,3\n", 4, "number of columns is 3, in the first row it is 2: 1 | 2 | 3"),
        ("a.csv", 'text,label\n"a\nb",2\nonly\n', 4, "number of columns is 1,"),
        ("a.tsv", "text\tlabel\none\n", 2, "number of columns is 1,"),
        ("a.csv", 'text,label\n1,2\n"never closed,3\n4,5\n', 3, "does not end as it should"),
        ("a.csv", b"text,label\n1,2\n\xff,2\n", 3, "byte 0xff is not UTF-8"),
        ("a.tsv", b"text\tlabel\n1\t\xff\n", 2, "byte 0xff is not UTF-8"),
        ("a.jsonl", '{"text": "a", "label": "b"}\n{"text": "a"}\n', 2, "other keys than in line 1"),
        ("a.jsonl", '{"text": "a", "label": 1.50}\n', 1, "label is not text: 1.5"),
        ("a.jsonl", '{"text": "a", "label": null}\n', 1, "label is not text: null"),
        ("a.tsv", "text\tlabel\n\t\n", 2, "the completion is empty"),
        ("a.jsonl", '{"text": "a"\n', 1, "not valid JSON"),
        ("a.jsonl", '{"messages": []}\n', 1, "rows of messages are conversations"),
        ("a.jsonl", "\n", None, "the table is empty"),
        ("a.csv", "", None, "the table is empty"),
        ("a.xlsx", "PK", None, "named as a workbook (.xlsx), but it is a text: PK"),
        ("a.gz", "", None, "the file is empty"),
        ("a.dat", "PK", None, "unknown kind of file; name it after what is in it: .csv, .tsv"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(
    tmp_path: Path, name: str, content: str | bytes, line: int | None, says: str
) -> None:
    path = table(tmp_path, name, content)
    with pytest.raises(DataError) as caught:
        read_pairs(path)
    assert (caught.value.file, caught.value.line) == (str(path), line)
    assert says in caught.value.reason


def test_integers_and_booleans_of_jsonl_become_their_json_text(tmp_path: Path) -> None:
    path = table(tmp_path, "a.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": true}\n')
    assert [pair.completion for pair in read_pairs(path)] == ["1", "true"]


def test_a_label_that_is_a_float_becomes_the_whole_number_that_it_is(tmp_path: Path) -> None:
    path = table(tmp_path, "a.jsonl", '{"text": "a", "label": 1.0}\n{"text": "b", "label": 1.5}\n')
    with pytest.raises(DataError, match=r"label is not text: 1\.5"):
        read_pairs(path)
    path.write_text('{"text": "a", "label": 1.0}\n{"text": "b", "label": 0.0}\n')
    assert read_pairs(path) == [("a", "1"), ("b", "0")]


def test_a_missing_table_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: no such file"):
        read_pairs(tmp_path / "missing.csv")


def test_a_compressed_table_is_read_by_its_ending(tmp_path: Path) -> None:
    path = table(tmp_path, "a.tsv.gz", gzip.compress(b"text\tlabel\na\tb\n"))
    assert read_pairs(str(path)) == [Pair("a", "b")]


@given(st.binary(max_size=80), st.sampled_from([".csv", ".tsv", ".jsonl", ".csv.gz"]))
def test_any_bytes_are_read_or_refused_with_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path = table(tmp_path_factory.getbasetemp(), f"any{suffix}", content)
    try:
        read_pairs(path)
    except DataError as error:
        assert error.file == str(path)  # noqa: PT017 - both outcomes are right
