"""What every part of a server works with."""

from __future__ import annotations

from dataclasses import dataclass

from openft.server.catalogue import Catalogue
from openft.server.changes import Changes
from openft.server.home import Home
from openft.server.settings import Settings
from openft.server.store.database import Database


@dataclass(frozen=True)
class World:
    """The settings, and what is kept."""

    settings: Settings
    home: Home
    database: Database
    catalogue: Catalogue
    changes: Changes

    @classmethod
    def of(cls, settings: Settings, home: Home) -> World:
        """Return the world of a data directory; nothing is opened yet."""
        return cls(settings, home, Database(home.database), Catalogue(settings, home), Changes())
