"""Names for files and folders that every system takes, made of texts that a host has sent."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

LONGEST = 100
"""Bytes of a name; the longest path stays below what Windows takes."""
SUFFIX = 12
"""Bytes of a suffix that is kept where a name is cut."""
DEVICES = frozenset(
    {"aux", "con", "conin$", "conout$", "nul", "prn"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"}
)
"""What Windows takes for a device, whatever stands behind a dot."""


def portable(text: str) -> str:
    """Return a text as a name in one folder: short, printable, no path, no device, not hidden, no option."""
    name = "".join(map(_allowed, unicodedata.normalize("NFC", text))).strip(" .")
    if len(name.encode()) > LONGEST:
        name = _cut(name, text)
    if name.partition(".")[0].rstrip().casefold() in DEVICES or name.startswith(("-", "~")) or not name:
        name = f"_{name}"
    return name


def marked(text: str) -> str:
    """Return the mark that keeps two texts apart whose names would be the same."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


class Names:
    """The folders that things have, each its own on systems that take ``A`` and ``a`` for the same."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], str] = {}

    def note(self, room: str, name: str, id: str) -> None:
        """Remember whose folder this is."""
        self._taken[room, name.casefold()] = id

    def folder(self, room: str, id: str) -> str:
        """Return the folder of a thing, as ``jobs/ftjob-1``."""
        plain = name = portable(id)
        mark = id
        while (name == plain and plain != id) or self._taken.get((room, name.casefold()), id) != id:
            mark = marked(mark)
            name = f"{plain}-{mark}"
        self.note(room, name, id)
        return f"{room}/{name}"


def _allowed(character: str) -> str:
    return "_" if character in '<>:"/\\|?*' or not character.isprintable() else character


def _cut(name: str, text: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > SUFFIX:
        stem, dot, suffix = name, "", ""
    room = LONGEST - len(f"-{marked(text)}{dot}{suffix}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore').rstrip(' .')}-{marked(text)}{dot}{suffix}"
