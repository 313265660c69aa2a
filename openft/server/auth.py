"""Who asks: an owner, a member, or nobody we know."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from openft.server.http.refusal import Refusal


@dataclass(frozen=True)
class Principal:
    """Who holds a key."""

    id: str
    """The key's digest: what idempotency keys are kept under, never the key itself."""
    owner: bool
    """Whether it may delete models."""


class Keys:
    """The keys a server knows, as digests."""

    def __init__(self, owners: Iterable[str], members: Iterable[str]) -> None:
        roles = {key.strip(): owner for keys, owner in ((members, False), (owners, True)) for key in keys}
        if not all(roles) or not roles:
            raise ValueError("a server needs at least one API key, and none may be empty; pass api_keys=[...]")
        self._known = [Principal(_digest(key), owner) for key, owner in roles.items()]

    def who(self, authorization: str | None) -> Principal:
        """Return who holds the key in an Authorization header.

        Raises:
            Refusal: 401, there is no key or it is not one of ours.
        """
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise _unauthorized("no API key in the request; send it as 'Authorization: Bearer KEY'", "missing_api_key")
        given = _digest(key.strip())
        # every key is compared, in constant time, so that the time taken tells nothing
        found = [known for known in self._known if hmac.compare_digest(known.id, given)]
        if not found:
            raise _unauthorized("the API key is not known to this server; check it", "invalid_api_key")
        return found[0]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _unauthorized(message: str, code: str) -> Refusal:
    return Refusal(401, message, code=code, headers={"www-authenticate": "Bearer"})
