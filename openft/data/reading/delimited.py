"""CSV and TSV as cells."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator

from openft.data.reading.cells import Cells
from openft.data.reading.lines import line_blocks
from openft.data.reading.text import not_utf8
from openft.data.rows import MAX_LINE_BYTES, MAX_SIGNS, excerpt
from openft.errors import DataError

DELIMITERS = ",;\t|"
"""What may stand between the cells of a CSV, in order of preference."""

_MOST_ROWS = 50_000
"""Rows of a batch; short ones take far more memory than they take in the file."""

MAX_CELLS = MAX_SIGNS
"""Cells that a line may have; empty ones take far more memory than they take in the file."""


_SEP = re.compile(r'"?sep=([^"\r\n\0])"?[,;\t|]*\r?(?:\n|\Z)', re.IGNORECASE)
"""A first line for Excel only, also as other programs save it, with an empty cell for each further column."""


def told_delimiter(head: str) -> str | None:
    """Return what a first line such as ``sep=;`` says to stand between the cells, None where there is no such line."""
    told = _SEP.match(head)
    return told[1] if told else None


def delimiter_of(head: str) -> str:
    """Return what stands between the cells of a CSV, by its first lines.

    That is what divides most of them the same way, and among those what divides the first one so: texts have commas in
    them that the names of columns do not have.
    """
    fits = _dividing(_lines_of_cells(head)) or _dividing(_lines(head))
    return next((delimiter for delimiter in fits if fits[delimiter]), None) or next(iter(fits), ",")


def _dividing(lines: list[str]) -> dict[str, bool]:
    """Return what divides most lines the same way, the best first, and whether it divides the first line so too."""
    found: dict[str, tuple[int, bool]] = {}
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter) for line in lines]
        count, times = Counter(counts).most_common(1)[0] if counts else (0, 0)
        if count and times * 2 > len(counts):
            found[delimiter] = (count, counts[0] == count)
    widest = sorted(found, key=lambda delimiter: (delimiter != ",", -found[delimiter][0]))
    return {delimiter: found[delimiter][1] for delimiter in widest}


def _lines_of_cells(head: str) -> list[str]:
    """Return the first rows without what stands in quotation marks, which may have ends of lines in it."""
    return _lines("".join(head.split('"')[::2]))


def _lines(text: str) -> list[str]:
    """Return the first lines without what stands in quotation marks."""
    return ["".join(line.split('"')[::2]) for line in text.splitlines() if line.strip()][:20]


def is_quoted(head: str, delimiter: str, *, whole: bool) -> bool:
    """Return whether quotation marks in text that is not divided by commas enclose cells, by its beginning.

    They do where the rows are equally wide with them and not without; otherwise they are text, since such text often
    has them unbalanced.

    Args:
        head: the beginning.
        delimiter: what stands between the cells.
        whole: whether that is all.
    """
    lines = [line for line in head.split("\n") if line.strip("\r")]
    if len({line.count(delimiter) for line in (lines if whole else lines[:-1])}) < 2:
        return False
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in csv.reader(head.splitlines(keepends=True), delimiter=delimiter, strict=True) if row)
    except csv.Error as error:
        if whole or "unexpected end" not in str(error):  # a beginning may end within a cell
            return False
    else:
        rows = rows if whole else rows[:-1]
    return len(set(map(len, rows))) == 1


def read_tsv(chunks: Iterator[bytes], delimiter: str) -> Iterator[Cells]:
    """Yield a row for each line; quotation marks are text.

    Raises:
        DataError: a line is not in UTF-8, or has too many cells.
    """
    for block in line_blocks(chunks):
        texts = _decoded(block.lines, block.first, delimiter)
        if all(texts):
            yield Cells(range(block.first, block.first + len(texts)), [text.split(delimiter) for text in texts])
        else:
            full = [(number, text) for number, text in enumerate(texts, block.first) if text]
            yield Cells([number for number, _ in full], [text.split(delimiter) for _, text in full])


def read_csv(chunks: Iterator[bytes], delimiter: str, batch_bytes: int, *, skip: int = 0) -> Iterator[Cells]:
    """Yield the rows of a CSV, about ``batch_bytes`` of them at a time; a quoted cell may span lines.

    Args:
        chunks: the text.
        delimiter: what stands between the cells.
        batch_bytes: about how much makes a batch.
        skip: lines before the first row.

    Raises:
        DataError: a line is not in UTF-8, a quoted cell does not end as it should, or a row is too long.
    """
    if csv.field_size_limit() < MAX_LINE_BYTES:  # one setting for the process, so it is only ever raised
        csv.field_size_limit(MAX_LINE_BYTES)
    text = _Text(chunks, delimiter)
    for _ in range(skip):
        next(text)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    lines: list[int] = []
    rows: list[list[str]] = []
    begins, mark = 1 + skip, batch_bytes
    try:
        for row in reader:
            if row:
                lines.append(begins)
                rows.append(row)
            begins = reader.line_num + 1 + skip
            text.begun = text.taken
            if text.taken >= mark or len(rows) >= _MOST_ROWS:
                yield Cells(lines, rows)
                lines, rows, mark = [], [], text.taken + batch_bytes
    except csv.Error as error:
        raise DataError(
            f"a cell that does not end as it should ({excerpt(str(error))}); quote cells that hold quotation marks or "
            "line ends, and double the quotation marks inside them",
            line=begins,
        ) from error
    except DataError as error:
        yield Cells(lines, rows)
        raise DataError(error.reason, line=error.line or begins) from error
    yield Cells(lines, rows)


class _Text:
    """The lines of a text as the csv module wants them, counted."""

    def __init__(self, chunks: Iterator[bytes], delimiter: str) -> None:
        self._lines = self._decode(chunks, delimiter)
        self.taken = 0
        self.begun = 0
        """Where the row began that is being read."""

    def _decode(self, chunks: Iterator[bytes], delimiter: str) -> Iterator[str]:
        for block in line_blocks(chunks, returns=True):
            yield from _decoded(block.lines, block.first, delimiter)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken += len(line) + 1
        if self.taken - self.begun > MAX_LINE_BYTES:
            raise DataError(f"a row longer than {MAX_LINE_BYTES >> 20} MiB; is a quotation mark not closed in it?")
        return f"{line}\n"


def _decoded(lines: list[bytes], first: int, delimiter: str) -> list[str]:
    try:
        texts = [line.decode() for line in lines]
    except UnicodeDecodeError:
        for number, line in enumerate(lines, first):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                raise DataError(not_utf8(line, error).reason, line=number) from error
        raise AssertionError from None
    if max(map(len, texts)) > MAX_CELLS:
        for number, text in enumerate(texts, first):
            if text.count(delimiter) > MAX_CELLS:
                raise DataError(f"more than {MAX_CELLS:,} cells: {excerpt(text)}; split the row", line=number)
    return texts
