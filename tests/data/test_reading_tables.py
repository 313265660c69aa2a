"""CSV, TSV and text as rows by column."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.reading import noted, read, refusal, rows_of, source_of
from openft.data.findings import Finding
from openft.errors import DataError

CLASSED = (("what time is it", "question"), ("i am home", "statement"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_recognised_in_a_csv(tmp_path: Path, delimiter: str) -> None:
    text = 'text,label\n"a, b; c",x\nd,y\n'.replace(",", delimiter)
    source = source_of(tmp_path, "a.csv", text)
    assert [list(row.values()) for _, row in rows_of(source)] == [[f"a{delimiter} b; c", "x"], ["d", "y"]]
    assert ("D007" in noted(source)) == (delimiter != ",")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("name", "first", "delimiter"),
    [
        ("a.csv", "sep=;", ";"),
        ("a.csv", '"sep=;"', ";"),
        ("a.csv", "SEP=,", ","),
        ("a.csv", "sep=;;", ";"),
        ("a.csv", "sep=^", "^"),
        ("a.csv", "sep=\t", "\t"),
        ("a.tsv", "sep=\t", "\t"),
    ],
)
def test_the_line_that_tells_excel_the_delimiter_is_no_row(
    tmp_path: Path, name: str, first: str, delimiter: str, end: str
) -> None:
    lines = [first, *(line.replace("/", delimiter) for line in ("prompt/completion", '"good, yes"/one', "bad/two", ""))]
    source = source_of(tmp_path, name, end.join(lines))
    assert rows_of(source) == [
        (3, {"prompt": "good, yes", "completion": "one"}),
        (4, {"prompt": "bad", "completion": "two"}),
    ]
    assert noted(source) == {"D007": f"its first line says that {delimiter!r} divides its cells; the line is left out"}


def test_a_file_of_nothing_but_the_line_for_excel_is_empty(tmp_path: Path) -> None:
    assert "the table is empty" in refusal(tmp_path, "a.csv", "sep=;").reason


def test_the_line_of_a_bad_row_counts_the_line_for_excel(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a.csv", 'sep=;\na;b\nc;d\n"e;f\n').line == 4


def test_a_file_from_excel_in_the_encoding_of_its_country_is_read(tmp_path: Path) -> None:
    korean = 'sep=;\r\n리뷰;라벨\r\n"정말; 재미있는 영화였다";긍정\r\n'.encode("cp949")
    assert read(tmp_path, "a.csv", korean) == [(3, {"리뷰": "정말; 재미있는 영화였다", "라벨": "긍정"})]


def test_commas_in_each_text_do_not_divide_what_the_header_does_not_divide_so(tmp_path: Path) -> None:
    text = "prompt;completion\n" + "".join(f"well, text {n};kind, {n % 2}\n" for n in range(30))
    source = source_of(tmp_path, "a.csv", text)
    assert rows_of(source)[0] == (2, {"prompt": "well, text 0", "completion": "kind, 0"})
    assert noted(source) == {"D007": "its cells are divided by ';', not by commas"}
    assert read(tmp_path, "a.csv", "text;label\na, b;x\nc, d;y\n")[1] == (3, {"text": "c, d", "label": "y"})


def test_lines_within_cells_do_not_hide_the_delimiter(tmp_path: Path) -> None:
    text = "text;label\n" + '"one\ntwo, too\n\nthree; four";x\n' * 9
    assert read(tmp_path, "a.csv", text)[0] == (2, {"text": "one\ntwo, too\n\nthree; four", "label": "x"})


def test_a_header_with_an_end_of_line_in_it_is_divided(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.csv", '"the\ntext";label\na, b;x\n')
    assert rows_of(source) == [(3, {"the\ntext": "a, b", "label": "x"})]


def test_a_table_from_excel_in_french_is_read(tmp_path: Path) -> None:
    french = "texte;étiquette\r\ntrès réussi, à l’école;bon\r\nça, déjà vu;mauvais\r\n".encode("cp1252")
    assert read(tmp_path, "a.csv", french)[0] == (2, {"texte": "très réussi, à l’école", "étiquette": "bon"})


def test_decimal_commas_do_not_divide_cells(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "text;price\na;1,5\nb;2\n")[0] == (2, {"text": "a", "price": "1,5"})


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("value", ["NA", "null", "None", "nan", "N/A", "", "007", "1.50", " x "])
def test_texts_stay_what_they_are(tmp_path: Path, name: str, value: str) -> None:
    text = f"text,label\na,{value}\n".replace(",", "\t" if name == "a.tsv" else ",")
    assert read(tmp_path, name, text) == [(2, {"text": "a", "label": value})]


def test_a_quoted_cell_may_span_lines_and_keeps_their_ends(tmp_path: Path) -> None:
    text = 'text,label\r\n"a\r\nb ""c""",x\r\nd,y\r\n'
    assert read(tmp_path, "a.csv", text) == [
        (2, {"text": 'a\r\nb "c"', "label": "x"}),
        (4, {"text": "d", "label": "y"}),
    ]


