"""Fine-tuned models: add, find, mark as deleted."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, insert, select, update

from openft.server.store.records import ModelRecord, fields
from openft.server.store.schema import models


def add(connection: Connection, model: ModelRecord) -> None:
    """Add a model whose weights are in place."""
    connection.execute(insert(models).values(asdict(model)))


def find(connection: Connection, name: str, *, deleted: bool = False) -> ModelRecord | None:
    """Return a model; a deleted one only when asked to."""
    row = connection.execute(select(models).where(models.c.name == name)).mappings().one_or_none()
    record = ModelRecord(**fields(row)) if row else None
    return record if record and (deleted or record.deleted_at is None) else None


def taken(connection: Connection, name: str) -> bool:
    """Return whether a model has, or had, this name."""
    return connection.execute(select(models.c.name).where(models.c.name == name)).first() is not None


def every(connection: Connection) -> list[ModelRecord]:
    """Return all models that are not deleted, oldest first."""
    rows = connection.execute(select(models).where(models.c.deleted_at.is_(None)).order_by(models.c.number))
    return [ModelRecord(**fields(row)) for row in rows.mappings()]


def needed_jobs(connection: Connection, names: set[str]) -> set[str]:
    """Return the stems of the jobs whose folders hold a living model, or one of these."""
    rows = connection.execute(select(models.c.job, models.c.name, models.c.deleted_at))
    return {row.job for row in rows if row.deleted_at is None or row.name in names}


def mark_deleted(connection: Connection, name: str, now: int) -> None:
    """Keep the row, so that the name is not given again."""
    connection.execute(update(models).where(models.c.name == name).values(deleted_at=now))
