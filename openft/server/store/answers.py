"""Answers that were given under an idempotency key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from openft.server.store.schema import answers

KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Answer:
    """What was answered, and to what."""

    fingerprint: str
    body: dict[str, Any]


def find(connection: Connection, owner: str, key: str, now: int) -> Answer | None:
    """Return the answer that this owner got under this key in the last 24 hours."""
    row = connection.execute(
        select(answers.c.fingerprint, answers.c.body).where(
            answers.c.owner == owner, answers.c.key == key, answers.c.created_at > now - KEPT_SECONDS
        )
    ).one_or_none()
    return Answer(row.fingerprint, row.body) if row else None


def keep(connection: Connection, owner: str, key: str, answer: Answer, now: int) -> None:
    """Keep an answer, in the transaction that made what it tells of."""
    connection.execute(delete(answers).where(answers.c.created_at <= now - KEPT_SECONDS))
    connection.execute(
        insert(answers).values(owner=owner, key=key, fingerprint=answer.fingerprint, body=answer.body, created_at=now)
    )
