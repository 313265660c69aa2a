"""XLSX: one sheet of a workbook as cells (extra ``xlsx``)."""

from __future__ import annotations

import contextlib
import datetime
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO
from xml.parsers import expat

from openft.data.checks import rules
from openft.data.reading.cells import Cells
from openft.data.reading.extras import package
from openft.data.reading.source import Source
from openft.data.reading.workbook import Sheet, look_through, refuse_bomb
from openft.data.rows import excerpt
from openft.errors import DataError, MissingExtra

_ROWS = 1000
"""Rows that are read at a time."""


def read_sheet(source: Source, file: BinaryIO, wanted: str | None) -> Iterator[Cells]:
    """Yield the rows of a sheet that have anything in them, each cell as the text that it shows.

    Raises:
        DataError: the workbook is damaged or a bomb, or has no such sheet.
        MissingExtra: openpyxl or defusedxml is not installed.
    """
    try:
        refuse_bomb(file)
        package("defusedxml", "reading .xlsx", "xlsx")  # openpyxl uses it where it is installed
        package("openpyxl", "reading .xlsx", "xlsx")
        excel = package("openpyxl.reader.excel", "reading .xlsx", "xlsx")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which are not read
            book = _book(excel, file)
        sheet = _chosen(source, book, wanted)
        seen = look_through(file, sheet._worksheet_path)  # nothing public names the part
        _tell(source, seen)
        yield from _cells(sheet, seen)
    except (DataError, MissingExtra, GeneratorExit):
        raise
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError) as error:
        raise DataError(f"the workbook is damaged ({excerpt(str(error))}); save it again") from error
    except Exception as error:  # openpyxl raises whatever its parser stumbles over
        if _by_defusedxml(error):
            raise DataError(
                "the workbook's XML has a document type, by which bombs are built; save it again"
            ) from error
        why = excerpt(f"{type(error).__name__}: {error}")
        raise DataError(f"the workbook cannot be read ({why}); save it again, or as .csv") from error


def _book(excel: Any, file: BinaryIO) -> Any:
    """Return the workbook as ``load_workbook`` does, which stumbles over a chart sheet without a drawing."""
    reader = excel.ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    read = reader.read_chartsheet

    def read_what_is_there(sheet: Any, relation: Any) -> None:
        with contextlib.suppress(AttributeError):
            read(sheet, relation)

    reader.read_chartsheet = read_what_is_there
    reader.read()
    return reader.wb


def _by_defusedxml(error: BaseException | None) -> bool:
    """Return whether an error goes back to XML that defines entities."""
    while error is not None:
        if type(error).__module__.startswith("defusedxml"):
            return True
        error = error.__cause__ or error.__context__
    return False


def _chosen(source: Source, book: Any, wanted: str | None) -> Any:
    """Return the sheet that was asked for, or the first one that is not hidden."""
    sheets = {str(sheet.title): sheet for sheet in book.worksheets}
    visible = [name for name, sheet in sheets.items() if sheet.sheet_state == "visible"]
    names = excerpt(", ".join(sheets))
    if wanted is not None and wanted not in sheets:
        raise DataError(f"there is no sheet {excerpt(wanted)!r}; the sheets are {names}")
    if not sheets:
        raise DataError("the workbook has no sheet with cells; save the table as .csv")
    name = wanted if wanted is not None else (visible or list(sheets))[0]
    source.sheet = name
    if wanted is None and len(sheets) > 1:
        hidden = len(sheets) - len(visible)
        source.note(
            rules.SEVERAL_SHEETS,
            f"of the sheets {names}{f' ({hidden} hidden)' if hidden else ''}, only {excerpt(name)!r} is read; "
            "name another one with sheet",
        )
    return sheets[name]


def _tell(source: Source, seen: Sheet) -> None:
    if seen.merged:
        source.note(
            rules.MERGED_CELLS,
            f"{len(seen.merged)} merged ranges ({_some(seen.merged)}); only the first cell of each has a value, "
            "the others are empty: unmerge and fill them",
        )
    if seen.hidden_rows or seen.hidden_columns:
        source.note(
            rules.HIDDEN_CELLS,
            f"{seen.hidden_rows} hidden rows and {seen.hidden_columns} hidden columns are read too; "
            "remove what is not for training",
        )
    if seen.unknown:
        source.note(
            rules.FORMULA_WITHOUT_VALUE,
            f"{len(seen.unknown)} formulas were never calculated ({_some(seen.unknown)}) and count as empty; "
            "open the workbook in a spreadsheet program and save it",
        )


def _some(places: list[str]) -> str:
    return excerpt(", ".join(places[:5]) + (", …" if len(places) > 5 else ""))


def _cells(sheet: Any, seen: Sheet) -> Iterator[Cells]:
    if not seen.cells:
        return
    rows: Iterator[tuple[object, ...]]
    rows = sheet.iter_rows(min_row=1, max_row=seen.rows, min_col=1, max_col=seen.columns, values_only=True)
    number = 1
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about dates beyond the calendar, which become error texts
            some = [*islice(rows, _ROWS)]
        if not some:
            return
        full = [(line, row) for line, row in enumerate(some, number) if any(value is not None for value in row)]
        yield Cells([line for line, _ in full], [[_text(value) for value in row] for _, row in full])
        number += len(some)


def _text(value: object) -> str:
    """Return what a cell shows, without its number format."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return str(value)
