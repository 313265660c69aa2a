"""What a caller passes along with a call, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, cast
from urllib.parse import urlencode

from openft.config import Settings
from openft.errors import ConfigError

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header (RFC 9110 5.6.2)."""
OURS = frozenset({"authorization", "content-length", "transfer-encoding", "expect", "upgrade"})
"""Headers that say where a request ends and whose it is."""
FOREVER = 1e9
"""Seconds, 31 years: from there on a timeout is none, since no system's clock can reckon with it."""


def settings(given: Settings) -> Settings:
    """Return a client's settings if requests can be made with them.

    Raises:
        ConfigError: one of them makes no sense.
    """
    if given.timeout is not None:
        seconds(given.timeout)
    retries(given.max_retries)
    for name, value in headers(given.default_headers).items():
        sendable(name, value)
    query(mapping("default_query", given.default_query))
    webhook_secret(given.webhook_secret)
    if given.on_response is not None and not callable(given.on_response):
        raise ConfigError(f"on_response must be a function, not {type(given.on_response).__name__}")
    return given


def webhook_secret(given: object) -> None:
    """Look at a webhook secret, or several; whether they can sign is asked where they are to.

    Raises:
        ConfigError: one of them is no text.
    """
    if given is None or isinstance(given, str):
        return
    if not isinstance(given, Sequence):
        raise ConfigError(f"webhook_secret must be a str or several, not {type(given).__name__}")
    kinds = [type(each).__name__ for each in cast("Sequence[object]", given) if not isinstance(each, str)]
    if kinds:
        raise ConfigError(f"webhook_secret must be a str or several, and has a {kinds[0]}")


def headers(given: object) -> dict[str, Any]:
    """Return a caller's headers, names in lower case; those without a value are as if left out.

    Raises:
        ConfigError: they are no mapping, or one of them cannot be sent.
    """
    if not given:
        return {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"the headers cannot be sent: they must be a mapping, not {type(given).__name__}")
    items = cast("Mapping[object, object]", given).items()
    return {_name(name): value for name, value in items if value is not None and value != ""}


def _name(name: object) -> str:
    if not isinstance(name, str) or TOKEN.fullmatch(name) is None:
        raise ConfigError(f"a header named {name!r:.100} cannot be sent: a name is letters, digits and hyphens")
    if name.lower() in OURS:
        raise ConfigError(f"{name} cannot be sent: it is for the client to say; a key is passed as api_key=")
    return name.lower()


def sendable(name: str, value: object) -> str:
    """Return a header's value if it can be sent.

    Raises:
        ConfigError: it is no text, has line breaks or other scripts, or blanks around it.
    """
    if not isinstance(value, str):
        raise ConfigError(f"{name} cannot be sent: it must be a str, not {type(value).__name__}")
    if not value.isascii() or not value.isprintable() or value.strip() != value:
        raise ConfigError(f"{name} cannot be sent: it must be printable ASCII, without line breaks or blanks around it")
    return value


def mapping(name: str, given: object) -> Mapping[str, Any]:
    """Return an option that is a mapping, an empty one where it is left out.

    Raises:
        ConfigError: it is none.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"{name} must be a mapping, not {type(given).__name__}")
    return cast("Mapping[str, Any]", given)


def query(fields: Mapping[str, object]) -> str:
    """Return fields as the query of an address, without those that are None.

    Raises:
        ConfigError: a field is neither text nor number, or no valid text.
    """
    try:
        written = urlencode([(_text(name), _text(value)) for name, value in fields.items() if value is not None])
    except (TypeError, UnicodeEncodeError) as problem:
        raise ConfigError(f"the query cannot be sent: {problem}") from None
    return f"?{written}" if written else ""


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"it takes texts and numbers, not {type(value).__name__}")


def seconds(given: object) -> float:
    """Return a timeout, inf for none.

    Raises:
        ConfigError: it is no positive number.
    """
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise ConfigError(f"timeout must be a positive number of seconds, not {given!r:.100}; math.inf means no limit")
    return inf if given >= FOREVER else float(given)


def retries(given: object) -> int:
    """Return how often a failed attempt is repeated.

    Raises:
        ConfigError: it is no number of times.
    """
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise ConfigError(f"max_retries must be a number of at least 0, not {given!r:.100}")
    return given
