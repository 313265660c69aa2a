"""A request and its answer as values, whatever carries them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, TypeAlias, cast
from urllib.parse import parse_qsl, unquote

from pydantic_core import from_json, to_json

from openft.testing.forms import Form, form_of
from openft.types.shown import Shown

Wire: TypeAlias = dict[str, Any]
Pieces: TypeAlias = Iterator[bytes | None]
"""A streamed body; None says that there is nothing yet."""


class Refusal(Exception):  # noqa: N818 - read as a statement
    """Ends a request with an error answer of four keys."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        kind = {429: "rate_limit_error"}.get(status, "server_error" if status >= 500 else "invalid_request_error")
        error = {"message": message, "type": kind, "param": param, "code": code}
        self.answer: Answer = Answer(status, to_json({"error": error}), headers=headers or {})


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int
    content: bytes | Pieces
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cut_after: int | None = None
    """Break the connection behind so many pieces of the body."""
    delay: float = 0.0
    """Seconds before it is sent."""

    def with_headers(self, more: Mapping[str, str]) -> Answer:
        """Return the same answer with more headers."""
        return replace(self, headers={**more, **self.headers})

    @property
    def length(self) -> int | None:
        """How long the body is, None where it is streamed."""
        return len(self.content) if isinstance(self.content, bytes) else None

    def pieces(self) -> Pieces:
        """Yield the body.

        Raises:
            Broken: it is cut off.
        """
        if isinstance(self.content, bytes):
            yield self.content[: self.cut_after]
        else:
            sent = 0
            while self.cut_after is None or sent < self.cut_after:
                try:
                    piece = next(self.content)
                except StopIteration:
                    return
                sent += piece is not None
                yield piece
        if self.cut_after is not None:
            raise Broken(connected=True)


class Broken(Exception):  # noqa: N818 - read as a statement
    """There is no answer: the connection ends."""

    def __init__(self, *, connected: bool) -> None:
        super().__init__("the connection ends without an answer")
        self.connected = connected


@dataclass(frozen=True, kw_only=True, repr=False)
class Asked(Shown):
    """A request, as tests find it in ``api.requests``."""

    __shown__: ClassVar[tuple[str, ...]] = ("method", "path")
    method: str
    path: str
    """Without ``/v1`` and the query; ids as they were sent, percent-encoded."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case; without the API key."""
    content: bytes
    key: str = field(default="", compare=False)
    """What tells one API key from another."""
    skips: bool = field(default=False, compare=False)
    """Whether who asks lets the API's time pass where it would have to wait."""

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], content: bytes, *, skips: bool = False) -> Asked:
        """Return the request for a raw target and headers."""
        path, _, query = target.partition("?")
        named = {name.lower(): value for name, value in headers.items()}
        key = named.pop("authorization", "")
        return cls(
            method=method,
            path=path.removeprefix("/v1"),
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers=named,
            content=content,
            key=key,
            skips=skips,
        )

    @property
    def idempotency_key(self) -> str | None:
        """The key under which the client wants it done once."""
        return self.headers.get("idempotency-key")

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's segments, decoded one by one: an id may have a slash in it."""
        return tuple(unquote(segment) for segment in self.path.split("/")[1:])

    @cached_property
    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object, None where it is none."""
        try:
            value = from_json(self.content, allow_inf_nan=False)
        except ValueError:
            return None
        return cast("dict[str, Any]", value) if isinstance(value, dict) else None

    @cached_property
    def form(self) -> Form:
        """The body as a form; empty where it is none."""
        return form_of(self.headers.get("content-type", ""), self.content)

    @property
    def body(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            Refusal: 400, it is none.
        """
        if self.json is None:
            raise Refusal(400, "the body is not a JSON object; send {...}", code="invalid_json")
        return self.json
