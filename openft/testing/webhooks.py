"""What a host sends to an application's address when a job has ended, signed (https://www.standardwebhooks.com)."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass

from openft.testing.naming import new_stem
from openft.testing.records import FakeJob

SECRET = "whsec_" + b64encode(b"openft.testing openft.testing ab").decode()
"""What deliveries are signed with, and what clients of the API know."""


@dataclass(frozen=True, repr=False)
class Webhook:
    """One delivery: what to hand to the application as the body and the headers of a request."""

    content: bytes
    headers: dict[str, str]

    def __repr__(self) -> str:
        with suppress(ValueError):
            match json.loads(self.content):
                case {"type": str(told)}:
                    return f"<Webhook {told}>"
                case _:
                    pass
        return f"<Webhook of {len(self.content)} bytes>"


def webhook(job: FakeJob, now: float) -> Webhook:
    """Return the delivery that tells of a job's end."""
    event = {
        "id": f"evt_{new_stem()}",
        "object": "event",
        "created_at": int(now),
        "type": f"fine_tuning.job.{job.status}",
        "data": {"id": f"ftjob-{job.stem}"},
    }
    content = json.dumps(event).encode()
    sent = f"wh_{new_stem()}.{int(now)}"
    key = b64decode(SECRET.removeprefix("whsec_"))
    signature = b64encode(hmac.digest(key, f"{sent}.".encode() + content, hashlib.sha256)).decode()
    delivery, _, moment = sent.partition(".")
    headers = {"webhook-id": delivery, "webhook-timestamp": moment, "webhook-signature": f"v1,{signature}"}
    return Webhook(content, {"content-type": "application/json", **headers})
