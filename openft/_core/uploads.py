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
        return Upload(Path(file).name, _checked(Path(file)))
    if isinstance(file, tuple):
        name, content = cast("tuple[object, object]", file)
        if not isinstance(name, str) or not (isinstance(content, bytes) or hasattr(content, "read")):
            raise ConfigError("a (name, content) pair needs a str and bytes or an open binary file")
        return Upload(name, *_open(cast("bytes | BinaryIO", content)))
    if isinstance(file, bytes) or hasattr(file, "read"):
        given = getattr(file, "name", None)
        name = Path(given).name if isinstance(given, str) else "upload.jsonl"
        return Upload(name, *_open(cast("bytes | BinaryIO", file)))
    if not isinstance(file, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a type checker
        raise ConfigError(f"cannot upload a {type(file).__name__}; pass a path, bytes, an open file or records")
    return Upload("records.jsonl", lambda: encode(file), once=iter(file) is file)


def _checked(file: Path) -> Path:
    try:
        with file.open("rb"):
            return file
    except OSError as problem:
        raise DataError(f"cannot be read: {problem.strerror or problem}", file=str(file)) from problem


def _open(content: bytes | BinaryIO) -> tuple[bytes | BinaryIO, int]:
    if isinstance(content, bytes):
        return content, 0
    if not isinstance(cast("object", content.read(0)), bytes):
        raise ConfigError("the file is open in text mode; open it with mode 'rb'")
    return content, content.tell() if content.seekable() else 0
