"""Requests that are cancelled at any moment leave nothing behind: `python tests/soak/cancellations.py [COUNT]`."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import socket
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import anyio
import trio

from loopback import HANG, KEY, RESET, Answer, Loopback, Pause, Received, again, event, full_listener, reply, stream
from openft import AsyncClient, OpenFTError
from openft._runtime.aio import gather

AT_ONCE = 20
LATEST = 0.1
"""Seconds after which a request is cancelled at the latest."""
BODY = {"id": "ada", "object": "model", "data": [], "choices": [], "bytes": 1, "filename": "f", "created_at": 1}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n"
PIECE = event({"id": "c", "choices": [{"index": 0, "text": "x"}]})
DRIPS: list[bytes | Pause] = [Pause(0.005), b" "] * 20
UPLOAD = b'{"prompt": "a", "completion": "b"}\n' * 60_000


class Host:
    """A host on which a request gets to any stage, and no further."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def __call__(self, _: Received) -> Answer:
        answers: list[Answer] = [
            [HANG],
            [RESET],
            [HEAD[:20], HANG],
            [HEAD, HANG],
            [HEAD, b'{"id":', HANG],
            [HEAD, *DRIPS],
            [stream(PIECE), Pause(0.005), PIECE, HANG],
            [again(503)],
            [Pause(0.01), reply(200, BODY)],
            [reply(200, BODY)],
        ]
        return self._chance.choice(answers)


async def streamed(client: AsyncClient) -> None:
    async with await client.completions.create(model="ada", stream=True) as pieces:
        async for _ in pieces:
            pass


def calls(client: AsyncClient) -> list[Callable[[], Awaitable[Any]]]:
    return [
        partial(client.models.retrieve, "ada"),
        partial(client.models.retrieve, "ada"),
        partial(client.completions.create, model="ada", prompt="x"),
        partial(client.files.create, file=UPLOAD, check=False),
        partial(client.files.content, "file-1"),
        partial(streamed, client),
    ]


async def cut_off(call: Callable[[], Awaitable[Any]], after: float, *, by_task: bool) -> None:
    """Make a call and cancel it after some seconds, by a scope or by its task."""
    with suppress(OpenFTError, asyncio.CancelledError):
        if by_task:
            task = asyncio.ensure_future(call())
            await asyncio.sleep(after)
            task.cancel()
            await task
        else:
            with anyio.move_on_after(after):
                await call()


def jobs(clients: list[AsyncClient], count: int, seed: int, *, tasks: bool) -> Iterator[Callable[[], Awaitable[None]]]:
    chance = random.Random(seed)
    choices = [call for client in clients for call in calls(client)]
    for _ in range(count):
        after = chance.choice([0.0, chance.uniform(0, LATEST), chance.uniform(0, LATEST), chance.expovariate(500)])
        yield partial(cut_off, chance.choice(choices), after, by_task=tasks and chance.random() < 0.5)


def standing(*, trio_runs: bool) -> tuple[int, int]:
    """Return the number of open files and of tasks."""
    tasks = trio.lowlevel.current_statistics().tasks_living if trio_runs else len(asyncio.all_tasks())
    return len(os.listdir("/proc/self/fd")), tasks  # noqa: PTH208 - names alone


async def storm(urls: list[str], count: int, seed: int, backend: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return what stood before and after so many cancellations."""
    trio_runs = backend == "trio"
    with suppress(OpenFTError):  # what is loaded and opened once
        async with AsyncClient(base_url=urls[0], api_key=KEY, timeout=0.2, max_retries=0) as client:
            await client.models.retrieve("ada")
    await anyio.sleep(0.1)
    before = standing(trio_runs=trio_runs)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(AsyncClient(base_url=url, api_key=KEY, timeout=5)) for url in urls]
        await gather(AT_ONCE, jobs(clients, count, seed, tasks=not trio_runs))
    until = monotonic() + 5
    while (after := standing(trio_runs=trio_runs)) != before and monotonic() < until:  # noqa: ASYNC110 - there is none
        await anyio.sleep(0.05)
    return before, after


def soak(backend: str, count: int, seed: int = 11) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the open files and tasks before and after so many cancellations, on hosts of all kinds."""
    with ExitStack() as stack:
        plain = stack.enter_context(Loopback(Host(seed)))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        unreached = stack.enter_context(full_listener())
        no_handshake = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        urls = [*[plain.url] * 6, no_handshake, unreached]
        return anyio.run(storm, urls, count, seed, backend, backend=backend)


def main() -> None:
    """Print what is left of many cancellations."""
    warnings.simplefilter("error")
    unraisable: list[object] = []
    sys.unraisablehook = unraisable.append
    for backend in ("asyncio", "trio"):
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
        began = monotonic()
        before, after = soak(backend, count)
        gc.collect()
        print(
            f"{backend}: {count} cancellations in {monotonic() - began:.0f} s, files {before[0]} -> {after[0]}, "
            f"tasks {before[1]} -> {after[1]}, {len(unraisable)} complaints"
        )


if __name__ == "__main__":
    main()
