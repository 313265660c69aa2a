"""Which models there are, and where."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from openft.server.home import Home
from openft.server.jobspec import MODEL, ModelRef
from openft.server.settings import EMBEDDED_BASES, Settings
from openft.server.shapes import legacy
from openft.server.store import models
from openft.server.store.records import ModelRecord


class Catalogue:
    """Bases from the settings, fine-tuned models from the database."""

    def __init__(self, settings: Settings, home: Home) -> None:
        self._home = home
        self._organization = settings.organization
        embedded = {name: home.bases / name for name in EMBEDDED_BASES}
        self._bases = {**embedded, **{name: path.absolute() for name, path in settings.bases.items()}}

    def is_base(self, name: str) -> bool:
        """Return whether a name is that of a base."""
        return name in self._bases

    def find(self, connection: Connection, name: str, *, deleted: bool = False) -> ModelRef | None:
        """Return a model that can be used.

        Args:
            connection: where to look.
            name: what requests call it.
            deleted: whether a deleted one will do, since an active job still has it.
        """
        if name in self._bases:
            return ModelRef(name=name, path=str(self._bases[name]), base=name)
        record = models.find(connection, name, deleted=deleted)
        return self._ref(record) if record else None

    def listing(self, connection: Connection) -> Iterator[legacy.Wire]:
        """Yield the models that can be used, bases first."""
        for name in self._bases:
            yield legacy.model(name, legacy.BASES_CREATED, "openft")
        for record in models.every(connection):
            yield legacy.model(record.name, record.created_at, self._organization)

    def entry(self, connection: Connection, name: str) -> legacy.Wire | None:
        """Return one model as the API shows it."""
        return next((shown for shown in self.listing(connection) if shown["id"] == name), None)

    def _ref(self, record: ModelRecord) -> ModelRef:
        return ModelRef(name=record.name, path=str(self._home.job(record.job) / MODEL), base=record.base)
