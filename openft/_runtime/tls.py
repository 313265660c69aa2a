"""One TLS context for all clients of a process: making it costs more than everything else a client does at start."""

from __future__ import annotations

import ssl
from functools import cache
from importlib.util import find_spec
from urllib.parse import urlsplit

from openft.config import is_loopback
from openft.errors import ConfigError


@cache
def _verified() -> ssl.SSLContext:
    import httpx  # whose rules for certificates these are

    return httpx.create_ssl_context()


def context(base_url: str, proxy: str | None) -> ssl.SSLContext | None:
    """Return the context for connections to this address, None where nothing is ever encrypted."""
    plain = urlsplit(base_url).scheme == "http" and not (proxy or "").startswith("https")
    return None if plain else _verified()


def proxy_for(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; none for loopback.

    Raises:
        ConfigError: it names one that cannot be used.
    """
    if is_loopback(base_url):
        return None
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(base_url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found:
        return None
    proxy = found if "://" in found else f"http://{found}"
    scheme = proxy.partition(":")[0].lower()
    if scheme not in {"http", "https", "socks5", "socks5h"}:
        raise ConfigError(
            f"a proxy variable of the environment names a proxy of kind {scheme!r}; use http:// or socks5://"
        )
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError("the environment names a SOCKS proxy, which needs one more package: pip install socksio")
    return proxy
