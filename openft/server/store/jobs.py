"""Jobs: add, find, change, remove."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from openft.server.store.records import ACTIVE, JobRecord, fields
from openft.server.store.schema import events, jobs


def add(connection: Connection, job: JobRecord) -> None:
    """Add a job at the end of the queue."""
    connection.execute(insert(jobs).values(asdict(job)))


def find(connection: Connection, stem: str) -> JobRecord | None:
    """Return a job."""
    row = connection.execute(select(jobs).where(jobs.c.stem == stem)).mappings().one_or_none()
    return JobRecord(**fields(row)) if row else None


def is_active(connection: Connection, stem: str) -> bool:
    """Return whether a job is there, and waits or runs."""
    job = find(connection, stem)
    return job is not None and job.active


def every(connection: Connection) -> list[JobRecord]:
    """Return all jobs, oldest first."""
    return _select(connection)


def active(connection: Connection) -> list[JobRecord]:
    """Return the jobs that run or wait, oldest first."""
    return _select(connection, jobs.c.status.in_(ACTIVE))


def using_file(connection: Connection, file_id: str) -> list[JobRecord]:
    """Return the active jobs that read a file."""
    used = or_(jobs.c.training_file == file_id, jobs.c.validation_file == file_id)
    return _select(connection, jobs.c.status.in_(ACTIVE), used)


def using_model(connection: Connection, name: str) -> list[JobRecord]:
    """Return the active jobs that train from a model."""
    return _select(connection, jobs.c.status.in_(ACTIVE), jobs.c.model == name)


def change(connection: Connection, stem: str, **values: Any) -> None:
    """Set some of a job's columns."""
    connection.execute(update(jobs).where(jobs.c.stem == stem).values(**values))


def remove(connection: Connection, stem: str) -> None:
    """Remove a job and its events."""
    connection.execute(delete(events).where(events.c.job == stem))
    connection.execute(delete(jobs).where(jobs.c.stem == stem))


def _select(connection: Connection, *conditions: ColumnElement[bool]) -> list[JobRecord]:
    rows = connection.execute(select(jobs).where(*conditions).order_by(jobs.c.number))
    return [JobRecord(**fields(row)) for row in rows.mappings()]