def test_quotes_in_a_tsv_are_text_unless_they_are_needed(tmp_path: Path) -> None:
    doubled = 'text\tlabel\n"a ""b"""\tx\n"c"\ty\n'
    assert read(tmp_path, "a.tsv", doubled)[0][1]["text"] == '"a ""b"""'
    assert read(tmp_path, "a.tsv", 'text\tlabel\n"a" b\tx\n"c"\ty\n')[1][1]["text"] == '"c"'
    assert read(tmp_path, "a.tsv", 'text\tlabel\n"a\nb"\tx\n"c"\ty\n') == [
        (2, {"text": "a\nb", "label": "x"}),
        (4, {"text": "c", "label": "y"}),
    ]
    assert read(tmp_path, "a.tsv", 'text\tlabel\n"a\tb"\tx\n"open\ty\n', bad=[].append) == [
        (3, {"text": '"open', "label": "y"})
    ]


def test_quotes_are_needed_in_a_tsv_whose_beginning_ends_within_a_cell(tmp_path: Path) -> None:
    long = "x" * 70_000
    assert read(tmp_path, "a.tsv", f'text\tlabel\n"a\nb"\tx\n"{long}"\ty\n') == [
        (2, {"text": "a\nb", "label": "x"}),
        (4, {"text": long, "label": "y"}),
    ]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("reference,outcome\na,b\nc,d\n", ["reference", "outcome"]),
        ("text,outcome\na,text\n", ["text", "outcome"]),
        (",reference\n1,a\n", ["column 1", "reference"]),
        ("ham,so long\nspam,buy\nham,hello\n", None),
        ("1,so long\n2,buy\n", None),
        ("so,so\nbuy,now\n", None),
        ("this is a whole sentence, isn't it? it goes on and on and on and on\tx\n".replace("\t", ";") + "b;c\n", None),
        ("ok,\nfine,x\n", None),
    ],
)
def test_a_header_is_told_from_data(tmp_path: Path, text: str, header: list[str] | None) -> None:
    source = source_of(tmp_path, "a.csv", text)
    first = rows_of(source)[0]
    if header is None:
        assert (first[0], list(first[1])) == (1, ["1", "2"])
        assert "is taken for data and the columns are called 1, 2" in noted(source)["D005"]
    else:
        assert (first[0], source.header) == (2, header)
        assert "D005" not in noted(source)


CLASSES = "".join(f"{text} {n},{kind}\n" for n in range(15) for text, kind in CLASSED)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_class_with_the_name_of_a_column_makes_no_header(tmp_path: Path, name: str) -> None:
    text = CLASSES if name == "a.csv" else CLASSES.replace(",", "\t")
    rows = read(tmp_path, name, text)
    assert rows[:2] == [(1, {"1": "what time is it 0", "2": "question"}), (2, {"1": "i am home 0", "2": "statement"})]
    assert len(rows) == 30


def test_a_channel_with_the_name_of_a_column_makes_no_header(tmp_path: Path) -> None:
    rows = read(tmp_path, "a.tsv", "".join(f"sms\tsee you at {n}\nemail\tdear {n}\n" for n in range(15)))
    assert rows[0] == (1, {"1": "sms", "2": "see you at 0"})
    assert len(rows) == 30


@pytest.mark.parametrize(
    "text",
    [
        "text,label\na,label\nb,label\n",
        "id,text,label\n1,a,x\nid,text,label\n1,b,x\n",
        "id,text\n1,a\n",
    ],
    ids=["a-class-called-label", "two-tables-in-one", "one-name"],
)
def test_a_header_stays_one_where_its_names_come_again(tmp_path: Path, text: str) -> None:
    source = source_of(tmp_path, "a.csv", text)
    assert rows_of(source)[0][0] == 2


def test_the_user_says_whether_there_is_a_header(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "text,label\na,b\n", header=False)[0] == (1, {"1": "text", "2": "label"})
    assert read(tmp_path, "a.csv", "1,2\na,b\n", header=True) == [(2, {"1": "a", "2": "b"})]


