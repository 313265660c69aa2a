"""Doing a request once, however often it is sent (header ``Idempotency-Key``)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection
from starlette.requests import Request

from openft.server.auth import Principal
from openft.server.http.refusal import Refusal
from openft.server.jobs.lifecycle import now
from openft.server.shapes.legacy import Wire
from openft.server.store import answers

HEADER = "idempotency-key"
LONGEST = 255


class Once:
    """One request under an idempotency key, or under none."""

    def __init__(self, owner: str, key: str | None, scope: str) -> None:
        self._owner = owner
        self._key = key
        self._scope = scope
        self._fingerprint = ""

    def recall(self, connection: Connection, fields: Mapping[str, object]) -> Wire | None:
        """Return what was answered to this very request before.

        Raises:
            Refusal: 400, the key was used for another request.
        """
        if self._key is None:
            return None
        content = json.dumps([self._scope, fields], sort_keys=True)
        self._fingerprint = hashlib.sha256(content.encode()).hexdigest()
        answer = answers.find(connection, self._owner, self._key, now())
        if answer and answer.fingerprint != self._fingerprint:
            raise Refusal(
                400,
                "the idempotency key was used for another request; use a new key for each new request",
                code="idempotency_key_reused",
            )
        return answer.body if answer else None

    def keep(self, connection: Connection, body: Wire) -> Wire:
        """Keep the answer in the transaction that made what it tells of, and return it."""
        if self._key is not None:
            answers.keep(connection, self._owner, self._key, answers.Answer(self._fingerprint, body), now())
        return body


class Desk:
    """The idempotency keys that are being worked on; what is finished is in the database."""

    def __init__(self) -> None:
        self._busy: set[tuple[str, str]] = set()

    @contextmanager
    def once(self, request: Request, who: Principal, scope: str) -> Generator[Once, None, None]:
        """Hold the request's key, if it has one, for the length of the block.

        Raises:
            Refusal: 409, the same key is still being worked on; 400, it is too long.
        """
        key = request.headers.get(HEADER)
        if key is None:
            yield Once(who.id, None, scope)
            return
        if not 0 < len(key) <= LONGEST:
            raise Refusal(
                400, f"the idempotency key must have 1 to {LONGEST} characters", code="invalid_idempotency_key"
            )
        if (who.id, key) in self._busy:
            raise Refusal(
                409,
                "a request with this idempotency key is still being worked on; try again in a second",
                code="idempotency_key_in_use",
                headers={"x-should-retry": "true", "retry-after": "1"},
            )
        self._busy.add((who.id, key))
        try:
            yield Once(who.id, key, scope)
        finally:
            self._busy.discard((who.id, key))
