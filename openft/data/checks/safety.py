"""Characters that nobody sees and that steer terminals, turn text around, or hide in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from openft.data.checks import rules
from openft.data.checks.rules import Rule
from openft.data.checks.texts import Column, Texts, as_bytes
from openft.data.findings import Finding

_ASCII = bytes(range(128))
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r") + b"\x7f"

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters but tabs and line ends."""
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What makes text look other than it is; the plain left-to-right and right-to-left marks are let be."""
_TAG = "[\U000e0030-\U000e0039\U000e0061-\U000e007a]"
_NO_FLAG = "".join(f"(?<!\U0001f3f4{_TAG * length})" for length in range(7))
INVISIBLE = re.compile(f"[\u200b\u2060-\u2064\ufeff]|{_NO_FLAG}[\U000e0000-\U000e007f]")
"""Zero-width characters and tags.

Joiners are part of emoji and of several scripts, the few tags behind a black flag make it England's or another one, and
are let be.
"""

_LINE_ENDS = ("\x0b", "\x0c")

Seek = tuple[Rule, re.Pattern[str], str]
_LOOKED_FOR: tuple[Seek, ...] = (
    (rules.CONTROL_CHARACTER, CONTROL, "a control character, which can break readers and terminals; remove it"),
    (rules.BIDI_CONTROL, BIDI, "a character that turns text around, so that it is not what it looks like; remove it"),
    (rules.INVISIBLE_CHARACTER, INVISIBLE, "a character that cannot be seen, but is learned; remove it"),
    (
        rules.REPLACEMENT_CHARACTER,
        re.compile("\ufffd"),
        "U+FFFD stands where a character was lost; read the source again in its own encoding",
    ),
)


def in_place(match: re.Match[str]) -> str:
    """Return what is to stand in place of a character of these: nothing, a line end, or what Windows-1252 means by it.

    Lines end with vertical tabs in cells and slides of Office, and pages with form feeds. Apostrophes and dashes of
    Windows become control characters where a text was read as Latin-1.
    """
    code = ord(match.group())
    if match.group() in _LINE_ENDS:
        return "\n"
    return bytes([code]).decode("cp1252", "ignore") if 0x80 <= code <= 0x9F else ""


def does(rule: Rule) -> str:
    """Return what the fix of such characters does, in words."""
    instead = ", or write a line end or what Windows-1252 means by it" if rule is rules.CONTROL_CHARACTER else ""
    return f"take out every {rule.name.replace('-', ' ')}{instead}"


REMOVABLE = {rule: pattern for rule, pattern, _ in _LOOKED_FOR if rule.fixable}
_SUSPECT = re.compile(rb"\xe2(?:\x80[\x8b\xaa-\xae]|\x81[\xa0-\xa9])|\xef(?:\xbb\xbf|\xbf\xbd)|\xf3\xa0[\x80\x81]")
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


class Safety:
    """Looks through whole columns first, and through rows only where there is something."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def feed(self, texts: Texts) -> Iterator[Finding]:
        """Yield a finding for each row and each kind of character in it."""
        for column in (texts.prompt, texts.completion):
            yield from self.look(texts.file, column, partial(_place, texts.lines, column.name))

    def look(self, file: str, column: Column, where: Callable[[int], tuple[int, str]]) -> Iterator[Finding]:
        """Yield a finding for each text of a column and each kind of character in it.

        Args:
            file: what messages call the file.
            column: the texts.
            where: returns the line of a text, and its column or the path to it.
        """
        if not _suspect(column):
            return
        for rule, pattern, message in _LOOKED_FOR:
            if pattern.search(column.joined.replace("\x00", " ")) is None and rule is not rules.CONTROL_CHARACTER:
                continue
            for place, text in enumerate(column.texts):
                if match := pattern.search(text):
                    self.found.add(rule.id)
                    line, path = where(place)
                    meant = in_place(match)
                    told = f"which was {meant} before a text of Windows was read as Latin-1; write that"
                    if meant == "\n":
                        told = "which ends a line or page; write a line end"
                    said = f"{path} has U+{ord(match.group()):04X}, {told if meant else message}"
                    if rule is rules.REPLACEMENT_CHARACTER:
                        said = f"{path}: {message}"
                    shown = text[max(0, match.start() - 12) :]
                    yield rule.finding(said, file=file, line=line, column=path, text=shown)


def _place(lines: Sequence[int], name: str, place: int) -> tuple[int, str]:
    return lines[place], name


def _suspect(column: Column) -> bool:
    if column.plain is None:
        data = column.data
        if len(data) - len(data.translate(None, _CONTROLS)) != len(column.texts) - 1:  # the zeros between
            return True
    if column.is_ascii:
        return False
    odd = b"".join(map(as_bytes, column.beyond))
    beyond = odd.translate(None, _ASCII)  # characters stay whole; a search costs far more than this
    return bool(_SUSPECT.search(beyond) or _C1.search(beyond))
