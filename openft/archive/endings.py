"""What stops answering and when: by the host's own word, else, of OpenAI alone, by what it has announced."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from openft.archive.tables import moment

OPENAI = "api.openai.com"
SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4}|latest)$")
"""What stands behind a family's name in that of one of its versions."""


@dataclass(frozen=True, slots=True)
class Ending:
    """When a model stops answering."""

    date: str
    """ISO 8601."""
    model: str
    base: str | None
    """What it was trained from, None for a base itself."""
    source: str
    """Who says so."""


@dataclass(frozen=True, slots=True)
class Announced:
    """One date that a provider has announced."""

    date: str
    model: str
    """A family of models; ``*`` for the service as a whole."""
    what: str
    source: str
    certainty: str


class Models:
    """The models of an account: those that are listed, and those that its jobs have made."""

    def __init__(self) -> None:
        self.listed: dict[str, str | None] = {}
        """By name, when the host says that each stops."""
        self.own: dict[str, str] = {}
        """Fine-tuned models and what they were trained from."""

    def add(self, name: str, shutdown_date: object) -> None:
        """Take in a listed model."""
        if isinstance(shutdown_date, int | float) and shutdown_date:
            self.listed[name] = moment(shutdown_date)
        else:
            self.listed[name] = shutdown_date if isinstance(shutdown_date, str) and shutdown_date else None

    def trained(self, name: object, base: object) -> None:
        """Take in what a job has made, if it has."""
        if isinstance(name, str) and name:
            self.own[name] = base if isinstance(base, str) else ""

    def endings(self, address: str) -> list[Ending]:
        """Return when each stops, as far as anybody says, the earliest first."""
        is_openai = urlsplit(address).hostname == OPENAI
        found = [*self._own(is_openai=is_openai), *self._listed(is_openai=is_openai)]
        return sorted(found, key=lambda ending: (ending.date, ending.base is None, ending.model))

    def undated(self, address: str) -> list[str]:
        """Return the fine-tuned models of which nobody says when they stop."""
        dated = {ending.model for ending in self.endings(address)}
        return sorted(self.own.keys() - dated)

    def _own(self, *, is_openai: bool) -> Iterator[Ending]:
        for name, trained_from in self.own.items():
            base = root(trained_from or name)
            own, bases = self.listed.get(name), self.listed.get(base)
            if own:
                yield Ending(own, name, base, "the host's list of models")
            elif bases:
                yield Ending(bases, name, base, "the host's list of models, of its base")
            elif is_openai and (said := announced_for(base)):
                yield Ending(said.date, name, base, f"{said.source}; {said.certainty}")

    def _listed(self, *, is_openai: bool) -> Iterator[Ending]:
        bases = {root(base or name) for name, base in self.own.items()}
        for name in sorted((self.listed.keys() | bases) - self.own.keys()):
            told = self.listed.get(name)
            if told:
                yield Ending(told, name, None, "the host's list of models")
            elif is_openai and (said := announced_for(root(name))):
                base = root(name) if root(name) != name else None
                yield Ending(said.date, name, base, f"{said.source}; {said.certainty}")


def root(model: str) -> str:
    """Return what a model was first trained from, by its name."""
    if model.startswith("ft:"):
        return model.split(":")[1]
    return model.partition(":")[0] if ":ft-" in model else model


def announced_for(base: str) -> Announced | None:
    """Return what OpenAI has announced for a base or the family that it is a version of."""
    family = SNAPSHOT.sub("", base)
    return next((one for one in announced() if one.model in (base, family)), None)


def service_dates(address: str) -> list[Announced]:
    """Return what is announced for a host's service as a whole."""
    return [one for one in announced() if one.model == "*"] if urlsplit(address).hostname == OPENAI else []


@cache
def announced() -> tuple[Announced, ...]:
    """Return OpenAI's announcements, with their sources."""
    assets = files("openft").joinpath("assets")
    service = csv.DictReader(assets.joinpath("shutdowns.csv").read_text("utf-8").splitlines())
    known = json.loads(assets.joinpath("shutdowns.json").read_bytes())
    what = "stops answering with its fine-tuned versions"
    models = [
        Announced(one["day"], model, what, one["source"], f"read {one['read']}")
        for one in known["shutdowns"]
        for model in one["models"]
    ]
    return (*(Announced(**row) for row in service), *models)
