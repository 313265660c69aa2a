"""When models stop answering: how hosts say it, and what OpenAI has announced; for warnings and archives alike."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
"""Moments before this one are no ends of models, but a host's way to say that it knows none."""
SECONDS = re.compile(r"\d{9,}(?:\.\d*)?", re.ASCII)
"""A moment as a text of Unix seconds; fewer digits are a year or an ISO day."""
SERVICE = "*"
"""In place of a model."""
SNAPSHOT = re.compile(r"-(?:\d{4}|\d{4}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True)
class Announced:
    """One date that a provider has announced."""

    date: str
    model: str
    """A model, which stands for its snapshots, too; ``*`` for the service as a whole."""
    what: str
    source: str
    certainty: str


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


def announced_for(url: str, base: str) -> Announced | None:
    """Return what the host at an address has announced for a base, as far as openft knows."""
    if not _is_openai(url) or base == SERVICE:
        return None
    return next((one for one in announced() if _is(base, one.model)), None)


def service_dates(url: str) -> list[Announced]:
    """Return what the host at an address has announced for its service as a whole."""
    return [one for one in announced() if one.model == SERVICE] if _is_openai(url) else []


@cache
def announced() -> tuple[Announced, ...]:
    """Return OpenAI's announcements, with their sources."""
    known = _known()
    service = [Announced(one["day"], SERVICE, one["what"], one["source"], one["certainty"]) for one in known["service"]]
    what = "stops answering with its fine-tuned versions"
    models = [
        Announced(one["day"], model, what, one["source"], f"read {one['read']}")
        for one in known["shutdowns"]
        for model in one["models"]
    ]
    return (*service, *models)


@cache
def _known() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((files("openft") / "assets" / "shutdowns.json").read_bytes())
    return loaded


def _is_openai(url: str) -> bool:
    host, known = urlsplit(url).hostname or "", _known()["host"]
    return host == known or host.endswith(f".{known}")


def _is(base: str, name: str) -> bool:
    """Return whether a base is the model of this name, or a snapshot of it."""
    return base == name or (base.startswith(name) and SNAPSHOT.fullmatch(base.removeprefix(name)) is not None)
