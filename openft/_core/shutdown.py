"""When a model stops answering, by what its host says or has announced, and the warning that tells it."""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
import warnings
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SOON = 180
"""Days before the end from which on it is told."""
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
"""Moments before this one are no ends of models, but a host's way to say that it knows none."""
SECONDS = re.compile(r"\d{9,}(?:\.\d*)?", re.ASCII)
"""A moment as a text of Unix seconds; fewer digits are a year or an ISO day."""
SNAPSHOT = re.compile(r"-(?:\d{4}|\d{4}-\d\d-\d\d)")
OURS = f"{Path(__file__).parents[1]}{os.sep}"
log = logging.getLogger("openft")


class ShutdownWarning(UserWarning):
    """A model is about to stop answering, or has stopped; told once for each model and process.

    Attributes:
        model: the base; the models that were trained from it go with it.
        date: the day, in UTC.
    """

    def __init__(self, message: str, *, model: str = "", date: date | None = None) -> None:
        super().__init__(message)
        self.model = model
        self.date = date


def base_of(model: str) -> str:
    """Return what a model was trained from, as far as its name tells: ``ft:BASE:…``, in 2023 ``BASE:ft-…``."""
    if model.startswith("ft:"):
        return model.split(":")[1]
    return model.partition(":ft-")[0]


def day(told: object) -> date | None:
    """Return the day that a host means, in Unix seconds or as ISO text; None where it means none."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        if isinstance(told, str) and not SECONDS.fullmatch(told.strip()):
            moment = datetime.fromisoformat(told.strip())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        else:
            moment = datetime.fromtimestamp(float(told), UTC)
        return moment.astimezone(UTC).date() if moment >= EARLIEST else None
    except (ValueError, OverflowError, OSError):
        return None


def announced(url: str, base: str) -> date | None:
    """Return the day that the host at an address has announced for a base, as far as openft knows."""
    known = _known()
    host = urlsplit(url).hostname or ""
    if host != known["host"] and not host.endswith(f".{known['host']}"):
        return None
    days = (entry["day"] for entry in known["shutdowns"] if any(_is(base, name) for name in entry["models"]))
    return next((date.fromisoformat(each) for each in days), None)


@cache
def _known() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((files("openft") / "assets" / "shutdowns.json").read_bytes())
    return loaded


def _is(base: str, name: str) -> bool:
    """Return whether a base is the model of this name, or a snapshot of it."""
    return base == name or (base.startswith(name) and SNAPSHOT.fullmatch(base.removeprefix(name)) is not None)


def warning(base: str, end: date, today: date) -> ShutdownWarning | None:
    """Return what to tell of a base with this end, None where it is still far."""
    left = (end - today).days
    if left > SOON:
        return None
    when = f"was to stop answering on {end}"
    if left >= 0:
        when = f"stops answering on {end} ({f'days left: {left}' if left else 'today'})"
    text = (
        f"{base} {when}, and with it the models that were trained from it; save what is needed while they answer: "
        "'openft archive' keeps files, jobs and metrics, 'openft capture' a model's answers"
    )
    return ShutdownWarning(text, model=base, date=end)


def tell(told: ShutdownWarning) -> None:
    """Warn whoever has called openft; where warnings are errors, log it instead: what was made must not be lost."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame, level = frame.f_back, level + 1
    try:
        warnings.warn(told, stacklevel=level + 1)
    except ShutdownWarning:
        log.warning("%s", told)
