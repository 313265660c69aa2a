"""Which redirects are followed: within the same origin, and a POST only where it stays one."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from openft._core.answer import Raw
from openft._core.call import Call
from openft.errors import APIStatusError

MOST = 5
LONGEST = 8192
"""Characters of a location that can be one."""


def redirected(call: Call, raw: Raw, url: str, already: int) -> Call:
    """Return the call that the redirect from ``url`` leads to, the ``already`` + first in a row.

    Raises:
        APIStatusError: it leads elsewhere, or would change what is asked; neither key nor body goes there.
    """
    if already >= MOST:
        raise _refused(raw, f"more than {MOST} times in a row; check the base URL")
    location = raw.headers.get("location", "")
    target = _target(url, location)
    if target is None:
        raise _refused(raw, f"to another place ({location[:100]!r}), which is not followed; check the base URL")
    if call.method != "GET" and raw.status not in {307, 308}:
        raise _refused(raw, f"a {call.method}, which would lose its body; check the base URL")
    if call.form is not None and not call.form.upload.repeatable:
        raise _refused(raw, "an upload that can be read only once; check the base URL")
    prefix = urlsplit(url).path.removesuffix(call.target.partition("?")[0])
    if not target.path.startswith(f"{prefix}/") or _climbs(target.path):
        raise _refused(raw, f"out of the API's paths ({target.path[:100]!r}), which is not followed")
    return call._replace(target=target.path.removeprefix(prefix) + (f"?{target.query}" if target.query else ""))


def _target(url: str, location: str) -> SplitResult | None:
    """Return where the redirect leads if that is on the same origin."""
    try:
        target = urlsplit(urljoin(url, location))
        same = _origin(target) == _origin(urlsplit(url))
    except ValueError:
        return None
    return target if location and same and len(location) <= LONGEST and location.isprintable() else None


def _climbs(path: str) -> bool:
    """Return whether a segment of the path, taken literally or unquoted, leads to a directory above."""
    return any(unquote(segment) in {".", ".."} for segment in path.split("/"))


def _origin(parts: SplitResult) -> tuple[object, ...]:
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme), parts.username


def _refused(raw: Raw, what: str) -> APIStatusError:
    return APIStatusError(
        f"the server redirects ({raw.status}) {what}", status_code=raw.status, request_id=raw.request_id
    )
