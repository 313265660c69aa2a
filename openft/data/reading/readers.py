"""Opening a file of rows in any format: its bytes say what it is, then its name."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.findings import Finding
from openft.data.reading.cells import Cells, by_column
from openft.data.reading.container import Container, Gunzip, Reads, container_of, spooled
from openft.data.reading.delimited import delimiter_of, is_quoted, read_csv, read_tsv, told_delimiter
from openft.data.reading.document import is_document, read_document
from openft.data.reading.encoding import HEAD_BYTES, utf8_chunks
from openft.data.reading.jsonlines import read_json_lines
from openft.data.reading.opening import open_file, unreadable
from openft.data.reading.source import FORMATS, Format, Source
from openft.data.reading.text import read_text
from openft.data.rows import excerpt
from openft.errors import DataError

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "txt",
    ".parquet": "parquet",
}
"""What a file's name says it is, with or without ``.gz`` behind."""


def open_rows(
    path: str | Path,
    *,
    format: Format | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    bad: Callable[[Finding], None] | None = None,
    batch_bytes: int = 1 << 18,
) -> Source:
    """Return the rows of a file, as an iterable of batches.

    Args:
        path: the file; a container (gzip, workbook, Parquet) is known by its bytes, a text by its name, then its bytes.
        format: what kind of text it is, whatever its name.
        encoding: of a text; recognised when left out.
        sheet: of a workbook; the first one that is not hidden when left out.
        header: whether the first row of a table names the columns; judged by what is in it when left out.
        delimiter: what stands between the cells of a text, one character, or ``tab``; recognised when left out.
        bad: is told each row that cannot be read, and it is left out; by default the first one ends the reading.
        batch_bytes: about how much of the file makes a batch.

    Raises:
        DataError: it is not a file, or not in a known format.
    """
    if format is not None and format not in FORMATS:
        raise DataError(f"format {excerpt(str(format))!r} is not known; it is one of {', '.join(FORMATS)}")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise DataError(f"delimiter {excerpt(delimiter)!r} cannot be; name one character, or tab")
    opening = _Opening(Path(path), encoding, sheet, header, delimiter, max(1, batch_bytes))
    source = Source(str(path), format or "jsonl", opening.batches, bad=bad)
    with opening.told(source), open_file(opening.path) as raw:
        container = container_of(raw.read(HEAD_BYTES))
        raw.seek(0)
        file: Reads = raw
        if container == "gzip":
            source.compression = "gzip"
            file = Gunzip(raw)
        head = file.read(HEAD_BYTES)
        if container == "gzip":
            container = container_of(head)
        opening.choose(source, container, head, format)
    return source