def test_columns_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.csv", "text,label,text\na,b,c\n")
    assert rows_of(source) == [(2, {"text": "a", "label": "b", "text (column 3)": "c"})]
    assert "two columns are called 'text'" in noted(source)["D006"]


@pytest.mark.parametrize(
    ("name", "content", "line", "says"),
    [
        ("a.csv", "text,label\n", None, "the table has a header (text, label) and no rows"),
        ("a.csv", "", None, "the table is empty"),
        ("a.tsv", "\n\n", None, "the table is empty"),
        ("a.csv", 'text,label\na,b\n"c,d\n', 3, "a cell that does not end as it should"),
        ("a.csv", 'text,label\na,"b"c\n', 2, "a cell that does not end as it should"),
        (
            "a.csv",
            'text,label\n"' + f"{'x' * 9999}\n" * 1700,
            2,
            "a row longer than 16 MiB; is a quotation mark not closed",
        ),
        ("a.csv", "text,label\n" + "," * 1_100_000, 2, "more than 524,288 cells"),
        ("a.tsv", "text\tlabel\n" + "\t" * 1_100_000, 2, "more than 524,288 cells"),
        ("a.csv", "text,label\na\n", 2, "number of columns is 1, in the first row it is 2: a; quote"),
    ],
    ids=range(9),
)
def test_a_bad_table_is_refused_with_its_place(
    tmp_path: Path, name: str, content: str, line: int | None, says: str
) -> None:
    error = refusal(tmp_path, name, content)
    assert error.line == line
    assert says in error.reason


def test_rows_of_another_width_are_told_and_left_out_where_somebody_listens(tmp_path: Path) -> None:
    bad: list[Finding] = []
    rows = read(tmp_path, "a.csv", "text,label\na\nb,c\nd,e,f\n", bad=bad.append)
    assert rows == [(3, {"text": "b", "label": "c"})]
    assert [finding.line for finding in bad] == [2, 4]


def test_rows_before_a_bad_one_are_given_first(tmp_path: Path) -> None:
    batches = iter(source_of(tmp_path, "a.csv", "text,label\na,b\nc\n"))
    assert next(batches).rows == [{"text": "a", "label": "b"}]


def test_a_long_row_of_a_csv_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", f"text,label\n{'x' * 3_000_000},b\n")[0][1]["label"] == "b"


def test_each_line_of_a_text_is_a_completion(tmp_path: Path) -> None:
    rows = read(tmp_path, "a.txt", "one\r\n\ntwo\u2028three\n")
    assert rows == [
        (1, {"prompt": "", "completion": "one"}),
        (2, {"prompt": "", "completion": ""}),
        (3, {"prompt": "", "completion": "two\u2028three"}),
    ]


def test_a_line_of_a_text_that_is_not_utf8_is_refused_with_its_number(tmp_path: Path) -> None:
    content = ("한글과 글자\n" * 30).encode() + b"\xff\n" + "끝\n".encode()
    assert refusal(tmp_path, "a.txt", content).line == 31
    bad: list[Finding] = []
    assert len(read(tmp_path, "a.txt", content, bad=bad.append)) == 31
    assert [finding.line for finding in bad] == [31]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), min_size=1), st.integers(1, 100))
def test_any_cells_are_read_back_from_a_csv(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], size: int
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *cells])
    rows = read(tmp_path_factory.getbasetemp(), "any.csv", file.getvalue(), batch_bytes=size, encoding="utf-8")
    assert [tuple(row.values()) for _, row in rows] == cells


@pytest.mark.parametrize("delimiter", ["^", "tab", "\\t", "\t", ","])
def test_what_divides_the_cells_can_be_said(delimiter: str, tmp_path: Path) -> None:
    mark = "\t" if delimiter in {"tab", "\\t"} else delimiter
    content = f"text{mark}label\n" + f"a | b; c{mark}x\n" * 9
    source = source_of(tmp_path, "a.txt", content, delimiter=delimiter)
    assert rows_of(source)[0] == (2, {"text": "a | b; c", "label": "x"})
    assert source.format == "csv"


def test_quotation_marks_that_enclose_no_cells_are_text_where_tabs_divide_them(tmp_path: Path) -> None:
    content = 'text\tlabel\na "b\tx\nc\ty\n"d" e\tx\n'
    assert [row["text"] for _, row in rows_of(source_of(tmp_path, "a.csv", content))] == ['a "b', "c", '"d" e']


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n"])
def test_what_cannot_divide_cells_is_refused(delimiter: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"delimiter .* cannot be; name one character, or tab"):
        source_of(tmp_path, "a.csv", "a,b\n", delimiter=delimiter)
