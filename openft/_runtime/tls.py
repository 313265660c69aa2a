"""One TLS context for all clients of a process: making it costs more than everything else a client does at start."""

from __future__ import annotations

import os
import ssl
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from openft.config import is_loopback


@cache
def _verified() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def _trusting_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def context(base_url: str, proxy: str | None) -> ssl.SSLContext:
    """Return the context for connections to this address; plain http needs no certificates and gets none."""
    plain = urlsplit(base_url).scheme == "http" and not (proxy or "").startswith("https")
    return _trusting_nobody() if plain else _verified()


def proxy_for(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; none for loopback."""
    parts = urlsplit(base_url)
    if is_loopback(base_url) or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{found}" if found and "://" not in found else found


def process() -> int:
    """Return the process that connections belong to; a forked one must not use its parent's."""
    return os.getpid()
