"""The key is nowhere to be seen when a request fails, whatever stage it has reached."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from _async.support import FILE, MODEL, client_of
from loopback import CLOSE, HANG, KEY, RESET, Answer, Loopback, Pause, event, full_listener, refusal, reply, stream
from openft import APIError, AsyncClient, ConfigError, OpenFTError
from secrets_seen import led_to, shown

ECHO = f"you sent Bearer {KEY}"
DRIPS: list[bytes | Pause] = [Pause(0.1), b" "] * 20
FAILURES: dict[str, Answer] = {
    "reset": [RESET],
    "closed": [CLOSE],
    "silent": [HANG],
    "cut head": [b"HTTP/1.1 200", CLOSE],
    "cut body": [b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", CLOSE],
    "silent in the body": [b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", HANG],
    "no HTTP": [ECHO.encode() + b"\r\n\r\n", CLOSE],
    "a header that echoes": [f"HTTP/1.1 200 OK\r\nx {KEY}\r\n\r\n".encode(), CLOSE],
    "chunks that echo": [f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{KEY}\r\n".encode(), CLOSE],
    "401": [refusal(401, ECHO, code=KEY, x_request_id=KEY)],
    "500": [reply(500, ECHO.encode())],
    "no JSON": [reply(200, ECHO.encode())],
    "another type": [reply(200, {"id": {"is": KEY}})],
    "redirect": [reply(302, b"", location=f"http://evil.example/{KEY}")],
    "drip": [b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", *DRIPS],
}


async def failing(client: AsyncClient) -> OpenFTError:
    """Return the error of a request; the caller's frames have no key in them."""
    with pytest.raises(OpenFTError) as caught:
        await client.models.retrieve("ada", max_retries=1)
    return caught.value


@pytest.mark.anyio
@pytest.mark.parametrize("key", [KEY, lambda: KEY], ids=["text", "function"])
@pytest.mark.parametrize("kind", FAILURES)
async def test_no_failure_shows_the_key(kind: str, key: str | Callable[[], str]) -> None:
    with Loopback(lambda _: FAILURES[kind]) as server:
        async with client_of(server, api_key=key, timeout=1) as client:
            error = await failing(client)
    assert isinstance(error, APIError)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert shown(error) == []


@pytest.mark.anyio
@pytest.mark.parametrize("kind", FAILURES)
async def test_no_failure_of_a_client_that_was_given_shows_the_key(kind: str) -> None:
    with Loopback(lambda _: FAILURES[kind]) as server:
        async with httpx.AsyncClient() as mine, client_of(server, http_client=mine, timeout=1) as client:
            error = await failing(client)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert shown(error) == []


@pytest.mark.anyio
@pytest.mark.parametrize("given", [False, True])
async def test_a_refused_connection_does_not_show_the_key(given: bool) -> None:
    with Loopback([]) as gone:
        pass
    async with httpx.AsyncClient() as mine, client_of(gone, http_client=mine if given else None) as client:
        error = await failing(client)
    assert error.__cause__ is not None
    assert given or any(isinstance(one, OSError) for one in led_to(error))  # httpx's own pool drops it
    assert shown(error) == []


@pytest.mark.anyio
async def test_a_connection_that_does_not_come_up_does_not_show_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._core.call.CONNECT", 0.2)
    with full_listener() as url:
        async with AsyncClient(base_url=url, api_key=KEY, max_retries=0) as client:
            error = await failing(client)
    assert shown(error) == []


async def failing_stream(client: AsyncClient) -> OpenFTError:
    pieces = await client.completions.create(model="ada", stream=True)
    with pytest.raises(OpenFTError) as caught:
        async for _ in pieces:
            pass
    return caught.value


async def failing_opening(client: AsyncClient) -> OpenFTError:
    with pytest.raises(OpenFTError) as caught:
        await client.completions.create(model="ada", stream=True)
    return caught.value


async def failing_upload(client: AsyncClient) -> OpenFTError:
    with pytest.raises(OpenFTError) as caught:
        await client.files.create(file=b"{}\n" * 1000, check=False)
    return caught.value


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        [CHUNKED + b"3\r\n: \n\r\n" + KEY.encode() + b"\r\n", CLOSE],
        [stream(event({"error": {"message": KEY}})), CLOSE],
        [stream(event({"error": KEY})), CLOSE],
        [stream(event(KEY)), CLOSE],
        [reply(200, ECHO.encode())],
    ],
    ids=["cut", "error", "text", "strange", "no stream"],
)
async def test_no_failure_of_a_stream_shows_the_key(answer: Answer) -> None:
    with Loopback([answer]) as server:
        async with client_of(server) as client:
            error = await (failing_stream if answer[-1] is CLOSE else failing_opening)(client)
    assert shown(error) == []


async def failing_follow(client: AsyncClient) -> OpenFTError:
    async with client.fine_tunes.follow("ft-1") as events:
        with pytest.raises(OpenFTError) as caught:
            await anext(events)
    return caught.value


@pytest.mark.anyio
async def test_a_list_that_comes_in_place_of_a_stream_does_not_show_the_key() -> None:
    with Loopback([[reply(200, {"data": {"sent": KEY}})]]) as server:
        async with client_of(server) as client:
            error = await failing_follow(client)
    assert shown(error) == []


@pytest.mark.anyio
async def test_an_upload_that_breaks_off_does_not_show_the_key() -> None:
    with Loopback(lambda _: [RESET]) as server:
        async with client_of(server) as client:
            error = await failing_upload(client)
    assert shown(error) == []


def broken(key: str) -> Callable[[], str]:
    """Return a function that fails with the key in a variable."""

    def fetch() -> str:
        fetched = key
        raise RuntimeError(f"the vault gave {len(fetched)} characters")

    return fetch


@pytest.mark.anyio
@pytest.mark.parametrize(
    "key",
    [broken(KEY), lambda: f"{KEY}\r\n", lambda: KEY.encode(), lambda: [KEY]],
    ids=["fails", "crlf", "bytes", "list"],
)
async def test_a_function_that_gives_no_key_does_not_show_one(key: Any) -> None:
    async with AsyncClient(base_url="http://127.0.0.1:1/v1", api_key=key) as client:
        error = await failing(client)
    assert isinstance(error, ConfigError)
    assert shown(error) == []


@pytest.mark.anyio
async def test_an_observer_that_fails_leaves_its_traceback_but_no_key() -> None:
    def watch(_: object) -> None:
        raise LookupError("no such meter")

    with Loopback([[reply(200, MODEL)]]) as server:
        async with client_of(server, on_response=watch) as client:
            error = await failing(client)
    assert isinstance(error.__cause__, LookupError)
    assert error.__cause__.__traceback__ is not None
    assert shown(error) == []


@pytest.mark.anyio
async def test_nothing_of_the_client_shows_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "openft")
    with Loopback([[RESET], [reply(200, FILE)], [stream(event({})), HANG]]) as server:
        async with client_of(server) as client:
            await client.files.retrieve("file-1")
            async with await client.completions.create(model="ada", stream=True) as pieces:
                things = [client, client.transport, client.transport.settings, client.files, pieces, pieces._events]
                assert not [thing for thing in things if KEY in repr(thing)]
    assert len(caplog.records) > 2
    assert KEY not in caplog.text
