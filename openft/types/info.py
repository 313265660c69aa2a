"""What an application may be told of each answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ResponseInfo(NamedTuple):
    """What ``on_response`` is told after every answer: facts for logs and meters, no content."""

    method: str
    path: str
    status_code: int
    headers: Mapping[str, str]
    """Names in lower case."""
    attempt: int
    """Counted from 1."""
    elapsed: float
    """Seconds of this attempt."""
