"""Doing a request once, however often it is sent (header ``Idempotency-Key``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from openft.testing.http import Answer, Asked, Refusal

DAY = 24 * 3600.0
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Kept:
    """What was answered under a key."""

    fingerprint: str
    answer: Answer
    until: float


class Keeper:
    """Remembers for a day what was answered under each key."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Kept] = {}

    def once(self, asked: Asked, now: float, fields: Callable[[], object], work: Callable[[], Answer]) -> Answer:
        """Return what was answered to this very request before, else do the work.

        Raises:
            Refusal: 400, the key was used for another request, or is too long.
        """
        key = asked.idempotency_key
        if key is None:
            return work()
        if not 0 < len(key) <= LONGEST:
            raise Refusal(
                400, f"the idempotency key must have 1 to {LONGEST} characters", code="invalid_idempotency_key"
            )
        known = self._kept.get((asked.key, key))
        fingerprint = json.dumps([asked.method, asked.path, fields()], sort_keys=True)
        if known is None or known.until <= now:
            answer = work()
            self._kept[asked.key, key] = Kept(fingerprint, answer, now + DAY)
            return answer
        if known.fingerprint != fingerprint:
            raise Refusal(
                400,
                "the idempotency key was used for another request; use a new key for each new request",
                code="idempotency_key_reused",
            )
        return known.answer
