"""A request as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from openft.errors import ConfigError

if TYPE_CHECKING:
    from openft._core.multipart import Form

T = TypeVar("T")

LONGEST_ID = 1024


class Request(NamedTuple, Generic[T]):
    """One request: what to ask, and what the answer will be."""

    method: str
    path: str
    """Quoted, relative to the base URL; made by path()."""
    answer: type[T]
    """What the JSON answer is parsed into."""
    json: Mapping[str, Any] | None = None
    """The body; fields that are None are not sent."""
    query: Mapping[str, str | int | None] = {}
    """Fields that are None are not sent."""
    headers: Mapping[str, str] = {}
    form: Form | None = None
    """A multipart body, in place of a JSON one."""
    creates: bool = False
    """Whether doing it twice makes two things; such a request carries an idempotency key."""
    timeout: float = 60.0
    """Seconds for the whole call where neither call nor client says otherwise."""
    gone: T | None = None
    """What a deletion returns where the server has no words for it."""


def path(*segments: str) -> str:
    """Return the segments as a path, each quoted as one segment whatever it contains.

    Raises:
        ConfigError: a segment is empty, dots only, too long or no valid text.
    """
    return "/" + "/".join(_segment(segment) for segment in segments)


def _segment(text: str) -> str:
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a type checker
        raise ConfigError(f"an id must be a str, not {type(text).__name__}; pass the object's .id")
    if not text.strip():
        raise ConfigError("an id is empty; pass the id of a file, job or model")
    if text in {".", ".."} or len(text) > LONGEST_ID or not text.isprintable():
        raise ConfigError(f"{text[:40]!r} cannot be an id; pass the id of a file, job or model")
    return quote(text, safe=":")
