"""Workbooks: what their cells show, what is told about them, and those that are built to do harm."""

from __future__ import annotations

import datetime
import io
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart

from data.reading import noted, read, refusal, rows_of, source_of, zipped
from openft.data import check
from openft.data.preparation import Preparation
from openft.data.reading import workbook
from openft.data.training_file import Reading
from openft.errors import MissingExtra

SHEET = "xl/worksheets/sheet1.xml"
XMLNS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(*rows: list[Any], change: Callable[[Any], object] = lambda _: None) -> bytes:
    """Return a workbook whose first sheet has these rows."""
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    change(made)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def rebuilt(content: bytes, parts: Mapping[str, str]) -> bytes:
    """Return a workbook with some of its parts replaced."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()} | dict(parts))


def sheet_of(rows: str) -> bytes:
    """Return a workbook whose sheet is this XML."""
    return rebuilt(GOOD, {SHEET: f"<worksheet {XMLNS}><sheetData>{rows}</sheetData></worksheet>"})


GOOD = book(["text", "label"], ["a", "x"])


def test_cells_are_what_they_show(tmp_path: Path) -> None:
    day = datetime.datetime(2024, 5, 6)
    values = ["NA", 1, 2.0, 2.5, True, None, day, day.replace(hour=7), datetime.time(8, 9)]
    names = [f"c{number}" for number in range(len(values))]
    ((line, row),) = read(tmp_path, "a.xlsx", book(names, [None], values))
    shown = ["NA", "1", "2", "2.5", "TRUE", "", "2024-05-06", "2024-05-06 07:00:00", "08:09:00"]
    assert (line, list(row.values())) == (3, shown)


def test_many_rows_have_their_numbers(tmp_path: Path) -> None:
    rows = read(tmp_path, "a.xlsx", book(["text", "label"], *([f"t{number}", "x"] for number in range(2500))))
    assert [line for line, _ in rows] == list(range(2, 2502))
    assert rows[-1][1] == {"text": "t2499", "label": "x"}


def with_sheets(made: Any) -> None:
    made.create_sheet("Other").append(["prompt"])
    made["Other"].append(["b"])
    made.create_sheet("Hidden").sheet_state = "hidden"


def test_several_sheets_are_told_and_one_is_chosen(tmp_path: Path) -> None:
    content = book(["text"], ["a"], change=with_sheets)
    source = source_of(tmp_path, "a.xlsx", content)
    assert (rows_of(source), source.sheet) == ([(2, {"text": "a"})], "Sheet")
    assert noted(source)["D003"].startswith("of the sheets Sheet, Other, Hidden (1 hidden), only 'Sheet' is read")
    source = source_of(tmp_path, "a.xlsx", content, sheet="Other")
    assert rows_of(source) == [(2, {"prompt": "b"})]
    assert "D003" not in noted(source)
    assert (
        "there is no sheet 'No'; the sheets are Sheet, Other" in refusal(tmp_path, "a.xlsx", content, sheet="No").reason
    )


def odd(made: Any) -> None:
    sheet = made.active
    sheet.merge_cells("A2:A3")
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    for row in range(2, 9):
        sheet[f"C{row}"] = "=1+1"


def test_merged_and_hidden_cells_and_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.xlsx", book(["text", "label", "n"], ["a", "x"], ["", "y"], change=odd))
    assert rows_of(source)[0] == (2, {"text": "a", "label": "x", "n": ""})
    told = noted(source)
    assert told["D008"].startswith("1 merged ranges (A2:A3); only the first cell of each has a value")
    assert told["D009"].startswith("1 hidden rows and 1 hidden columns are read too")
    assert told["D011"].startswith("7 formulas were never calculated (C2, C3, C4, C5, C6, …) and count as empty")


def test_a_formula_without_a_value_is_an_error_that_is_left_in_what_is_prepared(tmp_path: Path) -> None:
    rows = [[f"film {number}", number % 2] for number in range(20)]
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(["prompt", "completion"], *rows, ["=A1", "1"]))
    preparation = Preparation(path, Reading())
    preparation.mend(lambda *_: True)
    assert [error.id for error in preparation.errors] == ["D011"]


def test_other_sheets_are_told_where_the_first_one_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(["read me"], ["first"], ["second"], change=with_sheets))
    assert [kind.id for kind in check(path).kinds] == ["D012", "D003"]


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    assert "the table is empty" in refusal(tmp_path, "a.xlsx", book()).reason


def test_cells_without_references_are_read_by_their_order(tmp_path: Path) -> None:
    cells = "".join(f"<row>{''.join(f'<c><v>{value}</v></c>' for value in row)}</row>" for row in ("12", "34"))
    assert read(tmp_path, "a.xlsx", sheet_of(cells), header=True) == [(2, {"1": "3", "2": "4"})]


def test_shared_texts_are_read(tmp_path: Path) -> None:
    rows = "".join(f'<row><c t="s"><v>{number}</v></c></row>' for number in (0, 1, 1))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        types = archive.read("[Content_Types].xml").decode()
    shared = {
        "[Content_Types].xml": types.replace(
            "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        ),
        "xl/sharedStrings.xml": f"<sst {XMLNS}><si><t>text</t></si><si><r><t>a</t></r><r><t>b</t></r></si></sst>",
    }
    content = rebuilt(sheet_of(rows), shared)
    assert read(tmp_path, "a.xlsx", content, header=True) == [(2, {"text": "ab"}), (3, {"text": "ab"})]


def test_whole_numbers_are_shown_without_a_point(tmp_path: Path) -> None:
    cells = "".join(f"<c><v>{value}</v></c>" for value in ("2.0", "1E3", "1E15", "0.5"))
    ((_, row),) = read(tmp_path, "a.xlsx", sheet_of(f"<row>{cells}</row>" * 2), header=True)
    assert list(row.values()) == ["2", "1000", "1000000000000000.0", "0.5"]


def test_cells_that_only_have_a_style_do_not_widen_the_table(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="ZZZ1" s="0"/></row><row r="2"><c r="A2"><v>3</v></c></row>'
    assert read(tmp_path, "a.xlsx", sheet_of(rows), header=True) == [(2, {"1": "3"})]


def an_empty_chart(made: Any) -> None:
    made.create_chartsheet("Chart", 0)


def test_an_empty_chart_sheet_is_passed_over(tmp_path: Path) -> None:
    content = book(["text", "label"], ["a", "x"], change=an_empty_chart)
    assert read(tmp_path, "a.xlsx", content) == [(2, {"text": "a", "label": "x"})]


def only_a_chart(made: Any) -> None:
    made.create_chartsheet("Chart").add_chart(BarChart())
    made.remove(made["Sheet"])


def test_a_workbook_without_cells_is_refused(tmp_path: Path) -> None:
    content = book(change=only_a_chart)
    assert "the workbook has no sheet with cells" in refusal(tmp_path, "a.xlsx", content).reason


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
def test_entity_bombs_are_refused_in_any_part(tmp_path: Path, part: str) -> None:
    content = rebuilt(GOOD, {part: f"{BOMB}<worksheet {XMLNS}>&b;</worksheet>"})
    assert "XML has a document type, by which bombs are built" in refusal(tmp_path, "a.xlsx", content).reason


def test_a_document_type_is_refused_even_without_entities(tmp_path: Path) -> None:
    content = rebuilt(GOOD, {SHEET: f"<!DOCTYPE worksheet><worksheet {XMLNS}><sheetData/></worksheet>"})
    assert "XML has a document type, by which bombs are built" in refusal(tmp_path, "a.xlsx", content).reason


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (GOOD[:2000], "the workbook is damaged (File is not a zip file)"),
        (zipped({"xl/workbook.xml": "x"}), "the workbook cannot be read (KeyError"),
        (rebuilt(GOOD, {SHEET: "<worksheet>"}), "the workbook cannot be read (ParseError: no element found"),
        (rebuilt(GOOD, {"../../x": ""}), "a path that leads out of it"),
        (rebuilt(GOOD, {SHEET: " " * (100 << 20)}), "grows to 100 MiB from"),
        (rebuilt(GOOD, {"xl/styles.xml": " " * (17 << 20)}), "xl/styles.xml grows to 17 MiB from"),
        (rebuilt(GOOD, {"xl/sharedStrings.xml": "<si/>" * 9_000_000}), "has more than 4,000,000 texts"),
        (rebuilt(GOOD, {f"x/{number}": "" for number in range(10_001)}), "parts is no workbook"),
        (sheet_of('<row r="999999999"><c><v>1</v></c></row>'), "row 999,999,999 is beyond the 1,048,576 of a sheet"),
        (sheet_of('<row><c r="ZZZ1"><v>1</v></c></row>'), "the sheet has 18,278 columns, more than 1,024"),
        (sheet_of('<row r="1048576"><c r="ZZ1048576"><v>1</v></c></row>'), "so nearly all of it is empty"),
    ],
    ids=range(11),
)
def test_a_workbook_that_does_harm_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refusal(tmp_path, "a.xlsx", content).reason


def test_a_sheet_of_other_things_than_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_MAX_ELEMENTS", 1000)
    assert "elements that are not cells" in refusal(tmp_path, "a.xlsx", sheet_of("<x/>" * 1001)).reason


def test_an_encrypted_workbook_is_refused(tmp_path: Path) -> None:
    content = bytearray(GOOD)
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "the workbook is encrypted" in refusal(tmp_path, "a.xlsx", bytes(content)).reason


def test_pictures_in_a_workbook_are_not_measured(tmp_path: Path) -> None:
    assert read(tmp_path, "a.xlsx", rebuilt(GOOD, {"xl/media/a.png": " " * (70 << 20)}))


def test_columns_are_named_as_in_excel() -> None:
    assert [workbook.column_name(number) for number in (1, 26, 27, 703)] == ["A", "Z", "AA", "AAA"]


@pytest.mark.parametrize("package", ["openpyxl", "defusedxml"])
def test_a_missing_package_is_named_with_its_extra(
    tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"reading .xlsx needs more packages; .* 'openft\[xlsx\]'"):
        read(tmp_path, "a.xlsx", GOOD)
