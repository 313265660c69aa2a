"""Which connections a client opens, keeps and gives back."""

from __future__ import annotations

import socket
from base64 import b64decode
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Any

import httpx
import pytest

from _async.support import FILE, JOB, MODEL, ROW, client_of
from loopback import CLOSE, HANG, KEY, RESET, Answer, Loopback, Pause, event, reply, stream
from openft import APIError, APITimeoutError, AsyncClient, ConfigError
from openft._runtime import aio, lines
from openft.types import Model

GOOD: Answer = [reply(200, MODEL)]
BURST = 40


def asking(client: AsyncClient, times: int) -> list[Callable[[], Awaitable[Model]]]:
    return [partial(client.models.retrieve, "ada")] * times


@contextmanager
def reading_slowly() -> Generator[str]:
    """Give the address of a server that takes 64 KiB every 15 ms, and never answers."""
    over = Event()

    def read(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while not over.wait(0.015) and connection.recv(65536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        reader = Thread(target=read, args=(listener,))
        reader.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            over.set()
            reader.join()


@pytest.mark.anyio
async def test_a_sequential_caller_keeps_one_connection() -> None:
    with Loopback(lambda _: GOOD) as server:
        async with client_of(server) as client:
            for _ in range(5):
                await client.models.retrieve("ada")
    assert server.connections == 1


@pytest.mark.anyio
async def test_a_burst_opens_as_many_as_it_needs_and_leaves_few() -> None:
    with Loopback(lambda _: [Pause(0.3), *GOOD]) as server:
        async with client_of(server) as client:
            await aio.gather(BURST, asking(client, BURST))
            assert server.connections == BURST
            for _ in range(BURST - lines.KEPT):
                assert await aio.blocking(partial(server.ended.acquire, timeout=5))
            assert not server.ended.acquire(blocking=False)


@pytest.mark.anyio
async def test_the_connection_that_has_rested_the_shortest_is_taken() -> None:
    with Loopback(lambda _: [Pause(0.1), *GOOD]) as server:
        async with client_of(server) as client:
            await aio.gather(3, asking(client, 3))
            for _ in range(3):
                await client.models.retrieve("ada")
    assert len({request.connection for request in server.requests[-3:]}) == 1


@pytest.mark.anyio
async def test_what_has_rested_too_long_is_closed_at_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback(lambda _: [Pause(0.1), *GOOD]) as server:
        async with client_of(server) as client:
            await aio.gather(3, asking(client, 3))
            monkeypatch.setattr(lines, "EXPIRY", 0.05)
            await client.models.retrieve("ada")
            for _ in range(2):
                assert await aio.blocking(partial(server.ended.acquire, timeout=5))


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [[RESET], [CLOSE], [b"nonsense\r\n\r\n"], [reply(200, MODEL, connection="close")]])
async def test_a_connection_that_has_ended_is_not_kept(answer: Answer) -> None:
    with Loopback([answer, GOOD, GOOD]) as server:
        async with client_of(server) as client:
            for _ in range(2):
                await client.models.retrieve("ada")
    assert server.connections == 2


@pytest.mark.anyio
async def test_an_answer_that_is_left_early_ends_its_connection() -> None:
    with Loopback([[stream(event({"id": "c", "choices": []})), HANG], GOOD]) as server:
        async with client_of(server) as client:
            async with await client.completions.create(model="ada", stream=True) as pieces:
                async for _ in pieces:
                    break
            assert await aio.blocking(partial(server.left.acquire, timeout=5))
            await client.models.retrieve("ada")
    assert server.connections == 2


@pytest.mark.anyio
async def test_closing_an_answer_ends_the_wait_for_its_next_piece() -> None:
    with Loopback([[stream(), HANG]]) as server:
        async with client_of(server) as client:
            pieces = await client.completions.create(model="ada", stream=True, timeout=15)

            async def read() -> None:
                with pytest.raises((APIError, StopAsyncIteration)):
                    await anext(pieces)

            async def close() -> None:
                await aio.sleep(0.3)
                await pieces.aclose()
                assert await aio.blocking(partial(server.left.acquire, timeout=5))

            await aio.gather(2, [read, close])


@pytest.mark.anyio
async def test_an_answer_closed_twice_gives_its_connection_back_once() -> None:
    done = event({"id": "c", "choices": []}) + b"data: [DONE]\n\n"
    with Loopback(lambda _: [reply(200, done, content_type="text/event-stream"), Pause(0.1)]) as server:
        async with client_of(server) as client:
            first = await client.completions.create(model="ada", stream=True)
            assert [piece async for piece in first]
            second = await client.completions.create(model="ada", stream=True)
            await first.aclose()
            third = await client.completions.create(model="ada", stream=True)
            for pieces in (second, third):
                assert [piece async for piece in pieces]
    assert [request.connection for request in server.requests] == [0, 0, 1]


@pytest.mark.anyio
async def test_a_closed_client_has_closed_its_connections_and_may_open_new_ones() -> None:
    with Loopback(lambda _: GOOD) as server:
        client = client_of(server)
        await client.models.retrieve("ada")
        await client.aclose()
        assert await aio.blocking(partial(server.ended.acquire, timeout=5))
        await client.models.retrieve("ada")
        await client.aclose()
    assert server.connections == 2


@pytest.mark.anyio
async def test_closing_a_client_ends_what_is_at_work() -> None:
    with Loopback([[HANG]]) as server:
        client = client_of(server, max_retries=0)

        async def close() -> None:
            assert await aio.blocking(partial(server.heard.acquire, timeout=5))
            await client.aclose()

        async def ask() -> None:
            with pytest.raises(APIError):
                await client.models.retrieve("ada")

        await aio.gather(2, [ask, close])


@pytest.mark.anyio
async def test_a_connection_that_is_made_while_the_client_closes_is_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up, closed = Event(), Event()
    found = socket.getaddrinfo

    def slow(host: Any, *more: Any, **options: Any) -> Any:
        if len(more) == 5 and more[4] & socket.AI_NUMERICHOST:  # trio's first try, which does not wait
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        looked_up.set()
        assert closed.wait(10)
        return found("127.0.0.1", *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Loopback(lambda _: GOOD) as server:
        client = AsyncClient(base_url=f"http://slow.example:{server.port}/v1", api_key=KEY)

        async def close() -> None:
            assert await aio.blocking(partial(looked_up.wait, 10))
            await client.aclose()
            closed.set()

        await aio.gather(2, [*asking(client, 1), close])
        assert await aio.blocking(partial(server.ended.acquire, timeout=5))


@pytest.mark.anyio
async def test_clients_with_other_settings_share_the_connections() -> None:
    with Loopback(lambda _: GOOD) as server:
        async with client_of(server) as client:
            for timeout in (5, 6):
                await client.with_options(timeout=timeout).models.retrieve("ada")
    assert server.connections == 1


@pytest.mark.anyio
async def test_a_host_named_in_the_headers_is_the_one_that_is_sent() -> None:
    with Loopback(lambda _: GOOD) as server:
        async with client_of(server, default_headers={"Host": "api.example"}) as client:
            await client.models.retrieve("ada")
        async with client_of(server) as client:
            await client.models.retrieve("ada")
    assert [request.headers["host"] for request in server.requests] == ["api.example", f"127.0.0.1:{server.port}"]


@pytest.mark.anyio
async def test_a_creation_says_that_it_has_no_body() -> None:
    with Loopback([[reply(200, JOB)], [reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.cancel("ft-1")
            await client.files.retrieve("file-1")
    lengths = [request.headers.get("content-length") for request in server.requests]
    assert lengths == ["0", None]


@pytest.mark.anyio
async def test_the_deadline_holds_where_the_server_reads_slowly() -> None:
    with reading_slowly() as url:
        async with AsyncClient(base_url=url, api_key=KEY, max_retries=0) as client:
            began = monotonic()
            with pytest.raises(APITimeoutError, match="within 1 s"):
                await client.completions.create(model="ada", prompt="x" * 30_000_000, timeout=1)
    assert monotonic() - began < 4


@pytest.mark.anyio
@pytest.mark.parametrize(
    "proxy", ["http://[bad", "http://proxy:abc", "http://me:pa/ss@proxy", "http://me:pass@", "http://me:pass@xn--/"]
)
async def test_a_proxy_variable_without_an_address_is_told_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    async with AsyncClient(base_url="https://api.example/v1", api_key=KEY, max_retries=0) as client:
        with pytest.raises(ConfigError, match="proxy variable of the environment has no valid address") as told:
            await client.models.retrieve("ada")
    assert "pa" not in str(told.value).replace("proxy variable", "")
    assert told.value.__cause__ is told.value.__context__ is None


@pytest.mark.anyio
async def test_a_proxy_gets_a_name_and_a_password_of_any_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback([GOOD]) as proxy:
        monkeypatch.setenv("http_proxy", f"http://us%C3%A9r:p%C3%A4ss@127.0.0.1:{proxy.port}")
        async with AsyncClient(base_url="http://api.example/v1", api_key=KEY) as client:
            await client.models.retrieve("ada")
    sent = proxy.requests[0].headers["proxy-authorization"].removeprefix("Basic ")
    assert b64decode(sent).decode() == "us\u00e9r:p\u00e4ss"


# A client that the user has made


@pytest.mark.anyio
async def test_a_given_client_sends_forms_as_they_are() -> None:
    with Loopback([[reply(200, FILE)], [reply(200, FILE)]]) as server:
        async with httpx.AsyncClient() as mine, client_of(server, http_client=mine) as given, client_of(server) as own:
            for client in (given, own):
                await client.files.create(file=("a.jsonl", ROW * 1000), check=False)
    bodies = [request.body.partition(b"name=")[2] for request in server.requests]
    boundary = [len(request.headers["content-type"]) for request in server.requests]
    assert (len(bodies[0]), boundary[0]) == (len(bodies[1]), boundary[1])
    assert ROW * 1000 in bodies[0]


@pytest.mark.anyio
async def test_a_given_client_streams_and_gives_its_connections_back() -> None:
    done = event({"id": "c", "choices": []}) + b"data: [DONE]\n\n"
    with Loopback(lambda _: [reply(200, done, content_type="text/event-stream")]) as server:
        async with httpx.AsyncClient() as mine, client_of(server, http_client=mine) as client:
            for _ in range(2):
                async with await client.completions.create(model="ada", stream=True) as pieces:
                    assert len([piece async for piece in pieces]) == 1
    assert server.connections == 1


@pytest.mark.anyio
async def test_a_base_url_that_a_given_client_refuses_is_a_configuration_error() -> None:
    async with httpx.AsyncClient() as mine:
        client = AsyncClient(base_url="http://xn--/v1", api_key=KEY, http_client=mine)
        with pytest.raises(ConfigError, match="base URL"):
            await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_an_upload_that_fails_on_a_given_client_closes_its_file() -> None:
    with Loopback([[RESET]]) as server:
        async with httpx.AsyncClient() as mine, client_of(server, http_client=mine, max_retries=0) as client:
            with pytest.raises(APIError):
                await client.files.create(file=ROW * 1000, check=False)


@pytest.mark.anyio
async def test_a_client_tells_where_it_sends_to() -> None:
    async with AsyncClient(base_url="http://127.0.0.1:9/v1/", api_key="sk-test") as client:
        assert client.base_url == "http://127.0.0.1:9/v1"
        assert client.with_options(timeout=1).base_url == client.base_url
    async with AsyncClient.local(temporary=True) as client:
        assert not client.base_url
