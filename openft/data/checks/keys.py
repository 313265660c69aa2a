"""What is equal for texts that differ in case, white space and punctuation only, made for whole columns at a time."""

from __future__ import annotations

import re
import string
from itertools import repeat

from openft.data.checks.texts import BETWEEN, Column, as_bytes

_END = 64
"""Bytes at either end of a key that are kept of a longer one."""
_REACH = 96
"""Characters at either end of a text that should hold as many letters and digits as that."""
_CUT = "\x01"
_ALONE = 16
"""Letters and digits of ASCII by which a text that has others too is told apart from different ones."""

_SMALL = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_LEFT_OUT = bytes(
    code
    for code in range(256)
    if code not in b"\x00\x01" and not (code < 128 and chr(code).isalnum())
)  # fmt: skip
_ALL_BUT_BETWEEN = _LEFT_OUT + b"\x01"
_ALL_LEFT_OUT = _LEFT_OUT + b"\x00\x01"
_NO_LETTERS = re.compile(r"[\W_]+")
_SIGNS = re.compile(r"[-+]?\d+(?:[.,:/%-]\d+)*|[=<>*/^~|+$€£%]+")


def plain(text: str) -> str:
    """Return a text without case, white space and punctuation."""
    return _NO_LETTERS.sub("", text.casefold())


def signs(text: str) -> list[str]:
    """Return the numbers and signs of a text, which mean something where they are."""
    return _SIGNS.findall(text)


def keys_of(column: Column, *, whole: bool = False) -> list[bytes]:
    """Return a key for each text; equal texts have the same one, near-duplicates too, and other ones rarely.

    Args:
        column: the texts.
        whole: make the keys of whole texts, not of their ends.
    """
    texts = column.texts
    if whole or column.distinct is not texts:
        known = {text: key_of(text, whole=whole) for text in column.distinct}
        return [known[text] for text in texts]
    if min(map(len, texts)) > 2 * _REACH and (found := _of_long(texts)) is not None:
        return found
    if column.longest <= 2 * _REACH:
        data, cut = column.data, 0
    else:
        ends = [text if len(text) <= 2 * _REACH else f"{text[:_REACH]}{_CUT}{text[-_REACH:]}" for text in texts]
        data, cut = as_bytes(BETWEEN.join(ends)), sum(len(text) > 2 * _REACH for text in texts)
    keys = data.translate(_SMALL, _LEFT_OUT).split(b"\0")
    if len(keys) != len(texts) or data.count(b"\1") != cut:
        return list(map(key_of, texts))
    if cut:
        return [_of_ends(key, text) for key, text in zip(keys, texts, strict=True)]
    fewest = 1 if column.is_ascii else _ALONE
    if fewest <= min(map(len, keys)) and max(map(len, keys)) <= 2 * _END:
        return keys
    return [
        key if fewest <= len(key) <= 2 * _END else _of_ends(key, text) for key, text in zip(keys, texts, strict=True)
    ]


def _of_long(texts: list[str]) -> list[bytes] | None:
    """Return the keys of texts that are all long, None unless each end has letters and digits of ASCII enough."""
    ends = [f"{text[:_REACH]}{BETWEEN}{text[-_REACH:]}" for text in texts]
    data = b"\0".join(map(str.encode, ends, repeat("utf-8"), repeat("surrogatepass")))
    parts = data.translate(_SMALL, _ALL_BUT_BETWEEN).split(b"\0")
    if len(parts) != 2 * len(texts) or min(map(len, parts)) < _END:
        return None
    return [first[:_END] + last[-_END:] for first, last in zip(parts[::2], parts[1::2], strict=True)]


def _of_ends(key: bytes, text: str) -> bytes:
    """Return the key of a text by what is left of it, or of its ends."""
    if not key or not (text.isascii() or len(key) >= _ALONE):
        return key_of(text)
    if len(text) <= 2 * _REACH:
        return key if len(key) <= 2 * _END else key[:_END] + key[-_END:]
    first, _, last = key.partition(b"\1")
    if len(first) < _END or len(last) < _END:
        return key_of(text)
    return first[:_END] + last[-_END:]


def key_of(text: str, *, whole: bool = False) -> bytes:
    """Return the key of one text."""
    data = as_bytes(text).translate(_SMALL, _ALL_LEFT_OUT)
    if not data or not (text.isascii() or len(data) >= _ALONE):
        data = as_bytes(plain(text)) or as_bytes(text)
    return data if whole or len(data) <= 2 * _END else data[:_END] + data[-_END:]
