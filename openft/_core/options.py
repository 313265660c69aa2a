"""What every call can be told beside its own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict


class RequestOptions(TypedDict, total=False):
    """Options of one call; each overrides the client's own setting, and None is the same as leaving it out."""

    timeout: float | None
    """Seconds for the whole call, retries included; None keeps the client's value, ``math.inf`` means no limit."""
    max_retries: int | None
    """How often a failed attempt is repeated."""
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None
    """Further fields of the body; they win over the call's own."""
    idempotency_key: str | None
    """Names this creation, so that a later process can repeat it without doing it twice."""
