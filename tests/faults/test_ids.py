"""Hostile ids, on every method of every resource that puts one into an address; new resources are found here."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import anyio
import pytest

from loopback import KEY, Loopback, refusal
from openft import AsyncClient, Client, ConfigError, OpenFTError

PROBE = "probe-1"
FACES = ("threads", "asyncio", "trio")
REFUSED = [
    "",
    " ",
    "\t",
    ".",
    "..",
    "a\nb",
    "a\r\nx: y",
    "a\0b",
    "\x7f",
    "\ud800",
    "a\udfff",
    "x" * 70_000,
    None,
    5,
    b"ada",
    ["ada"],
]
ONE_SEGMENT = [
    "../..",
    "/",
    "//",
    "a/b",
    "/etc/passwd",
    "%2e",
    "%2e%2e",
    "%2F",
    "%00",
    "%0d%0a",
    "a?b=c",
    "a#b",
    "한글",
    "a b",
    "a\\b",
    "..\\..",
    "@host:80",
    "...",
    "ada:ft-me",
    "a+b;c&d=e",
    "'\"<>",
    "{}",
    "x" * 1000,
]
FILLED: Mapping[str, Any] = {
    "str": "x-1",
    "int": 1,
    "float": 1.0,
    "PartInput": b"{}\n",
    "FileInput": b"{}\n",
    "Iterable[str]": ["x-1"],
    "Sequence[str]": ["x-1"],
    "Mapping[str, object]": {},
}
"""What other parameters without a default get, by their annotations."""


def resources(holder: object, path: str = "client") -> Iterator[tuple[str, Any]]:
    """Yield all resources below a client, by the way that leads to them."""
    for name in dir(type(holder)):
        if not name.startswith("_") and not callable(getattr(type(holder), name)):
            value = getattr(holder, name)
            if type(value).__module__.startswith(("openft._sync", "openft._async")) and name != "transport":
                yield f"{path}.{name}", value
                yield from resources(value, f"{path}.{name}")


def methods(client: object) -> Iterator[tuple[str, str, Any]]:
    """Yield the way to each method, the names of its parameters that take a text or a list of texts, and itself."""
    for path, resource in resources(client):
        for name, _ in inspect.getmembers(type(resource), inspect.isfunction):
            if name.startswith("_"):
                continue
            for parameter in inspect.signature(getattr(resource, name)).parameters.values():
                if parameter.annotation in {"str", "Iterable[str]"}:
                    yield f"{path}.{name}", parameter.name, getattr(resource, name)


def filled(method: Any, name: str, value: object) -> dict[str, Any]:
    """Return the arguments of a call with one of them given."""
    given: dict[str, Any] = {}
    for parameter in inspect.signature(method).parameters.values():
        if parameter.name == name:
            given[name] = [value] if parameter.annotation == "Iterable[str]" else value
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            fitting = [what for annotation, what in FILLED.items() if annotation in str(parameter.annotation)]
            given[parameter.name] = fitting[0] if fitting else Path(tempfile.gettempdir(), "never-written")
    return given


def asked_on_threads(client: Client, path: str, name: str, value: object) -> None:
    method = found(client, path)
    result = method(**filled(method, name, value))
    if hasattr(result, "__iter__"):
        list(result)


async def asked_on_a_loop(client: AsyncClient, path: str, name: str, value: object) -> None:
    method = found(client, path)
    result = method(**filled(method, name, value))
    if inspect.isawaitable(result):
        result = await result
    if hasattr(result, "__aiter__"):
        async for _ in result:
            pass


def found(client: object, path: str) -> Any:
    for name in path.split(".")[1:]:
        client = getattr(client, name)
    return client


def outcome(face: str, path: str, name: str, value: object) -> tuple[list[str], BaseException | None]:
    """Return the targets that a call asks for on a server that knows nothing, and the error that it ends with."""
    with Loopback(lambda _: [refusal(418, "no")]) as server:
        options: dict[str, Any] = {"base_url": server.url, "api_key": KEY, "max_retries": 0, "timeout": 5}
        try:
            if face == "threads":
                with Client(**options) as client:
                    asked_on_threads(client, path, name, value)
            else:
                anyio.run(partial(closed_after, AsyncClient(**options), path, name, value), backend=face)
        except (OpenFTError, ExceptionGroup) as error:
            return [request.target.removeprefix("/v1") for request in server.requests], error
        return [request.target.removeprefix("/v1") for request in server.requests], None


async def closed_after(client: AsyncClient, path: str, name: str, value: object) -> None:
    async with client:
        await asked_on_a_loop(client, path, name, value)


def segments(targets: list[str]) -> list[list[str]]:
    return [target.partition("?")[0].split("/") for target in targets]


def with_ids() -> list[tuple[str, str]]:
    """Return the methods, and the parameters of theirs, whose value stands in an address."""
    with Client(base_url="http://127.0.0.1:9/v1", api_key=KEY) as client:
        every = [(path, name) for path, name, _ in methods(client)]
    return [
        (path, name)
        for path, name in every
        if any(PROBE in part for parts in segments(outcome("threads", path, name, PROBE)[0]) for part in parts)
    ]


IDS = with_ids()
each_id = pytest.mark.parametrize(("path", "name"), IDS, ids=[f"{path[7:]}({name})" for path, name in IDS])


def test_the_methods_are_found() -> None:
    assert {("client.files.retrieve", "file_id"), ("client.models.delete", "model")} <= set(IDS)
    assert len(IDS) >= 20


@pytest.mark.parametrize("face", FACES)
@each_id
def test_what_cannot_be_an_id_is_refused_before_anything_is_sent(path: str, name: str, face: str) -> None:
    for value in REFUSED:
        targets, error = outcome(face, path, name, value)
        assert (targets, type(error)) == ([], ConfigError), repr(value)[:50]
        assert len(str(error)) < 300


@pytest.mark.parametrize("face", FACES)
@each_id
def test_whatever_an_id_contains_it_is_one_segment_of_the_address(path: str, name: str, face: str) -> None:
    plain = segments(outcome(face, path, name, PROBE)[0])
    for value in ONE_SEGMENT:
        hostile = segments(outcome(face, path, name, value)[0])
        unquoted = [[PROBE if unquote(part) == value else part for part in parts] for parts in hostile]
        assert unquoted == plain, value[:50]
