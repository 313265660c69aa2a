"""What one capture has to know of all its rows, on disk, so that millions of them take no memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from threading import Lock
from typing import cast


class Scratch:
    """Counts and failures by key, in a temporary file that is gone at the end; a context manager."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(
            "CREATE TABLE met (key BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE failed (key BLOB PRIMARY KEY, error TEXT NOT NULL) WITHOUT ROWID;"
        )

    def nth(self, key: bytes) -> int:
        """Return how often a key was met before, and count it."""
        with self._turn:
            row = self._database.execute(
                "INSERT INTO met VALUES (?, 0) ON CONFLICT (key) DO UPDATE SET times = times + 1 RETURNING times",
                (key,),
            ).fetchone()
        return int(row[0])

    def again(self) -> None:
        """Forget how often keys were met, for another pass over the rows."""
        with self._turn:
            self._database.execute("DELETE FROM met")

    def fail(self, key: bytes, error: Mapping[str, object]) -> None:
        """Keep why there is no answer."""
        with self._turn:
            self._database.execute("INSERT OR REPLACE INTO failed VALUES (?, ?)", (key, json.dumps(error)))

    def failure(self, key: bytes) -> dict[str, object] | None:
        """Return why there is no answer, None where nothing has failed."""
        with self._turn:
            row = self._database.execute("SELECT error FROM failed WHERE key = ?", (key,)).fetchone()
        return None if row is None else cast("dict[str, object]", json.loads(row[0]))

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        with self._turn:
            self._database.close()
