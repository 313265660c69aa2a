"""By which name a cache knows the host whose answers it has."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from openft.capture.cache import Cache
from openft.errors import DataError

HERE = "this machine"
"""All its addresses are one host: the ports of embedded servers change."""
_FACT = "host"


def host_of(address: str) -> str:
    """Return what an address is known by; an empty one is the embedded server's."""
    parts = urlsplit(address)
    if not address or parts.hostname == "localhost" or _is_here(parts.hostname or ""):
        return HERE
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _is_here(name: str) -> bool:
    try:
        found = ip_address(name)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def check_host(cache: Cache, host: str) -> None:
    """Raise DataError where a cache has the answers of another host."""
    known = cache.fact(_FACT)
    if known not in (None, host):
        remedy = "name another file for the cache (cache=, --cache)"
        raise DataError(f"has answers of {known}, and the client asks {host}; {remedy}", file=str(cache.path))


def note_host(cache: Cache, host: str) -> None:
    """Keep whose answers a cache has."""
    cache.know(_FACT, host)