@dataclass(frozen=True)
class _Opening:
    """What the caller asked for."""

    path: Path
    encoding: str | None
    sheet: str | None
    header: bool | None
    delimiter: str | None
    batch_bytes: int

    @contextlib.contextmanager
    def told(self, source: Source) -> Generator[None]:
        """Give errors the file's name."""
        try:
            yield
        except DataError as error:
            raise DataError(error.reason, file=source.file, line=error.line) from error
        except OSError as error:
            raise unreadable(self.path, error) from error

    def choose(self, source: Source, container: Container | None, head: bytes, asked: Format | None) -> None:
        """Tell the source which format it is in.

        Raises:
            DataError: no format that is known.
        """
        if container == "gzip":
            raise DataError("gzip data within gzip data; unpack it once")
        named = SUFFIXES.get(_suffix(self.path))
        if container:
            source.format = "xlsx" if container == "zip" else "parquet"
        else:
            text = next(utf8_chunks(source, io.BytesIO(head), self.batch_bytes, self.encoding), b"")
            source.format = asked or ("csv" if self.delimiter else _of_text(text, named))
        was_gz = self.path.suffix.lower() == ".gz"
        is_gz = source.compression == "gzip"
        if (asked or named or source.format) != source.format or is_gz != was_gz:
            what = f"{'gzip data with ' if is_gz else ''}{_TITLES[source.format]}"
            source.note(rules.MISNAMED, f"is {what}, whatever its name; it is read as that")

    def batches(self, source: Source) -> Iterator[Batch]:
        """Yield the rows from the first on."""
        with self.told(source), open_file(self.path) as raw:
            file = Gunzip(raw) if source.compression == "gzip" else raw
            if source.format in {"xlsx", "parquet"}:
                with spooled(file) if isinstance(file, Gunzip) else raw as whole:
                    yield from self._container(source, whole)
            else:
                yield from self._text(source, file)

    def _container(self, source: Source, file: BinaryIO) -> Iterator[Batch]:
        if source.format == "parquet":
            from openft.data.reading.parquet import read_parquet

            return read_parquet(source, file, self.batch_bytes)
        from openft.data.reading.sheets import read_sheet

        return by_column(source, read_sheet(source, file, self.sheet), self.header)

    def _text(self, source: Source, file: Reads) -> Iterator[Batch]:
        chunks = utf8_chunks(source, file, self.batch_bytes, self.encoding)
        if source.format == "txt":
            return read_text(source, chunks)
        head = next(chunks, b"")
        if source.format in {"csv", "tsv"}:
            return by_column(source, self._cells(source, head, chunks), self.header)
        chunks = chain([head], chunks)
        if is_document(head):
            return read_document(source, chunks, self.batch_bytes)
        return read_json_lines(source, chunks)

    def _cells(self, source: Source, head: bytes, chunks: Iterator[bytes]) -> Iterator[Cells]:
        text = head.decode("utf-8", "replace")
        told = None if self.delimiter else told_delimiter(text)
        if told:
            source.note(rules.DELIMITER, f"its first line says that {told!r} divides its cells; the line is left out")
            return read_csv(chain([head], chunks), told, self.batch_bytes, skip=1)
        delimiter = self.delimiter or ("\t" if source.format == "tsv" else delimiter_of(text))
        if source.format == "csv" and not self.delimiter and delimiter != ",":
            shown = "tabs" if delimiter == "\t" else repr(delimiter)
            source.note(rules.DELIMITER, f"its cells are divided by {shown}, not by commas")
        more = next(chunks, b"")
        chunks = chain([head, more], chunks)
        bare = delimiter == "\t" or (self.delimiter is not None and delimiter != ",")
        if bare and not is_quoted(text, delimiter, whole=not more):
            return read_tsv(chunks, delimiter)
        return read_csv(chunks, delimiter, self.batch_bytes)


_TITLES: dict[Format, str] = {
    "csv": "a table divided by commas",
    "tsv": "a table divided by tabs",
    "xlsx": "a workbook (.xlsx)",
    "json": "JSON",
    "jsonl": "JSON, one object a line",
    "txt": "text",
    "parquet": "Parquet",
}


def _suffix(path: Path) -> str:
    return Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()


def _of_text(head: bytes, named: Format | None) -> Format:
    """Return the format of a text by its name, but for what is clearly another."""
    start = head.lstrip()
    if named in {"json", "jsonl"}:
        return named
    if named in {"csv", "tsv", "txt"}:
        return "jsonl" if _is_json(start) else named
    if not start:
        raise DataError("the file is empty; put rows in it")
    if named:
        raise DataError(f"named as {_TITLES[named]}, but it is a text: {excerpt(start[:60].decode(errors='replace'))}")
    if start.startswith((b"{", b"[")):
        return "jsonl"
    raise DataError(f"unknown kind of file; name it after what is in it: {', '.join(SUFFIXES)}, also with .gz")


_JSON = re.compile(rb'\[\s*\{\s*"|\{\s*"(?:[^"\\\n]|\\.)*"\s*:')


def _is_json(start: bytes) -> bool:
    """Return whether a text named otherwise is JSON: objects, on their own or in an array, also broken ones.

    A cell of a table may be an object too, so that the first one must be all of its line, or another one follow it.
    """
    if not _JSON.match(start):
        return False
    text = start.decode("utf-8", "replace")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):  # broken, or cut off: whoever reads it says where
        return True
    rest = text[end:].split("\n", 1)[0].strip()
    return rest in {"", ","} or rest.startswith("{")
