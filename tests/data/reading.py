"""What the tests of the readers have in common."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openft.data.reading.readers import open_rows
from openft.data.reading.source import Source
from openft.errors import DataError


def source_of(folder: Path, name: str, content: bytes | str, **options: Any) -> Source:
    """Write a file and open its rows."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_rows(path, **options)


def rows_of(source: Source) -> list[tuple[int, dict[str, object]]]:
    """Return all rows with their lines."""
    return [(line, row) for batch in source for line, row in zip(batch.lines, batch.rows, strict=True)]


def read(folder: Path, name: str, content: bytes | str, **options: Any) -> list[tuple[int, dict[str, object]]]:
    """Write a file and return its rows with their lines."""
    return rows_of(source_of(folder, name, content, **options))


def refusal(folder: Path, name: str, content: bytes | str, **options: Any) -> DataError:
    """Return the error that a file meets; it names the file."""
    with pytest.raises(DataError) as caught:
        read(folder, name, content, **options)
    assert caught.value.file == str(folder / name)
    assert caught.value.reason.isprintable()
    return caught.value


def noted(source: Source) -> dict[str, str]:
    """Return what is noted about a file, by id."""
    return {note.id: note.message for note in source.notes}


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """Return a zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()
