"""The application itself, as any ASGI server runs it."""

from __future__ import annotations

import typing
from dataclasses import fields
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.types import Message

import openft.server
from openft.server import ServeError, create_app
from openft.server.app import App
from openft.server.home import Home
from openft.server.settings import Choices, Settings
from server.running import MEMBER, OWNER, Running, settings_for


async def live(app: App, *requests: dict[str, Any]) -> list[Message]:
    """Run an app's life with some requests in it, and return all that it sent."""
    sent: list[Message] = []
    inbox: list[Message] = [{"type": "lifespan.startup"}]

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "lifespan.startup.complete":
            for request in requests:
                await app({"headers": [], **request}, receive_nothing, send)

    async def receive() -> Message:
        return inbox.pop() if inbox else {"type": "lifespan.shutdown"}

    async def receive_nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    await app({"type": "lifespan"}, receive, send)
    return sent


def test_the_app_starts_and_stops_as_often_as_it_likes(tmp_path: Path) -> None:
    app = create_app(tmp_path, api_keys=[OWNER], ping_seconds=1)
    for _ in range(2):
        assert [message["type"] for message in anyio.run(live, app)] == [
            "lifespan.startup.complete",
            "lifespan.shutdown.complete",
        ]


def test_servers_that_send_no_raw_path_are_served_too(tmp_path: Path) -> None:
    app = create_app(tmp_path, api_keys=[OWNER])
    request = {"type": "http", "method": "GET", "path": "/v1/files/한글", "query_string": b""}
    key = [(b"authorization", f"Bearer {OWNER}".encode())]
    sent = anyio.run(live, app, request, {**request, "headers": key})
    assert [message["status"] for message in sent if "status" in message] == [401, 404]


def test_an_app_that_cannot_start_says_why(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.open()
    try:
        with pytest.raises(ServeError, match="another server"):
            anyio.run(live, create_app(tmp_path, api_keys=[OWNER]))
    finally:
        home.close()


def test_an_app_without_its_lifespan_says_so(tmp_path: Path) -> None:
    app = create_app(tmp_path, api_keys=[OWNER])
    app.close_streams()  # nothing to close

    async def ask() -> None:
        await app({"type": "http"}, None, None)  # type: ignore[arg-type]

    with pytest.raises(RuntimeError, match="lifespan on"):
        anyio.run(ask)


@pytest.mark.parametrize(("owners", "members"), [((), ()), (("",), ()), ((OWNER,), (" ",))])
def test_an_app_needs_keys(tmp_path: Path, owners: tuple[str, ...], members: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at least one API key"):
        create_app(tmp_path, api_keys=owners, member_keys=members)


def test_a_key_that_is_both_is_an_owners(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, api_keys=(OWNER,), member_keys=(OWNER,))) as server:
        model = server.finished(server.fine_tune(model="ada"))["fine_tuned_model"]
        assert server.http.delete(f"/models/{model}").status_code == 200


def test_every_setting_with_a_default_can_be_chosen() -> None:
    apart = {"data_dir", "api_keys", "member_keys", "host", "port"}
    assert set(typing.get_type_hints(Choices)) == {one.name for one in fields(Settings)} - apart


def test_keys_are_in_no_repr() -> None:
    settings = Settings(data_dir=Path(), api_keys=(OWNER,), member_keys=(MEMBER,))
    assert OWNER not in repr(settings)
    assert MEMBER not in repr(settings)


def test_the_package_gives_only_what_it_names() -> None:
    for name in openft.server.__all__:
        assert getattr(openft.server, name).__name__.lower().replace("_", "") == name.lower().replace("_", "")
    with pytest.raises(AttributeError, match="no attribute 'create_ap'"):
        _ = openft.server.create_ap
