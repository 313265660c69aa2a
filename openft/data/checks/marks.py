"""What a separator and a stop sequence look like, so that texts which end alike by chance are not taken for marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

SEPARATORS = (" ->", "\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n")
"""What may be put behind prompts: the first that is in none of them (source: the old tool)."""
LAST_SEPARATOR = "\n\n### =>\n\n"
STOPS = ("\n", " END", "***", "+++", "&&&", "$$$", "@@@", "%%%")
"""What may be put behind completions; the old tool's ``.`` is left out, since most texts have it inside."""
LAST_STOP = " [END]"

REACH = 64
"""Characters at either end of a text that are compared."""
_SIGN = r"[-=#*+&$@%|~:;<>_^/\\→⇒]"
_MARKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s*(?<!\w)\[[^\W\d][\w /|]{0,19}\]\s*\Z",  # [END], but not an index such as x[i]
        r"\s*(?:</s>|<\|[\w /]{1,20}\|>|<(?i:end|stop|eos|eot)[\w /]{0,16}>)\s*\Z",  # <|end|>, but not </div>
        r"\n+[ \t]*(?:[^\W\d_][\w ]{0,30}:)[ \t]*\n*\Z",  # a line such as Answer:
        r"(?<=\W)[^\W\d_]\w{0,30}:\s*\Z",  # Answer: at the end of a line
        rf"(?:\s+{_SIGN}|{_SIGN}{{2}})(?:{_SIGN}|[ \t\n])*\Z",  # ->, ###, ===>, but not the last / of an address
        r"[ \t]+(?:END|STOP|DONE|EOS)[ \t]*\Z",
        r"\n[ \t\n]*\Z",
    )
)


def mark_of(common: str, known: Sequence[str]) -> str:
    """Return the separator or stop sequence that texts which all end with ``common`` end with, "" for none.

    Words, letters, the marks that end a sentence, and a single sign behind a word are natural endings.
    """
    for mark in sorted(known, key=len, reverse=True):
        if common.endswith(mark):
            return mark
    found = [match.group() for pattern in _MARKS if (match := pattern.search(common))]
    return max(found, key=len, default="")


def shared_end(texts: Iterable[str]) -> str:
    """Return what all texts end with; they should be short."""
    return shared_start(text[::-1] for text in texts)[::-1]


def shared_start(texts: Iterable[str]) -> str:
    """Return what all texts begin with."""
    found = list(texts)
    first, last = min(found), max(found)  # what these two share, all in between share
    return next((first[:end] for end in range(len(first)) if first[end] != last[end]), first)


_EDGE = re.compile(r".*(?:\s|(?<=\D)[:>\])|=](?=\D|\Z))", re.DOTALL)


_CODE = re.compile(r"""[]{}[()<>"`=$/\\|#;]""")
"""What common starts of code, markup, addresses and commands have."""
_FIRST = r"\A\s*(?=[^\W\d_])"
_GAP = r"(?:[ \t]*\n+|[ \t]+)"  # but no indentation of a line
_LABEL = re.compile(rf"{_FIRST}(?:[^\W_][\w '’-]{{0,40}}:{_GAP})+")
_SENTENCES = re.compile(rf"{_FIRST}.*(?:[^\W_]:|[^\W_]{{3}}[.?!]){_GAP}", re.DOTALL)
_ENTRY = re.compile(r"(?:^|[\n,;|])[ \t]*[^\W\d_][\w ]{0,30}:[ \t]*[^\s\x00]")


def opening(start: str, *, sentences: bool) -> str:
    """Return what can be taken off texts with a common start and leaves all that they say; "" for nothing.

    That is a label such as ``Answer: ``. What begins with a small letter can be a key or a keyword as well.

    Args:
        start: what all texts begin with.
        sentences: whether whole sentences can go too, such as the same instruction before each question.
    """
    match = (_SENTENCES if sentences else _LABEL).match(start)
    found = match.group() if match else ""
    return "" if found.strip()[:1].islower() or _CODE.search(found) else found


def is_code(start: str) -> bool:
    """Return whether a common start looks like one of code, markup, addresses or commands."""
    return _CODE.search(start) is not None


def entries(text: str) -> int:
    """Return how many entries such as ``Name: Kim`` a text has; of one that is a list of them, none may go."""
    return len(_ENTRY.findall(text))


def whole_words(start: str) -> str:
    """Return a common start up to its last whole word or label: ``Result: out`` gives ``Result: ``."""
    match = _EDGE.match(start)
    return match.group() if match else ""
