"""Answers on disk: one that ``keep`` has returned for is there after any kill, and is never asked for again."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TypeAlias, cast

from openft.errors import DataError

Answer: TypeAlias = dict[str, object]
"""What the host answered, as it stands in the output."""

MARK = 0x6F667463
"""SQLite's application id of a cache: ``oftc``."""
PATIENCE = 60.0
"""Seconds that another capture on the same cache is waited for."""
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Cache:
    """Answers by the digest of what was asked; a context manager, for several threads and several processes.

    Answers that come together are written together, since what takes time is the disk's word that they are there.

    Args:
        path: the file; it is made where there is none. ``":memory:"`` is an empty one without a file.
        only_read: change nothing, so that the file and its folder may be read-only.

    Raises:
        DataError: it is no cache, or cannot be read or written.
    """

    def __init__(self, path: Path | str, *, only_read: bool = False) -> None:
        self.path = path
        self._waiting: list[tuple[bytes, str]] = []
        self._turn, self._disk = Lock(), Lock()
        self._open = True
        with self._told():
            self._database = sqlite3.connect(
                _to_read(Path(path)) if only_read else path,
                timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=only_read,
            )  # fmt: skip
            try:
                self._begin(only_read)
            except BaseException:
                self._database.close()
                raise

    def _begin(self, only_read: bool) -> None:
        # in this order: another process that makes it now sets the mark before it makes the tables
        (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (mark,) = self._database.execute("PRAGMA application_id").fetchone()
        if tables and mark != MARK:
            raise DataError("is a database of something else; name another file for the cache", file=str(self.path))
        if only_read:
            self._database.executescript("" if tables else _TABLES.replace("TABLE IF", "TEMP TABLE IF"))
            return
        with suppress(sqlite3.OperationalError):  # another process is just doing it, or the file system cannot
            self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        if not tables:
            self._database.execute(f"PRAGMA application_id = {MARK}")
        self._database.executescript(_TABLES)

    def get(self, key: bytes) -> Answer | None:
        """Return the answer that is kept for a key, None where there is none."""
        with self._told(), self._disk:
            row = self._database.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else cast("Answer", json.loads(row[0]))

    def has(self, key: bytes) -> bool:
        """Return whether there is an answer for a key."""
        with self._told(), self._disk:
            return self._database.execute("SELECT 1 FROM answers WHERE key = ?", (key,)).fetchone() is not None

    def keep(self, key: bytes, answer: Mapping[str, object]) -> None:
        """Return when an answer is on the disk; the first one for a key stays.

        Raises:
            DataError: it cannot be written.
        """
        with self._turn:
            self._waiting.append((key, json.dumps(answer)))
        with self._told(), self._disk:
            with self._turn:  # what another thread has written meanwhile is no longer here
                some, self._waiting = self._waiting, []
            if some and self._open:
                self._write(some)

    def _write(self, some: list[tuple[bytes, str]]) -> None:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?)", some)
            self._database.execute("COMMIT")
        except BaseException:
            with self._turn:  # those whose answers these are try again, or fail likewise
                self._waiting[:0] = some
            self._database.rollback()
            raise

    def fact(self, name: str) -> str | None:
        """Return what is known of a host, None where nothing is."""
        with self._told(), self._disk:
            row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def know(self, name: str, value: str) -> None:
        """Keep what is known of a host; the first word stays."""
        with self._told(), self._disk:
            self._database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, value))

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            remedy = "name another file for the cache, or free the disk if it is full"
            raise DataError(f"cannot be used as a cache: {error}; {remedy}", file=str(self.path)) from error

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        with self._disk:
            self._open = False
            self._database.close()


def _to_read(path: Path) -> str:
    """Return what a file is opened by that is to stay as it is; in a folder that is sealed SQLite can lock nothing."""
    sealed = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if sealed else ''}"
