"""Our requests as httpcore's, and its exceptions, or httpx's, as ours."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

import httpcore

from openft._core.outgoing import Outgoing, Silent, Trouble, Unreached, UnreachedInTime, bare
from openft.errors import ConfigError

Place: TypeAlias = tuple[bytes, bytes, int | None, str, bytes]
LONGEST_TEXT = 200
"""Characters of an exception's text, which may have all that the server sent in it."""
URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


def request(outgoing: Outgoing, content: Any) -> httpcore.Request:
    """Return the request with its body as httpcore takes it.

    Raises:
        ConfigError: the base URL has no valid host.
    """
    scheme, host, port, prefix, authority = _place(outgoing.base_url)
    headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in outgoing.headers.items()]
    if "host" not in outgoing.headers:
        headers.insert(0, (b"host", authority))
    idle = outgoing.idle
    return httpcore.Request(
        outgoing.method,
        httpcore.URL(scheme=scheme, host=host, port=port, target=quote(prefix + outgoing.target, safe=URL_SAFE)),
        headers=headers,
        content=content,
        extensions={"timeout": {"connect": outgoing.connect, "read": idle, "write": idle, "pool": idle}},
    )


@lru_cache(64)
def _place(base_url: str) -> Place:
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if not host.isascii() or "xn--" in host:
        import httpx

        try:
            checked = httpx.URL(base_url)
            host = checked.raw_host.decode("ascii") if checked.host else ""
        except (httpx.InvalidURL, ValueError) as problem:
            raise ConfigError(f"the host in the base URL is not valid: {problem}") from None
    authority = f"[{host}]" if ":" in host else host
    if parts.port not in {None, {"http": 80, "https": 443}[parts.scheme]}:
        authority = f"{authority}:{parts.port}"
    return parts.scheme.encode(), host.encode(), parts.port, parts.path, authority.encode()


def proxy(url: str | None) -> httpcore.Proxy | None:
    """Return a proxy's address as httpcore takes it.

    Raises:
        ConfigError: it is none.
    """
    if url is None:
        return None
    import httpx

    parsed, host = httpx.URL(), ""
    with suppress(httpx.InvalidURL, ValueError):  # whose texts may have the password in them
        parsed = httpx.URL(url)
        host = parsed.host if urlsplit(url).hostname else ""
    if not host:
        raise ConfigError("a proxy variable of the environment has no valid address; use http://host:port")
    auth = (parsed.username.encode(), parsed.password.encode()) if parsed.username else None
    return httpcore.Proxy(url=httpcore.URL(str(parsed.copy_with(username=None, password=None))), auth=auth)


class Meanings:
    """What a library's exceptions mean: a context manager that raises ours in their place."""

    def __init__(self, library: Any, rest: Iterable[type[Exception]]) -> None:
        self._kinds: list[tuple[type[Exception], type[Trouble]]] = [
            (library.ConnectTimeout, UnreachedInTime),
            (library.TimeoutException, Silent),
            (library.ConnectError, Unreached),
            (library.ProxyError, Unreached),
            (library.UnsupportedProtocol, Unreached),
            (UnicodeError, Unreached),  # from the resolver, for a host whose name cannot be one
            *((kind, Trouble) for kind in rest),
        ]

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, problem: BaseException | None, trace: TracebackType | None) -> None:
        if problem is None:
            return
        for theirs, ours in self._kinds:
            if isinstance(problem, theirs):
                raise ours(str(problem)[:LONGEST_TEXT] or type(problem).__name__) from bare(problem)


HTTPCORE = Meanings(httpcore, (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable))
