"""Events: each of a job's keys once, messages numbered in the order they came."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from openft.server.store.records import EventRecord, fields
from openft.server.store.schema import events


def add(connection: Connection, event: EventRecord) -> bool:
    """Add an event unless the job has its key already; return whether it was new."""
    position = None
    if event.type == "message":
        last = select(func.max(events.c.position)).where(events.c.job == event.job)
        position = (connection.execute(last).scalar() or 0) + 1
    values = {**vars(event), "position": position}
    done = connection.execute(insert(events).values(values).on_conflict_do_nothing(index_elements=["job", "key"]))
    return done.rowcount == 1


def messages(connection: Connection, job: str, *, after: int = 0) -> Sequence[EventRecord]:
    """Return a job's messages behind a position, oldest first."""
    rows = connection.execute(
        select(events).where(events.c.job == job, events.c.position > after).order_by(events.c.position)
    )
    return [EventRecord(**fields(row)) for row in rows.mappings()]
