"""An event loop goes on while training data is looked at."""

from __future__ import annotations

import io
from threading import Event

import anyio
import pytest

from loopback import KEY, Loopback
from openft import AsyncClient, DataError


class Slow(io.BytesIO):
    """A file whose content comes only when the event loop has done something else."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked, self.given = Event(), Event()

    def read(self, size: int | None = -1, /) -> bytes:
        if size:
            self.asked.set()
            assert self.given.wait(20), "the event loop stood still"
        return super().read(size)


@pytest.mark.anyio
async def test_an_event_loop_goes_on_while_training_data_is_looked_at() -> None:
    file = Slow(b"{oops\n")

    async def other() -> None:
        await anyio.to_thread.run_sync(file.asked.wait)
        file.given.set()

    with Loopback([]) as server:
        async with AsyncClient(base_url=server.url, api_key=KEY) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(other)
            with pytest.raises(DataError, match=r"a\.jsonl:1: not valid JSON"):
                await client.files.create(file=("a.jsonl", file))
    assert (file.given.is_set(), server.connections) == (True, 0)
