"""Ids and names, in the styles of both wires."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

_JOB_ID = re.compile(r"(?:ft|ftjob)-([A-Za-z0-9]{24})")


def new_stem() -> str:
    """Return 24 letters and digits."""
    return uuid4().hex[:24]


def stem_of(job_id: str) -> str | None:
    """Return what a job is kept under; it has one id on each wire, and both are good on both."""
    match = _JOB_ID.fullmatch(job_id)
    return match[1] if match else None


def slug(suffix: str | None) -> str:
    """Return a suffix fit for a name."""
    return re.sub(r"\W+|_+", "-", (suffix or "").lower()).strip("-")


def legacy_name(base: str, organization: str, suffix: str | None, now: float, taken: Callable[[str], bool]) -> str:
    """Return a free name in the style of 2023; a taken one takes the next free second."""
    middle = f":{slug(suffix)}" if slug(suffix) else ""
    while taken(name := f"{base}:ft-{organization}{middle}-{datetime.fromtimestamp(now, UTC):%Y-%m-%d-%H-%M-%S}"):
        now += 1
    return name


def current_name(base: str, organization: str, suffix: str | None) -> str:
    """Return a name in today's style."""
    return f"ft:{base}:{organization}:{slug(suffix)}:{uuid4().hex[:8]}"
