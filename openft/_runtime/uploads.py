"""What a caller may pass as a file, made into one upload."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from openft._core.multipart import Upload
from openft.errors import ConfigError, DataError
from openft.types import TrainingRecord

FileInput: TypeAlias = (
    "str | os.PathLike[str] | bytes | BinaryIO | tuple[str, bytes | BinaryIO] | Iterable[TrainingRecord]"
)
"""A path, bytes, an open binary file, a (name, content) pair, or training records."""
LONGEST_PATH = 4096
"""Characters that no system's paths exceed (Linux's PATH_MAX)."""
SHOWN = 60
"""Characters that are shown of a content that was given as a path."""
KINDS = "pass a path, bytes, an open binary file, a (name, content) pair or records"


def upload(file: FileInput, encode: Callable[[Iterable[Any]], Iterable[bytes]] | None = None) -> Upload:
    """Return the upload for whatever was passed; ``encode`` writes training records as lines, if they may be passed.

    Raises:
        DataError: the path does not lead to a readable file.
        ConfigError: it is none of the things that can be uploaded.
    """
    if isinstance(file, str | os.PathLike):
        return _on_disk(Path(file), looks_like_content=isinstance(file, str) and _is_no_name(file))
    if isinstance(file, tuple):
        return _pair(cast("tuple[object, ...]", file))
    if isinstance(file, bytes) or hasattr(file, "read"):
        given = getattr(file, "name", None)
        name = Path(given).name if isinstance(given, str) else "upload.jsonl"
        return _at_hand(name, cast("bytes | BinaryIO", file))
    if isinstance(file, bytearray | memoryview) or not hasattr(file, "__iter__"):
        raise ConfigError(f"cannot upload a {type(file).__name__}; {KINDS}")
    if encode is None:
        raise ConfigError("records cannot be sent in parts; write them to a file first")
    return Upload("records.jsonl", lambda: encode(file), None, repeatable=iter(file) is not file)


def whole(file: str | os.PathLike[str] | bytes | BinaryIO, filename: str | None, size: int | None) -> Upload:
    """Return the upload for a file that is to be sent in parts, under another name where one is given.

    Raises:
        DataError: the path does not lead to a readable file.
        ConfigError: it cannot be sent in parts, or is not of the size that was given.
    """
    sent = upload(file)
    if isinstance(file, bytes) and not filename:
        raise ConfigError("bytes have no name; pass filename=")
    if size is not None and sent.size is not None and sent.size != size:
        raise ConfigError(f"the file has {sent.size} bytes, not {size}; leave bytes= out")
    return replace(sent, filename=filename or sent.filename)


def part(data: str | os.PathLike[str] | bytes | BinaryIO | tuple[str, bytes | BinaryIO]) -> Upload:
    """Return the upload for one part.

    Raises:
        DataError: the path does not lead to a readable file.
        ConfigError: it is none of the things that can be uploaded.
    """
    sent = upload(data)
    return replace(sent, filename="upload") if isinstance(data, bytes) else sent


def rewind(file: BinaryIO, start: int) -> None:
    """Go back to where an open file was when it was given, if it can."""
    if file.seekable():
        file.seek(start)


def _on_disk(file: Path, *, looks_like_content: bool) -> Upload:
    try:
        with file.open("rb"):
            return Upload(file.name, file, file.stat().st_size)
    except (OSError, ValueError) as problem:
        words = f"cannot be read: {getattr(problem, 'strerror', None) or problem}"
        if looks_like_content:
            words = f"{words}; a str is a path; pass bytes for the content itself"
            raise DataError(words, file=repr(str(file)[:SHOWN])) from None  # the cause has all of it
        raise DataError(words, file=str(file)) from problem


def _is_no_name(text: str) -> bool:
    return len(text) > LONGEST_PATH or "\n" in text or text.lstrip().startswith("{")


def _pair(pair: tuple[object, ...]) -> Upload:
    match pair:
        case (str() as name, content) if isinstance(content, bytes) or hasattr(content, "read"):
            return _at_hand(name, cast("bytes | BinaryIO", content))
        case _:
            raise ConfigError(f"a tuple must be a (name, content) pair of a str and bytes or an open file; {KINDS}")


def _at_hand(name: str, content: bytes | BinaryIO) -> Upload:
    if isinstance(content, bytes):
        return Upload(name, content, len(content))
    try:
        if not isinstance(cast("object", content.read(0)), bytes):
            raise ConfigError("the file is open in text mode; open it with mode 'rb'")
        if not content.seekable():
            return Upload(name, content, None, repeatable=False)
        start = content.tell()
        size = max(0, content.seek(0, os.SEEK_END) - start)
        content.seek(start)
    except (OSError, ValueError) as problem:
        if isinstance(problem, ConfigError):
            raise
        raise DataError(f"cannot be read: {problem}", file=name) from problem
    return Upload(name, content, size, start)
