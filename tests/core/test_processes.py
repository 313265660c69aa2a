"""One client in many threads, on many event loops, and in many processes."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import anyio
import pytest
import trio

from loopback import HANG, KEY, Loopback, Pause, reply
from openft import APIConnectionError, APITimeoutError, AsyncClient, Client

MODEL = reply(200, {"id": "ada", "object": "model"})


def test_one_client_serves_many_threads() -> None:
    with (
        Loopback(lambda _: [Pause(0.02), MODEL]) as server,
        Client(base_url=server.url, api_key=KEY) as client,
        ThreadPoolExecutor(16) as threads,
    ):
        names = list(threads.map(lambda _: client.models.retrieve("ada").id, range(64)))
    assert names == ["ada"] * 64
    assert 2 <= server.connections <= 16


def test_threads_that_begin_together_share_one_pool() -> None:
    with Loopback(lambda _: [Pause(0.02), MODEL]) as server:
        for _ in range(20):
            with Client(base_url=server.url, api_key=KEY) as client, ThreadPoolExecutor(4) as threads:
                list(threads.map(lambda _: client.models.retrieve("ada"), range(4)))


def test_one_client_serves_many_tasks() -> None:
    async def main() -> None:
        async with AsyncClient(base_url=server.url, api_key=KEY) as client, anyio.create_task_group() as tasks:
            for _ in range(32):
                tasks.start_soon(client.models.retrieve, "ada")

    with Loopback(lambda _: [Pause(0.02), MODEL]) as server:
        for backend in ("asyncio", "trio"):
            anyio.run(main, backend=backend)
    assert len(server.requests) == 64


def test_one_client_serves_one_event_loop_after_the_other() -> None:
    async def once() -> str:
        try:
            return (await client.models.retrieve("ada")).id
        finally:
            await client.aclose()

    with Loopback(lambda _: [MODEL]) as server:
        client = AsyncClient(base_url=server.url, api_key=KEY)
        assert [asyncio.run(once()), trio.run(once), asyncio.run(once())] == ["ada"] * 3
        with ThreadPoolExecutor(3) as threads:
            assert list(threads.map(lambda _: asyncio.run(once()), range(3))) == ["ada"] * 3


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_call_gives_its_connection_back(backend: str) -> None:
    async def main() -> None:
        async with AsyncClient(base_url=server.url, api_key=KEY) as client:
            with anyio.move_on_after(0.2) as scope:
                await client.models.retrieve("ada")
            assert scope.cancelled_caught
            assert await anyio.to_thread.run_sync(lambda: server.left.acquire(timeout=5))

    with Loopback([[HANG], [MODEL]]) as server:
        anyio.run(main, backend=backend)
    assert len(server.requests) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_leaves_a_followed_job_and_its_connection(backend: str) -> None:
    async def main() -> None:
        async with AsyncClient(base_url=server.url, api_key=KEY) as client:
            with anyio.move_on_after(0.2):
                async with client.fine_tunes.follow("ft-1") as events:
                    async for _ in events:
                        pass
            assert await anyio.to_thread.run_sync(lambda: server.left.acquire(timeout=5))

    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n"
    with Loopback([[head, HANG]]) as server:
        anyio.run(main, backend=backend)


def child(client: Client, answers: Any) -> None:
    warnings.simplefilter("error")
    answers.put([client.models.retrieve("ada").id for _ in range(3)])
    client.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_client_survives_a_fork() -> None:
    forked = multiprocessing.get_context("fork")
    answers = forked.SimpleQueue()
    with Loopback(lambda _: [MODEL]) as server, Client(base_url=server.url, api_key=KEY) as client:
        client.models.retrieve("ada")
        process = forked.Process(target=child, args=(client, answers))
        process.start()
        assert answers.get() == ["ada"] * 3
        process.join(10)
        assert process.exitcode == 0
        client.models.retrieve("ada")
    assert [request.connection for request in server.requests] == [0, 1, 1, 1, 0]


# Connections that do not come up


def full() -> tuple[Any, list[Any]]:
    """Return a listener that takes no more connections, and those that wait in its queue."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = []
    for _ in range(4):
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(listener.getsockname())
    sleep(0.1)
    return listener, waiting


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse where Linux lets wait")
@pytest.mark.parametrize("kind", ["threads", "asyncio", "trio"])
def test_a_connection_that_does_not_come_up_is_given_up(kind: str) -> None:
    listener, waiting = full()
    options: dict[str, Any] = {"base_url": f"http://127.0.0.1:{listener.getsockname()[1]}/v1", "api_key": KEY}

    async def on_a_loop() -> None:
        async with AsyncClient(**options, timeout=0.5, max_retries=0) as client:
            await client.models.retrieve("ada")

    def in_a_thread() -> None:
        with Client(**options, timeout=0.5, max_retries=0) as client:
            client.models.retrieve("ada")

    began = monotonic()
    try:
        with pytest.raises(APITimeoutError):
            in_a_thread() if kind == "threads" else anyio.run(on_a_loop, backend=kind)
    finally:
        for each in (listener, *waiting):
            each.close()
    assert monotonic() - began < 3


# Processes around an embedded server


LOCAL = """
import sys, openft
client = openft.Client.local(sys.argv[1])
print(sum(1 for _ in client.models.list()), flush=True)
sys.stdin.readline()
client.close()
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", LOCAL, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def end(process: subprocess.Popen[bytes]) -> bytes:
    _, complaints = process.communicate(b"\n", timeout=20)
    assert process.returncode == 0, complaints
    return complaints


def gone(pid: int) -> bool:
    until = monotonic() + 10
    while monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        sleep(0.05)
    return False


def servers_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_server_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout is not None
    assert int(process.stdout.readline()) > 0
    servers = servers_of(process.pid)
    assert len(servers) == 1
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    assert gone(servers[0])


def test_two_processes_that_start_together_share_one_server(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(3)]
    counts = {int(process.stdout.readline()) for process in processes if process.stdout}
    assert len(counts) == 1
    for process in processes:
        end(process)
    assert not (tmp_path / "server.json").exists()


def test_a_server_in_a_process_session_of_its_own_is_not_interrupted(tmp_path: Path) -> None:
    with Client.local(tmp_path) as client:
        client.models.list().load()
        told = json.loads((tmp_path / "server.json").read_text("utf-8"))
        local = client.transport._local
        assert local is not None
        started = local._server._child
        assert started is not None
        assert os.getsid(started.pid) != os.getsid(0)
    assert started.returncode == 0
    with pytest.raises(APIConnectionError):
        Client(base_url=told["url"], api_key=told["api_key"], max_retries=0).models.list().load()
