"""When a model stops answering, by what its host says or has announced, and the warning that tells it."""

from __future__ import annotations

import inspect
import logging
import os
import warnings
from datetime import date
from pathlib import Path

from openft.shutdowns import announced_for
from openft.shutdowns import base_of as base_of
from openft.shutdowns import day as day

SOON = 180
"""Days before the end from which on it is told."""
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


def announced(url: str, base: str) -> date | None:
    """Return the day that the host at an address has announced for a base, as far as openft knows."""
    said = announced_for(url, base)
    return date.fromisoformat(said.date) if said else None


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
