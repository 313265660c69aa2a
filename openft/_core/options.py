"""What every call can be told beside its own parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, cast

from openft._core import checked
from openft.errors import ConfigError

KEY_HEADER = "idempotency-key"


class RequestOptions(TypedDict, total=False):
    """Options of one call; each overrides the client's own setting, and None is the same as leaving it out."""

    timeout: float | None
    """Seconds for the whole call, retries included; None keeps the client's value, ``math.inf`` means no limit."""
    max_retries: int | None
    """How often a failed attempt is repeated."""
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None
    """Further fields of the body; they win over the call's own."""
    idempotency_key: str | None
    """Names this creation, so that a later process can repeat it without doing it twice."""


def refuse_unknown(
    options: Mapping[str, object], known: Iterable[str] | Callable[..., object], *, into: str = "extra_body"
) -> None:
    """Refuse what is no option: most often a parameter of the call is misspelt.

    Args:
        options: what the call was told beside its parameters.
        known: the names of its parameters, or the call, which has them.
        into: the option for parameters that only some hosts have.

    Raises:
        ConfigError: there is no such option; the message has what may be meant.
    """
    unknown = sorted(options.keys() - RequestOptions.__annotations__.keys())
    if unknown:
        names = _parameters(known) if callable(known) else {*known}
        raise ConfigError(f"there is no parameter {', '.join(unknown)}; {_meant(unknown[0], names, into)}")


def _parameters(call: Callable[..., object]) -> set[str]:
    """Return the names by which something can be given to a call; they take too long to be looked up in every call."""
    from inspect import Parameter, signature

    return {name for name, one in signature(call).parameters.items() if one.kind != Parameter.VAR_KEYWORD}


def _meant(name: str, known: set[str], into: str) -> str:
    from difflib import get_close_matches

    from openft.types.params import HyperparametersParam

    if "hyperparameters" in known and name in HyperparametersParam.__annotations__:
        return f"pass it as hyperparameters={{{name!r}: …}}"
    near = get_close_matches(name, sorted(known | RequestOptions.__annotations__.keys()), n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"check its spelling, or pass {into}={{{name!r}: …}} if the host has it"


def key_of(options: RequestOptions) -> str | None:
    """Return the idempotency key that the caller has given, as an option or as a header.

    Raises:
        ConfigError: it cannot be sent, or is empty.
    """
    given = options.get("idempotency_key")
    if given == "":
        raise ConfigError("idempotency_key is empty; leave it out, or give a name of your own to what is created")
    if given is None:
        given = checked.headers(options.get("extra_headers")).get(KEY_HEADER)
    return None if given is None else checked.sendable("idempotency_key", given)


def with_key(options: RequestOptions, key: str | None) -> RequestOptions:
    """Return the options with this idempotency key in place of the caller's, for one of several requests of a call."""
    headers = checked.headers(options.get("extra_headers"))
    changed = options.copy()
    changed["idempotency_key"] = key
    changed["extra_headers"] = {name: value for name, value in headers.items() if name != KEY_HEADER}
    return changed


def divided(options: Mapping[str, Any]) -> tuple[dict[str, Any], RequestOptions]:
    """Return a call's own keywords, which become fields of its body, and the options of the call."""
    shared = RequestOptions.__annotations__
    own = {name: value for name, value in options.items() if name not in shared}
    return own, cast("RequestOptions", {name: value for name, value in options.items() if name in shared})
