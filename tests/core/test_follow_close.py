"""Closing a follow while its stream is still to come up."""

from __future__ import annotations

import anyio
import pytest

from loopback import HANG, KEY, Loopback, Pause, stream
from openft import AsyncClient


@pytest.mark.anyio
async def test_a_stream_that_comes_up_after_the_close_is_let_go() -> None:
    with Loopback([[Pause(0.3), stream(b": hello\n\n"), HANG]]) as server:
        async with AsyncClient(base_url=server.url, api_key=KEY) as client:
            events = client.fine_tunes.follow("ft-1")

            async def read() -> None:
                assert [event async for event in events] == []

            async with anyio.create_task_group() as group:
                group.start_soon(read)
                await anyio.to_thread.run_sync(server.heard.acquire)
                await events.aclose()
            with anyio.fail_after(5):  # the client has hung up, though it is still open itself
                assert await anyio.to_thread.run_sync(lambda: server.left.acquire(timeout=4))
