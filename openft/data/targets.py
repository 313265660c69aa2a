"""What the files are called that are made of a file, so that none is written over by accident."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from openft.data.reading.readers import SUFFIXES
from openft.errors import DataError

_SPLIT = ("_train", "_valid")
SHARE = 0.2
"""Of the rows that are held out for validation."""
MOST = 1000
"""Rows that are held out at most (source: the old tool); more of them say little more."""


def targets(path: Path, output: Path | None, *, split: bool) -> tuple[Path, ...]:
    """Return the files to write: for training, and with a split for validation.

    Args:
        path: the file that they are made of.
        output: the user's choice; None for a free name beside ``path``.
        split: whether there are two.

    Raises:
        DataError: the choice would write over ``path``, or over what is no file.
    """
    ends = _SPLIT if split else ("",)
    if output is None:
        return _free(path, ends)
    if output.suffix.lower() in SUFFIXES.keys() - {".jsonl", ".ndjson", ".json"} | {".gz"}:
        raise DataError("JSON Lines are written, not what this name says; give it the suffix .jsonl", file=str(output))
    chosen = tuple(output.with_name(f"{output.stem}{end}{output.suffix}") for end in ends)
    try:
        for target in (output, *chosen):
            _refuse(path, target)
    except OSError as error:  # such as a name that is too long
        raise DataError(f"cannot be written: {str(error.strerror).lower()}", file=str(output)) from error
    return chosen


def _free(path: Path, ends: tuple[str, ...]) -> tuple[Path, ...]:
    stem = path.stem
    if path.suffix.lower() == ".gz":
        stem = Path(stem).stem
    for number in count():
        place = f" ({number})" if number else ""
        names = tuple(path.with_name(f"{stem}_prepared{end}{place}.jsonl") for end in ends)
        if not any(name.exists() or name.is_symlink() for name in names):
            return names
    raise AssertionError


def _refuse(path: Path, target: Path) -> None:
    """Raise DataError where a file may not be written."""
    if not target.parent.is_dir():
        raise DataError(f"cannot be written: there is no folder {target.parent}; make it first", file=str(target))
    if target.is_dir():
        raise DataError("cannot be written: a directory; name a file in it", file=str(target))
    if target.exists() and not target.is_file():
        raise DataError("cannot be written: not a file; name one", file=str(target))
    if target.exists() and target.samefile(path):
        raise DataError("is the file that is read, which stays as it is; name another one", file=str(target))
