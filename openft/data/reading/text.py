"""Plain text: each line a completion with an empty prompt."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.batch import Batch
from openft.data.reading.lines import line_blocks
from openft.data.reading.source import Source
from openft.data.rows import Row, excerpt
from openft.errors import DataError


def read_text(source: Source, chunks: Iterator[bytes]) -> Iterator[Batch]:
    """Yield a row for each line, blank ones too; the end of the last line begins no further one.

    Raises:
        DataError: a line is not in UTF-8, and nobody else is told.
    """
    for block in line_blocks(chunks):
        numbers: list[int] = []
        rows: list[Row] = []
        for number, line in enumerate(block.lines, block.first):
            try:
                rows.append({"prompt": "", "completion": line.decode()})
            except UnicodeDecodeError as error:
                source.refuse(not_utf8(line, error).reason, number)
            else:
                numbers.append(number)
        yield Batch(source.file, numbers, rows)


def not_utf8(line: bytes, error: UnicodeDecodeError) -> DataError:
    """Return what to raise for a line with bytes that UTF-8 does not have."""
    return DataError(
        f"byte {error.start + 1} of the line is not UTF-8: {excerpt(line.decode(errors='replace'))}; "
        "save the file as UTF-8, or name its encoding"
    )
