"""What kind of container the first bytes of a file say it is, whatever its name; and gzip read within bounds."""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO, Literal, Protocol, TypeAlias, cast

from openft.errors import DataError

Container: TypeAlias = Literal["gzip", "zip", "parquet"]
"""Containers that can be read; a text has none."""

MAX_RATIO = 250
"""How many times its size a compressed file may grow to; texts reach about 20, many equal rows about 200."""

FREE_BYTES = 64 * 1024 * 1024
"""Compressed files may always grow to this, whatever the ratio."""

MAX_SPOOL_BYTES = 1024 * 1024 * 1024
"""How large a compressed file that cannot be read from front to back may grow to, on the disk."""

_READABLE: dict[bytes, Container] = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"PAR1": "parquet",
}

_OTHERS = {
    b"BZh": "bzip2 data; unpack it first",
    b"\xfd7zXZ\x00": "xz data; unpack it first",
    b"\x28\xb5\x2f\xfd": "zstandard data; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive; unpack it first",
    b"Rar!\x1a\x07": "a RAR archive; unpack it first",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file such as .xls; save it as .xlsx or .csv",
    b"SQLite format 3\x00": "an SQLite database; export the table as .csv",
    b"%PDF-": "a PDF; training data is text",
    b"\x89PNG": "a picture; training data is text",
    b"\xff\xd8\xff": "a picture; training data is text",
    b"ARROW1\x00\x00": "an Arrow file; save it as Parquet or .jsonl",
    b"\x93NUMPY": "a NumPy array; save it as .csv",
    b"Obj\x01": "an Avro file; save it as Parquet or .jsonl",
    b"ORC": "an ORC file; save it as Parquet or .jsonl",
}
"""What else is found under a wrong name; a text cannot begin like this, but for ``BZh`` and ``ORC``: see below."""


class Reads(Protocol):
    """Anything that bytes can be read from, front to back."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        ...


def container_of(head: bytes) -> Container | None:
    """Return which container a file is by its first bytes, None for a text.

    Raises:
        DataError: it is a container that is not read here; the text says which.
    """
    for magic, container in _READABLE.items():
        if head.startswith(magic):
            return container
    for magic, what in _OTHERS.items():
        if head.startswith(magic) and not head.isascii():
            raise DataError(what)
    if head.startswith(b"%PDF-"):
        raise DataError(_OTHERS[b"%PDF-"])
    if head[257:262] == b"ustar":
        raise DataError("a tar archive; unpack it first")
    return None


class Gunzip:
    """The bytes that a gzip file holds, refused once they grow beyond all measure."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=raw, mode="rb"))
        self._grown = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, none at the end.

        Raises:
            DataError: the data is damaged or a bomb.
        """
        try:
            piece = self._unpacked.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"the gzip data is damaged ({str(error).lower()}); compress it again") from error
        self._grown += len(piece)
        if self._grown > FREE_BYTES and self._grown > MAX_RATIO * self._raw.tell():
            raise DataError(
                f"the gzip data grows to more than {MAX_RATIO} times its size ({self._grown >> 20} MiB from "
                f"{self._raw.tell():,} bytes), as a bomb does; unpack it yourself if you trust it"
            )
        return piece


def spooled(packed: Reads) -> BinaryIO:
    """Return a temporary file, gone when it is closed, with what a compressed file holds.

    Raises:
        DataError: it is damaged, a bomb, or larger than MAX_SPOOL_BYTES.
    """
    import tempfile

    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        while piece := packed.read(1 << 20):
            file.write(piece)
            _refuse_large(file.tell())
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast("BinaryIO", file)


def _refuse_large(size: int) -> None:
    if size > MAX_SPOOL_BYTES:
        raise DataError(f"more than {MAX_SPOOL_BYTES >> 30} GiB when unpacked; unpack it yourself")
