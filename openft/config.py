"""Settings: argument before environment before default, and a key never goes to another host's address."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeVar, cast
from urllib.parse import urlsplit

from openft.errors import ConfigError

if TYPE_CHECKING:
    from openft.types.info import ResponseInfo

K = TypeVar("K")

OPENAI = "https://api.openai.com/v1"
LOCAL = "http://127.0.0.1:8321/v1"


class Secret(str):
    """A key: a text that no repr, no variable in a traceback and no pickle shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key cannot be pickled; give it to the other process in its environment")


def hidden(key: K) -> K:
    """Return a key as a Secret, and a function that returns one as it is.

    What is neither, and will be refused, becomes nothing but an object of a class of that name.
    """
    if key is None or callable(key):
        return key
    return cast("K", Secret(key) if isinstance(key, str) else type(type(key).__name__, (), {})())


def each_hidden(secrets: K) -> K:
    """Return a secret, or several, likewise."""
    if isinstance(secrets, str | bytes) or not isinstance(secrets, Sequence):
        return hidden(secrets)
    return cast("K", [hidden(secret) for secret in cast("Sequence[object]", secrets)])


class Clock(NamedTuple):
    """How a client tells the time and lets it pass; ``openft.testing`` puts one in its place that does not wait."""

    now: Callable[[], float] = monotonic
    """Seconds."""
    skip: Callable[[float], None] | None = None
    """Called with the seconds in place of sleeping."""
    wall: Callable[[], float] = time
    """Unix seconds."""
    spent: Callable[[], float] = monotonic
    """Seconds by which a call keeps its ``timeout``: what this task or thread has lived through, skipped or not."""

    def pass_by(self, seconds: float) -> float:
        """Return the seconds that are really to be slept."""
        if self.skip is None:
            return seconds
        self.skip(seconds)
        return 0.0


def is_elsewhere(url: str) -> bool:
    """Return whether an address is on another machine; the embedded server has none yet."""
    return bool(url) and not is_loopback(url)


class Ends(NamedTuple):
    """How clients learn that models are about to stop; ``openft.testing`` has its own."""

    asks: Callable[[str], bool] = is_elsewhere
    """Whether the host at an address is asked."""
    told: set[tuple[str, str]] = set()
    """Addresses and models that somebody was warned of: shared by all clients of the process."""


class Settings(NamedTuple):
    """All that a client knows before its first request."""

    base_url: str
    """Includes ``/v1``; empty for an embedded server that is still to be started."""
    api_key: str | Callable[[], str]
    organization: str | None = None
    project: str | None = None
    webhook_secret: str | Sequence[str] | None = None
    webhook_variable: str = "OPENFT_WEBHOOK_SECRET"
    """Where the secret would have been found."""
    timeout: float | None = None
    max_retries: int = 2
    default_headers: Mapping[str, str] = {}
    default_query: Mapping[str, str] = {}
    on_response: Callable[[ResponseInfo], None] | None = None
    clock: Clock = Clock()
    ends: Ends = Ends()

    def __repr__(self) -> str:
        return f"<Settings for {self.base_url or 'the embedded server'}>"


class Address(NamedTuple):
    """Where to and with which key: always from one family."""

    base_url: str
    api_key: str | Callable[[], str]
    is_openai: bool
    """Whether it came from the OPENAI_ variables, whose organization then counts too."""

    def __repr__(self) -> str:
        return f"<Address {self.base_url}>"


def address(base_url: str | None, api_key: str | Callable[[], str] | None) -> Address:
    """Return the base URL and the key that belong together.

    Raises:
        ConfigError: there is no key for the address; the message names the variables that would give one.
    """
    given = _env("OPENFT_BASE_URL") if base_url is None else base_url
    if given is not None:
        return Address(checked_url(given), _key(api_key, "OPENFT_API_KEY", given), is_openai=False)
    if api_key is None and _env("OPENFT_API_KEY"):
        return Address(LOCAL, _key(None, "OPENFT_API_KEY", LOCAL), is_openai=False)
    url = _env("OPENAI_BASE_URL") or _env("OPENAI_API_BASE") or OPENAI
    return Address(checked_url(url), _key(api_key, "OPENAI_API_KEY", url), is_openai=True)


def organization(where: Address) -> str | None:
    """Return the organization that the environment names for this address."""
    return (_env("OPENAI_ORG_ID") or _env("OPENAI_ORGANIZATION")) if where.is_openai else None


def project(where: Address) -> str | None:
    """Return the project that the environment names for this address."""
    return _env("OPENAI_PROJECT_ID") if where.is_openai else None


def webhook_variable(where: Address) -> str:
    """Return the variable that names the webhook secrets for this address; several are separated by blanks."""
    return "OPENAI_WEBHOOK_SECRET" if where.is_openai else "OPENFT_WEBHOOK_SECRET"


def webhook_secret(where: Address) -> Sequence[str] | None:
    """Return the webhook secrets that the environment has for this address."""
    told = _env(webhook_variable(where))
    return told.split() if told else None


def checked_url(url: str) -> str:
    """Return the base URL without a final slash.

    Raises:
        ConfigError: it is no http(s) address, or has credentials, a query or a fragment in it.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as problem:
        raise ConfigError(f"the base URL is not valid: {problem}") from None
    if "@" in url or "?" in url or "#" in url:
        raise ConfigError("the base URL must have no user, password, query or fragment; pass the key as api_key=")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable() or " " in url:
        raise ConfigError(f"the base URL must look like {LOCAL}, not {url!r}")
    return url.rstrip("/")


def checked_key(key: str) -> str:
    """Return the key if it can be sent.

    Raises:
        ConfigError: it is empty or has blanks, line breaks or characters outside ASCII; the key itself is not shown.
    """
    if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a type checker
        raise ConfigError(f"the API key must be a str, not {type(key).__name__}")
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError("the API key is empty or has blanks, line breaks or non-ASCII characters; copy it again")
    return key


def is_loopback(url: str) -> bool:
    """Return whether the address is on this machine."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or (host.startswith("127.") and host.replace(".", "").isdigit())


def default_data_dir() -> Path:
    """Return where the embedded server keeps models: ``OPENFT_DATA_DIR``, else the user's data folder."""
    given = _env("OPENFT_DATA_DIR")
    if given:
        return Path(given)
    if sys.platform == "win32":  # pragma: no cover - another platform's folder
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "openft"
    if sys.platform == "darwin":  # pragma: no cover - another platform's folder
        return Path.home() / "Library" / "Application Support" / "openft"
    return Path(_env("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "openft"


def _env(name: str) -> str | None:
    return os.environ.get(name) or None


def _key(given: str | Callable[[], str] | None, variable: str, url: str) -> str | Callable[[], str]:
    key = hidden(_env(variable)) if given is None else given
    if key is None:
        raise ConfigError(f"there is no API key for {url}; pass api_key= or set {variable}")
    return key if callable(key) else checked_key(key)
