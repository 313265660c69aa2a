"""What is in a workbook's archive, looked through before anything builds a tree from it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from openft.data.reading.container import FREE_BYTES, MAX_RATIO
from openft.data.rows import excerpt
from openft.errors import DataError

MAX_ROWS = 1_048_576
"""Rows of a sheet in Excel."""

MAX_COLUMNS = 1024
"""Columns that are read; training data has two to a dozen."""

_MAX_SHEET_BYTES = 1024 * 1024 * 1024
_MAX_TREE_BYTES = 16 * 1024 * 1024
"""Of a part that is read as a whole: styles, relations, the workbook itself."""

_MAX_TEXT_BYTES = 128 * 1024 * 1024
_MAX_ELEMENTS = 4_000_000
"""Elements of the shared texts, and elements of a sheet that are not cells: each stays in memory."""

_SHOWN = 1000
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})$")


def refuse_bomb(file: BinaryIO) -> None:
    """Raise DataError unless a zip archive is a workbook that unpacks within bounds.

    Raises:
        DataError: it is another archive, is encrypted, has paths that lead out of it, or grows too much.
    """
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        names = {member.filename for member in members}
        outside = [name for name in names if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name)]
        if outside:
            raise DataError(f"a zip archive with a path that leads out of it: {excerpt(outside[0])}; do not unpack it")
        if "xl/workbook.xml" not in names:
            some = excerpt(", ".join(sorted(names)) or "nothing")
            raise DataError(f"a zip archive with {some} in it; unpack it and name the file")
        if any(member.flag_bits & 1 for member in members):
            raise DataError("the workbook is encrypted; save it without a password")
        if len(members) > 10_000:
            raise DataError(f"an archive of {len(members):,} parts is no workbook; save it again")
        for member in members:
            _refuse_large(member)
        for name in names:
            if name.lower().endswith("sharedstrings.xml"):
                _refuse_many(archive, name)


def _refuse_large(member: zipfile.ZipInfo) -> None:
    name = member.filename.lower()
    most = _MAX_TREE_BYTES
    if "worksheets/" in name:
        most = _MAX_SHEET_BYTES
    elif name.endswith("sharedstrings.xml"):
        most = _MAX_TEXT_BYTES
    elif not name.endswith((".xml", ".rels")):
        return  # pictures and the like are not read
    grows = member.file_size > max(FREE_BYTES, MAX_RATIO * member.compress_size)
    if grows or member.file_size > most:
        raise DataError(
            f"{excerpt(member.filename)} grows to {member.file_size >> 20} MiB from {member.compress_size:,} bytes, "
            "too much for a workbook; save the sheet as .csv"
        )


def _refuse_many(archive: zipfile.ZipFile, name: str) -> None:
    elements = 0
    with archive.open(name) as part:
        while piece := part.read(1 << 20):
            elements += piece.count(b"<")
            if elements > 2 * _MAX_ELEMENTS:
                raise DataError(f"{excerpt(name)} has more than {_MAX_ELEMENTS:,} texts; save the sheet as .csv")


@dataclass
class Sheet:
    """What a sheet has beside its values."""

    rows: int = 0
    """The number of the last one with a value."""
    columns: int = 0
    """The number of the last one with a value."""
    cells: int = 0
    merged: list[str] = field(default_factory=list[str])
    hidden_rows: int = 0
    hidden_columns: int = 0
    unknown: list[str] = field(default_factory=list[str])
    """The cells of formulas without a value."""


def look_through(file: BinaryIO, part: str) -> Sheet:
    """Return what a sheet has beside its values, and how far it reaches.

    Raises:
        DataError: it reaches further than can be read, or its XML defines entities.
    """
    looker = _Looker()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = looker.start
    parser.EndElementHandler = looker.end
    parser.CharacterDataHandler = looker.data
    with zipfile.ZipFile(file) as archive, archive.open(part) as opened:
        parser.ParseFile(opened)
    sheet = looker.sheet
    if sheet.columns > MAX_COLUMNS:
        raise DataError(f"the sheet has {sheet.columns:,} columns, more than {MAX_COLUMNS:,}; remove those not needed")
    if sheet.rows * sheet.columns > 10_000_000 + 100 * sheet.cells:
        raise DataError(
            f"the sheet has {sheet.cells:,} cells in {sheet.rows:,} rows and {sheet.columns:,} columns, "
            "so nearly all of it is empty; remove the empty rows and columns"
        )
    return sheet


def _refuse_doctype(*_: object) -> None:
    raise DataError("the workbook's XML has a document type, by which bombs are built; save it again")


class _Looker:
    """Follows the elements of a sheet."""

    def __init__(self) -> None:
        self.sheet = Sheet()
        self._row = 0
        self._column = 0
        self._others = 0
        self._is_formula = False
        self._has_value = False
        self._in_value = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take an element in."""
        name = tag.rpartition(":")[2]
        if name == "c":
            self._cell(attributes.get("r"))
        elif name == "v":
            self._in_value = True
        elif name == "is":
            self._has_value = True
        elif name == "f":
            self._is_formula = True
        elif name == "row":
            self._begin_row(attributes)
        elif name not in {"t", "r", "rPr"}:
            self._other(name, attributes)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._row = _number(attributes.get("r"), self._row + 1)
        self._column = 0
        self.sheet.hidden_rows += attributes.get("hidden") in {"1", "true"}
        if self._row > MAX_ROWS:
            raise DataError(f"row {self._row:,} is beyond the {MAX_ROWS:,} of a sheet; save the workbook again")

    def _cell(self, reference: str | None) -> None:
        found = _CELL.match(reference or "")
        self._column = _column(found[1]) if found else self._column + 1
        self._is_formula = self._has_value = False

    def _other(self, name: str, attributes: dict[str, str]) -> None:
        self._others += 1
        if self._others > _MAX_ELEMENTS:
            raise DataError(f"more than {_MAX_ELEMENTS:,} elements that are not cells; save the sheet as .csv")
        if name == "mergeCell" and len(self.sheet.merged) < _SHOWN:
            self.sheet.merged.append(attributes.get("ref", "?"))
        elif name == "col" and attributes.get("hidden") in {"1", "true"}:
            first = _number(attributes.get("min"), 1)
            self.sheet.hidden_columns += max(0, min(_number(attributes.get("max"), first), 16_384) - first + 1)

    def data(self, _: str) -> None:
        """Take text in; an empty value has none."""
        if self._in_value:
            self._has_value = True

    def end(self, tag: str) -> None:
        """Take the end of an element in."""
        self._in_value = False
        if tag.rpartition(":")[2] != "c":
            return
        if self._has_value or self._is_formula:
            self.sheet.cells += 1
            self.sheet.rows = max(self.sheet.rows, self._row)
            self.sheet.columns = max(self.sheet.columns, self._column)
        if self._is_formula and not self._has_value and len(self.sheet.unknown) < _SHOWN:
            self.sheet.unknown.append(f"{column_name(self._column)}{self._row}")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def column_name(number: int) -> str:
    """Return the letters of a column."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
