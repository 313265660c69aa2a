"""Files: add, find, mark as deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, insert, select, update

from openft.server.store.records import FileRecord, fields
from openft.server.store.schema import files

_MOST_VARIABLES = 10_000  # SQLite takes 32,766 in a statement


def add(connection: Connection, file: FileRecord) -> None:
    """Add a file whose content is in place."""
    connection.execute(insert(files).values(asdict(file)))


def find(connection: Connection, file_id: str) -> FileRecord | None:
    """Return a file that is not deleted."""
    row = (
        connection.execute(select(files).where(files.c.id == file_id, files.c.deleted_at.is_(None)))
        .mappings()
        .one_or_none()
    )
    return FileRecord(**fields(row)) if row else None


def by_id(connection: Connection, ids: Iterable[str]) -> dict[str, FileRecord]:
    """Return files by their ids, deleted ones too."""
    wanted = list(ids)
    found: dict[str, FileRecord] = {}
    for start in range(0, len(wanted), _MOST_VARIABLES):
        some = wanted[start : start + _MOST_VARIABLES]
        rows = connection.execute(select(files).where(files.c.id.in_(some)))
        found |= {row["id"]: FileRecord(**fields(row)) for row in rows.mappings()}
    return found


def every(connection: Connection) -> list[FileRecord]:
    """Return all files that are not deleted, oldest first."""
    rows = connection.execute(select(files).where(files.c.deleted_at.is_(None)).order_by(files.c.number))
    return [FileRecord(**fields(row)) for row in rows.mappings()]


def mark_deleted(connection: Connection, file_id: str, now: int) -> None:
    """Keep the row, as a tombstone for the records of jobs that used the file."""
    connection.execute(update(files).where(files.c.id == file_id).values(deleted_at=now))
