"""Answers as bytes to values: decompressed within a bound, parsed, checked."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import ValidationError

from openft.errors import APIResponseValidationError
from openft.types._answer import Answer

T = TypeVar("T")

_readers: dict[object, Callable[[str | bytes], Any]] = {}

LARGEST = 32 * 1024 * 1024
"""Bytes of decoded JSON that a client takes in."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses of answers that name another place."""


class Raw(NamedTuple):
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    """As it came over the wire, still compressed where the server did that."""

    @property
    def request_id(self) -> str | None:
        """What the server calls the request."""
        return self.headers.get("x-request-id") or self.headers.get("request-id")


def decoded(raw: Raw) -> bytes:
    """Return the content without its compression.

    Raises:
        APIResponseValidationError: it is compressed in an unknown or broken way, or larger than 32 MB.
    """
    encoding = raw.headers.get("content-encoding", "").strip().lower()
    if encoding in {"identity", ""} or not raw.content:
        return raw.content
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise invalid(raw, f"is compressed as {encoding!r}, which was not asked for")
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        content = unpack.decompress(raw.content, LARGEST + 1)
    except zlib.error as problem:
        raise invalid(raw, f"is not valid {encoding}") from problem
    if len(content) > LARGEST:
        raise invalid(raw, "is larger than 32 MB")
    if not unpack.eof:
        raise invalid(raw, f"is cut {encoding}", "")
    if unpack.unused_data:
        raise invalid(raw, f"has something behind its {encoding}")
    return content


def parse(raw: Raw, answer: type[T]) -> T:
    """Return the answer as the type that the request promised.

    Raises:
        APIResponseValidationError: it is not JSON, or not of that type.
    """
    content = decoded(raw).removeprefix(b"\xef\xbb\xbf")
    try:
        return reader(answer)(content)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        what = f"is not what the API promises: {f'{place}: ' if place else ''}{first['msg']}"
        raise invalid(raw, what, content[:500].decode("utf-8", "replace")) from None


def reader(answer: type[T]) -> Callable[[str | bytes], T]:
    """Return what turns a JSON document into a value of this type, or raises pydantic's ValidationError."""
    if answer not in _readers:
        _readers[answer] = answer.model_validate_json if issubclass(answer, Answer) else _adapted(answer)
    return cast("Callable[[str | bytes], T]", _readers[answer])


def _adapted(answer: type[T]) -> Callable[[str | bytes], T]:
    from pydantic import TypeAdapter

    return TypeAdapter(answer).validate_json


def invalid(raw: Raw, what: str, body: str | None = None) -> APIResponseValidationError:
    """Return the error for a complete answer that makes no sense; ``body`` is what of it can be read."""
    kind = raw.headers.get("content-type", "no content type")
    return APIResponseValidationError(
        f"the server's answer ({raw.status}, {kind}) {what}; check that the base URL is that of an API",
        status_code=raw.status,
        body=body,
        request_id=raw.request_id,
    )


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return the value if it is a JSON object, else an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
