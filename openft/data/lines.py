"""The lines of a file as bytes, with their numbers; plain or gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from openft.data.rows import MAX_LINE_BYTES, refuse_long
from openft.errors import DataError

BOM = b"\xef\xbb\xbf"


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each line, without its end and without a byte order mark before the first.

    Raises:
        DataError: the file cannot be read, or a line is too long.
    """
    number = 0
    try:
        with _open(path) as file:
            while raw := file.readline(MAX_LINE_BYTES + 2):
                number += 1
                line = raw.removesuffix(b"\n").removesuffix(b"\r")
                refuse_long(line)
                yield number, line.removeprefix(BOM) if number == 1 else line
    except DataError as error:
        raise DataError(error.reason, file=str(path), line=number) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except (EOFError, zlib.error) as error:
        raise DataError(f"the gzip data is damaged ({error}); compress it again", file=str(path)) from error


def unreadable(path: Path, error: OSError) -> DataError:
    """Return what to raise when a file cannot be opened or read."""
    return DataError(f"cannot be read: {(error.strerror or str(error)).lower()}", file=str(path))


def _open(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")
