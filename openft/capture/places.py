"""By which name a cache knows the host whose answers it has."""

from __future__ import annotations

import json
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from openft.capture.cache import Cache
from openft.errors import DataError

HERE = "this machine"
"""All its addresses are one host: the ports of embedded servers change."""
_FACT = "host"
_OURS: dict[str, object] = {"row": None, "answer": None, "match": None}
"""What each line of an output has."""
_LONGEST = 16 << 20
"""Bytes of its first line."""


def host_of(address: str) -> str:
    """Return what an address is known by; an empty one is the embedded server's."""
    parts = urlsplit(address)
    if not address or parts.hostname == "localhost" or _is_here(parts.hostname or ""):
        return HERE
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _is_here(name: str) -> bool:
    try:
        found = ip_address(name)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def refuse_other_files(out: Path) -> None:
    """Raise DataError where a file is there that is no earlier output, and would be written over."""
    try:
        with out.open("rb") as file:
            first = file.readline(_LONGEST)
        told = json.loads(first) if first else _OURS
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        told = None
    if not isinstance(told, dict) or not told.keys() >= _OURS.keys():
        raise DataError("is there and has no captured answers in it; name another file, or remove it", file=str(out))


def answered_rows(out: Path) -> int:
    """Return how many rows of an earlier output have an answer, 0 where there is none."""
    try:
        with out.open("rb") as file:
            return sum(map(_is_answered, file))
    except FileNotFoundError:
        return 0


def _is_answered(line: bytes) -> bool:
    try:
        told = json.loads(line)
    except ValueError:  # not ours
        return False
    return isinstance(told, dict) and told.keys() >= _OURS.keys() and "error" not in told


def refuse_most(out: Path, most: int) -> None:
    """Raise DataError where more rows have an answer than there can be, before any is asked.

    Args:
        out: where the answers go.
        most: rows that may have an answer.
    """
    if (there := answered_rows(out)) > most:
        raise _fewer(out, there, f"{most:,} would have one at most; nothing was asked, and nothing replaced")


def refuse_fewer(out: Path, answered: int, why: str, kept: str) -> None:
    """Raise DataError where more rows have an answer than are to be written in their place.

    Args:
        out: where the answers go.
        answered: rows that have one now.
        why: what the first of the others has instead.
        kept: where the answers of this run are; empty where there are none.
    """
    if (there := answered_rows(out)) > answered:
        raise _fewer(out, there, f"{answered:,} would have one{why}; nothing was replaced{kept}")


def _fewer(out: Path, there: int, instead: str) -> DataError:
    remedy = "name another file (-o), or remove this one"
    return DataError(f"{there:,} rows have an answer there, and {instead}; {remedy}", file=str(out))


def check_host(cache: Cache, host: str) -> None:
    """Raise DataError where a cache has the answers of another host."""
    known = cache.fact(_FACT)
    if known not in (None, host):
        remedy = "name another file for the cache (cache=, --cache)"
        raise DataError(f"has answers of {known}, and the client asks {host}; {remedy}", file=str(cache.path))


def note_host(cache: Cache, host: str) -> None:
    """Keep whose answers a cache has."""
    cache.know(_FACT, host)
