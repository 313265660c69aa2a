"""Results that a host has sent as base64, as the table that they are."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from pathlib import Path

PIECE = 1 << 16


def is_encoded(path: Path) -> bool:
    """Return whether a file is a table in base64, all of it."""
    with path.open("rb") as file:
        head = file.read(PIECE)
    if not head or b"," in head.partition(b"\n")[0]:
        return False
    try:
        pieces = decoded(path)
        first = next(pieces)
        for _ in pieces:
            pass
    except NotBase64:
        return False
    return b"step" in first.partition(b"\n")[0]


def decoded(path: Path) -> Iterator[bytes]:
    """Yield what stands in a file in base64.

    Raises:
        binascii.Error: it is no base64.
    """
    left = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            left += b"".join(piece.split())
            whole = len(left) // 4 * 4
            yield b64decode(left[:whole], validate=True)
            left = left[whole:]
    if left:
        raise NotBase64("it breaks off")
