"""What every call can be told beside its own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict


class RequestOptions(TypedDict, total=False):
    """Options of one call; each overrides the client's own setting."""

    timeout: float | None
    """Seconds for the whole call, retries included; None keeps the client's value, ``math.inf`` means no limit."""
    max_retries: int
    """How often a failed attempt is repeated."""
    extra_headers: Mapping[str, str]
    extra_query: Mapping[str, str]
    extra_body: Mapping[str, Any]
    """Further fields of the JSON body; they win over the call's own."""
    idempotency_key: str
    """Names this creation, so that a later process can repeat it without doing it twice."""
