"""What a caller may pass as a file, made into one upload."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from openft._core.multipart import Upload
from openft.errors import ConfigError, DataError
from openft.types import TrainingRecord

FileInput: TypeAlias = (
    "str | os.PathLike[str] | bytes | BinaryIO | tuple[str, bytes | BinaryIO] | Iterable[TrainingRecord]"
)
"""A path, bytes, an open binary file, a (name, content) pair, or training records."""


def upload(file: FileInput, encode: Callable[[Iterable[Any]], Iterable[bytes]]) -> Upload:
    """Return the upload for whatever was passed; ``encode`` writes training records as lines.

    Raises:
        DataError: the path does not lead to a readable file.
        ConfigError: it is none of the things that can be uploaded.
    """
    if isinstance(file, str | os.PathLike):
        return _on_disk(Path(file))
    if isinstance(file, tuple):
        name, content = cast("tuple[object, object]", file)
        if not isinstance(name, str) or not (isinstance(content, bytes) or hasattr(content, "read")):
            raise ConfigError("a (name, content) pair needs a str and bytes or an open binary file")
        return _at_hand(name, cast("bytes | BinaryIO", content))
    if isinstance(file, bytes) or hasattr(file, "read"):
        given = getattr(file, "name", None)
        return _at_hand(Path(given).name if isinstance(given, str) else "upload.jsonl", cast("bytes | BinaryIO", file))
    if not isinstance(file, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a type checker
        raise ConfigError(f"cannot upload a {type(file).__name__}; pass a path, bytes, an open file or records")
    return Upload("records.jsonl", lambda: encode(file), repeatable=iter(file) is not file)


def rewind(upload: Upload, file: BinaryIO) -> None:
    """Go back to where an open file was when it was given, if it can."""
    if upload.repeatable:
        file.seek(upload.start)


def _on_disk(path: Path) -> Upload:
    try:
        with path.open("rb") as file:
            return Upload(path.name, path, os.fstat(file.fileno()).st_size)
    except OSError as problem:
        raise DataError(f"cannot be read: {problem.strerror or problem}", file=str(path)) from problem


def _at_hand(name: str, content: bytes | BinaryIO) -> Upload:
    if isinstance(content, bytes):
        return Upload(name, content, len(content))
    if not isinstance(cast("object", content.read(0)), bytes):
        raise ConfigError("the file is open in text mode; open it with mode 'rb'")
    if not content.seekable():
        return Upload(name, content, repeatable=False)
    start = content.tell()
    end = content.seek(0, os.SEEK_END)
    content.seek(start)
    return Upload(name, content, end - start, start)
