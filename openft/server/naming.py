"""Identifiers and the names of fine-tuned models."""

from __future__ import annotations

import re
import secrets
import string
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

_ALPHABET = string.ascii_letters + string.digits
_JOB_ID = re.compile(r"(?:ft|ftjob)-([A-Za-z0-9]{24})")
SUFFIX_LENGTH = 40


def new_stem() -> str:
    """Return 24 random letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(24))


def new_request_id() -> str:
    """Return what a request is called in answers and logs."""
    return f"req_{new_stem()}"


def stem_of(job_id: str) -> str | None:
    """Return what a job is kept under; it has one id on each API."""
    match = _JOB_ID.fullmatch(job_id)
    return match[1] if match else None


def slug(suffix: str | None) -> str:
    """Return a suffix fit for a name: lower case, one dash for each run of anything but letters and digits.

    Letters of every script stay, so that a Korean suffix does not vanish.
    """
    text = unicodedata.normalize("NFC", suffix or "").lower()
    spaced = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return "-".join(spaced.split())[:SUFFIX_LENGTH].strip("-")


def model_name(base: str, organization: str, suffix: str | None, now: int, taken: Callable[[str], bool]) -> str:
    """Return a free name in the style of 2023; a taken one takes the next free second."""
    middle = f":{slug(suffix)}" if slug(suffix) else ""
    while True:
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d-%H-%M-%S")
        name = f"{base}:ft-{organization}{middle}-{moment}"
        if not taken(name):
            return name
        now += 1
