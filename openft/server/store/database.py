"""The database: one SQLite file with a write-ahead log, synced at every commit."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DatabaseError

from openft.server.settings import ServeError
from openft.server.store import schema


class Database:
    """Gives out transactions; call it off the event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        # as many connections as threads may ask for, or a reader could starve
        self._engine = create_engine(URL.create("sqlite", database=str(path)), pool_size=5, max_overflow=100)
        self._writer = self._engine.execution_options(openft_begin="BEGIN IMMEDIATE")
        event.listen(self._engine, "connect", _configure)
        event.listen(self._engine, "begin", _begin)

    def open(self) -> None:
        """Make the tables, or check that they are ours.

        Raises:
            ServeError: the file is no database, or was written by a newer openft.
        """
        try:
            with self.write() as connection:
                version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                if version == 0:
                    schema.metadata.create_all(connection)
                    connection.exec_driver_sql(f"PRAGMA user_version = {schema.VERSION}")
        except DatabaseError as error:
            raise ServeError(
                f"cannot read {self._path} ({error.orig}); choose another folder with --data-dir"
            ) from error
        if version > schema.VERSION:
            raise ServeError(f"{self._path} was written by a newer openft; upgrade with pip install --upgrade openft")

    @contextmanager
    def read(self) -> Generator[Connection, None, None]:
        """Yield a connection that sees one moment."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[Connection, None, None]:
        """Yield a connection whose work is on disk when the block ends, or undone if it raises."""
        with self._turn, self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _configure(connection: Any, _record: object) -> None:
    # sqlite3 would begin transactions of its own, too late and never IMMEDIATE
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("openft_begin", "BEGIN"))
