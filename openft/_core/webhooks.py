"""Standard Webhooks: whether a delivery comes from who knows the secret, is fresh, and is not a replay.

The rules are those of https://www.standardwebhooks.com; a ``v1`` signature is the HMAC-SHA256 of
``id.timestamp.payload``.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, cast, runtime_checkable

from pydantic import ValidationError

from openft.errors import ConfigError, WebhookVerificationError
from openft.types.webhooks import WebhookEvent

TOLERANCE = 300
"""Seconds that a delivery may be old, or ahead of this machine's clock."""
REMEMBERED = 20_000
"""Deliveries that one client keeps in mind to know replays; about 5 MB."""
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


@runtime_checkable
class HasItems(Protocol):
    """A mapping of header names to values, of whatever framework."""

    def items(self) -> Iterable[tuple[object, object]]:
        """Return names and values."""
        ...


HeadersLike: TypeAlias = HasItems | Iterable[tuple[object, object]]
"""A mapping or pairs; names in any case, str or bytes; values str, bytes or a list of these."""


@dataclass(frozen=True)
class Secrets:
    """What deliveries may be signed with: a box that shows nothing, since tracebacks show arguments."""

    given: str | Sequence[str] | None = field(repr=False)
    variable: str
    """The variable where a client without one looks for it."""

    def check(self) -> None:
        """Raise unless there are secrets.

        Raises:
            ConfigError: there is none, or one is not a secret; it is not shown.
        """
        if not self.signing():
            raise ConfigError(f"there is no webhook secret; pass secret= or webhook_secret=, or set {self.variable}")
        if None in self.signing():
            raise ConfigError("a webhook secret is empty, or is not 'whsec_' and base64; copy it again")

    def signing(self) -> list[bytes | None]:
        """Return the signing keys, None for a secret that is none."""
        if isinstance(self.given, str) or not isinstance(self.given, Sequence):
            return [] if self.given is None else [_key(self.given)]
        return [_key(secret) for secret in self.given]


@dataclass(frozen=True)
class Delivery:
    """One attempt of the host to hand over an event; the next attempt has the same id and a later timestamp."""

    id: str
    timestamp: str
    """Unix seconds of the attempt, as they were sent."""
    signatures: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the delivery has in common with its replays."""
        return f"{self.id}.{self.timestamp}"

    def __repr__(self) -> str:
        return f"<delivery {self.id[:80]!r} of {self.timestamp[:20]!r}>"


def verified(payload: str | bytes, headers: HeadersLike, secrets: Secrets, *, tolerance: float, now: float) -> Delivery:
    """Return the delivery if its signature holds and it is fresh.

    Raises:
        ConfigError: there is no secret, or an argument is not what it must be.
        WebhookVerificationError: it is not from who knows the secret, or is too old or too new.
    """
    secrets.check()
    if not isinstance(payload, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        raise ConfigError(f"payload= takes the body as it came, str or bytes, not {type(payload).__name__}")
    _check_tolerance(tolerance)
    delivery = _delivery(headers)
    _check_time(delivery.timestamp, tolerance, int(now))
    if not _is_signed(payload, delivery, secrets):
        raise WebhookVerificationError(
            "no signature of the webhook fits; check that the secret is this endpoint's, and that payload= is the "
            "body as it came, not parsed and written again"
        )
    return delivery


def signature(key: bytes, delivery: str, payload: bytes) -> str:
    """Return what a host with this key sends as ``webhook-signature``; ``delivery`` is ``id.timestamp``."""
    signed = delivery.encode("utf-8", "surrogatepass") + b"." + payload
    return f"v1,{b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode('ascii')}"


def event_of(payload: str | bytes) -> WebhookEvent:
    """Return the event that a delivery's body is.

    Raises:
        WebhookVerificationError: it is none.
    """
    try:
        return WebhookEvent.model_validate_json(payload)
    except (ValidationError, UnicodeError):
        raise WebhookVerificationError(
            "the webhook is signed, but its body is no event; see what else sends to this address"
        ) from None


def is_first(memory: dict[str, tuple[float]], delivery: Delivery, *, until: float, now: float) -> bool:
    """Return whether a delivery is new, and keep it in mind until it could no longer be fresh.

    Without a lock, since ``dict.setdefault`` is one step: two threads are never both the first.
    """
    mine = (until,)
    first = memory.setdefault(delivery.name, mine) is mine
    if len(memory) > REMEMBERED:
        _make_room(memory, now)
    return first


def replay(delivery: Delivery) -> WebhookVerificationError:
    """Return the error for a delivery that was here before."""
    return WebhookVerificationError(
        f"the webhook {delivery.id[:80]!r} was delivered before with the same timestamp; "
        "this is a replay, so do nothing again"
    )


def _make_room(memory: dict[str, tuple[float]], now: float) -> None:
    stale = [name for name, (until,) in list(memory.items()) if until + 1 < now]
    for name in stale or list(memory)[: REMEMBERED // 10]:
        memory.pop(name, None)


def _key(secret: object) -> bytes | None:
    if not isinstance(secret, str):
        return None
    if not secret.startswith("whsec_"):  # the official client takes the text itself for the key
        return secret.encode("utf-8", "surrogatepass") or None
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True) or None
    except ValueError:
        return None


def _delivery(headers: HeadersLike) -> Delivery:
    found: dict[str, list[str]] = {ID: [], TIMESTAMP: [], SIGNATURE: []}
    for name, value in _pairs(headers):
        # Django's META and CGI say HTTP_WEBHOOK_ID
        known = found.get(_text(name).lower().replace("_", "-").removeprefix("http-"))
        if known is not None:
            known += [_text(each) for each in (cast("list[object]", value) if isinstance(value, list) else [value])]
    for name, values in found.items():
        if not any(values) or (name != SIGNATURE and len(values) > 1):
            raise WebhookVerificationError(
                f"the webhook has {'more than one' if any(values) else 'no'} {name} header; "
                "pass the headers of the request as they came"
            )
    return Delivery(found[ID][0], found[TIMESTAMP][0], tuple(" ".join(found[SIGNATURE]).split()))


def _pairs(headers: HeadersLike) -> Iterable[tuple[object, object]]:
    try:
        return [(name, value) for name, value in (headers.items() if isinstance(headers, HasItems) else headers)]
    except (TypeError, ValueError):
        raise ConfigError("headers= takes the headers of the request, as a mapping or as pairs") from None


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _check_tolerance(given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not given >= 0:
        raise ConfigError(f"tolerance= takes seconds, 0 or more, not {given!r:.100}")


def _check_time(timestamp: str, tolerance: float, now: int) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise WebhookVerificationError(f"the webhook's timestamp is no Unix time in seconds: {timestamp[:40]!r}")
    age = now - int(timestamp)
    if abs(age) > tolerance:
        state = f"{age} s old" if age > 0 else f"{-age} s ahead of this machine's clock"
        raise WebhookVerificationError(
            f"the webhook is {state}, and {tolerance:g} s are allowed; if it is genuine, set the clock"
        )


def _is_signed(payload: str | bytes, delivery: Delivery, secrets: Secrets) -> bool:
    """Return whether one of the secrets made one of the signatures; what was expected stays in here."""
    body = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
    wanted = [signature(key, delivery.name, body).encode() for key in secrets.signing() if key]
    given = [each.encode("utf-8", "surrogatepass") for each in delivery.signatures]
    return any(hmac.compare_digest(one, other) for one in wanted for other in given)
