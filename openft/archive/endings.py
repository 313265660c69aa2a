"""What stops answering and when: by the host's own word, else, of OpenAI alone, by what it has announced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openft.shutdowns import announced_for, base_of, day


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


class Models:
    """The models of an account: those that are listed, and those that its jobs have made."""

    def __init__(self) -> None:
        self.listed: dict[str, str | None] = {}
        """By name, when the host says that each stops."""
        self.own: dict[str, str] = {}
        """Fine-tuned models and what they were trained from."""

    def add(self, name: str, shutdown_date: object) -> None:
        """Take in a listed model."""
        end = day(shutdown_date)
        self.listed[name] = end.isoformat() if end else None

    def trained(self, name: object, base: object) -> None:
        """Take in what a job has made, if it has."""
        if isinstance(name, str) and name:
            self.own[name] = base if isinstance(base, str) else ""

    def endings(self, address: str) -> list[Ending]:
        """Return when each stops, as far as anybody says, the earliest first."""
        found = [*self._own(address), *self._listed(address)]
        return sorted(found, key=lambda ending: (ending.date, ending.base is None, ending.model))

    def undated(self, address: str) -> list[str]:
        """Return the fine-tuned models of which nobody says when they stop."""
        dated = {ending.model for ending in self.endings(address)}
        return sorted(self.own.keys() - dated)

    def bases(self) -> dict[str, str]:
        """Return what the fine-tuned models were trained from: what their jobs say, else what their names do."""
        bases = {name: base or base_of(name) for name, base in self.own.items()}
        return {name: base for name, base in bases.items() if base != name}

    def _own(self, address: str) -> Iterator[Ending]:
        for name, trained_from in self.own.items():
            base = base_of(trained_from or name)
            own, bases = self.listed.get(name), self.listed.get(base)
            if own:
                yield Ending(own, name, base, "the host's list of models")
            elif bases:
                yield Ending(bases, name, base, "the host's list of models, of its base")
            elif said := announced_for(address, base):
                yield Ending(said.date, name, base, f"{said.source}; {said.certainty}")

    def _listed(self, address: str) -> Iterator[Ending]:
        bases = {base_of(base or name) for name, base in self.own.items()}
        for name in sorted((self.listed.keys() | bases) - self.own.keys()):
            told = self.listed.get(name)
            if told:
                yield Ending(told, name, None, "the host's list of models")
            elif said := announced_for(address, base_of(name)):
                base = base_of(name) if base_of(name) != name else None
                yield Ending(said.date, name, base, f"{said.source}; {said.certainty}")
