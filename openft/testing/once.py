"""Doing a request once, however often it is sent (header ``Idempotency-Key``)."""

from __future__ import annotations

import hashlib
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

    def once(self, asked: Asked, now: float, work: Callable[[], Answer]) -> Answer:
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
        known, fingerprint = self._kept.get((asked.key, key)), _fingerprint(asked)
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


def _fingerprint(asked: Asked) -> str:
    """Return what tells this request from every other; how a form's parts are marked off does not count."""
    files = {name: [sent.filename, hashlib.sha256(sent.content).hexdigest()] for name, sent in asked.form.files.items()}
    content = json.dumps([asked.method, asked.path, asked.json, asked.form.fields, files], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
