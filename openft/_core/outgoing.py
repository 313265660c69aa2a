"""One attempt's request as it goes out, the head of its answer, and what may come in place of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    from openft._core.multipart import Form


E = TypeVar("E", bound=BaseException)


class Outgoing(NamedTuple):
    """A request with its address and its key."""

    method: str
    base_url: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes | None
    form: Form | None
    """The body where it is a form, which is streamed."""
    connect: float
    """Seconds for a connection to come up."""
    idle: float | None
    """Seconds in which something must move, None for ever."""

    @property
    def url(self) -> str:
        """The whole address."""
        return self.base_url + self.target

    def __repr__(self) -> str:
        return f"<Outgoing {self.method} {self.url}>"


class Trouble(Exception):  # noqa: N818 - never leaves the client but as a cause
    """An exchange that broke off: the connection ended, or what came is no HTTP."""


class Unreached(Trouble):
    """No connection came up, so that the server has seen nothing."""


class UnreachedInTime(Unreached):
    """Nor did anybody say why."""


class Silent(Trouble):
    """Nothing moved for too long."""


def by_name(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their names in lower case; those that come more than once are one list."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def bare(problem: E, secret: str = "") -> E:
    """Return an exception that can be shown, and with it all that led to it.

    Without the frames, whose variables hold the key, and without the key in a text of the server's.
    """
    rest: list[BaseException | None] = [problem]
    seen: set[int] = set()
    while rest:
        one = rest.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = None
        if "_request" in vars(one):  # httpx's, with the key in its headers
            vars(one)["_request"] = None
        if secret and any(secret in str(arg) for arg in one.args):
            one.args = tuple(str(arg).replace(secret, "…") for arg in one.args)
        if one.__suppress_context__:  # it is not to be shown, and may be a parser's, with the text that it parsed
            one.__context__ = None
        rest += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):  # from several addresses
            rest += cast("tuple[BaseException, ...]", one.exceptions)
    return problem
