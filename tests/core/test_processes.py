"""One client in many threads, on many event loops, and in many processes."""

from __future__ import annotations

import asyncio
import fcntl
import json
import multiprocessing
import os
import signal
import socket
import ssl
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread, Timer, main_thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpcore
import pytest
import trio

from loopback import CLOSE, HANG, KEY, Loopback, Pause, event, full_listener, reply, stream
from openft import APIConnectionError, AsyncClient, Client, LocalServerError
from openft._runtime import clipped, tls
from openft._runtime import embedded as embedded_module
from openft._runtime.embedded import Embedded, attach
from openft.config import Address

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
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.models.retrieve, "ada")
                assert await anyio.to_thread.run_sync(lambda: server.heard.acquire(timeout=5))
                tasks.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(lambda: server.left.acquire(timeout=5))

    with Loopback([[HANG], [MODEL]]) as server:
        anyio.run(main, backend=backend)
    assert len(server.requests) == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_leaves_a_followed_job_and_its_connection(backend: str) -> None:
    async def main() -> None:
        async with AsyncClient(base_url=server.url, api_key=KEY) as client:
            async with anyio.create_task_group() as tasks, client.fine_tunes.follow("ft-1") as events:
                await anext(events)
                tasks.start_soon(anext, events)
                await anyio.wait_all_tasks_blocked()
                tasks.cancel_scope.cancel()
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


@pytest.mark.embedded
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


@pytest.mark.embedded
def test_two_processes_that_start_together_share_one_server(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(3)]
    counts = {int(process.stdout.readline()) for process in processes if process.stdout}
    assert len(counts) == 1
    for process in processes:
        end(process)
    assert not (tmp_path / "server.json").exists()


@pytest.mark.embedded
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


def interrupt_until(heard: Event) -> None:
    """Interrupt the main thread; again after a while, since Python drops an interruption that meets a finalizer."""
    pause = 0.3
    while not heard.wait(pause):
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
        pause = 5.0


def test_an_interruption_stops_the_watching_and_closes_the_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n"
    with Loopback([[head, HANG]]) as server, Client(base_url=server.url, api_key=KEY) as client:
        events = client.fine_tunes.follow("ft-1")
        next(events)
        heard = Event()
        Thread(target=interrupt_until, args=(heard,)).start()
        with pytest.raises(KeyboardInterrupt):
            next(events)
        heard.set()
        assert server.left.acquire(timeout=5)
    assert len(server.requests) == 1


@pytest.mark.embedded
def test_a_server_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._runtime.embedded.STOP", 0.3)
    embedded = Embedded(tmp_path, temporary=False)
    embedded.start()
    child = embedded._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    embedded.stop()
    assert child.returncode == -signal.SIGKILL


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._runtime.embedded.START", 0.0)
    (tmp_path / "server.log").write_text("words of another time\n")
    with pytest.raises(LocalServerError, match="did not start: it said nothing"):
        Embedded(tmp_path, temporary=False).start()


def test_a_python_that_cannot_be_run_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    with pytest.raises(LocalServerError, match="the embedded server cannot be started"):
        Embedded(tmp_path, temporary=False).start()


@pytest.mark.embedded
def test_a_server_that_another_process_is_just_starting_is_waited_for(tmp_path: Path) -> None:
    def announce() -> None:
        told = {"url": other.url, "instance": "i-1", "api_key": "sk-theirs"}
        (tmp_path / "server.json").write_text(json.dumps(told))

    with Loopback(lambda _: [reply(200, {"instance": "i-1"})]) as other, (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Timer(2, announce).start()
        embedded = Embedded(tmp_path, temporary=False)
        where = embedded.start()
        assert (where.base_url, where.api_key) == (other.url, "sk-theirs")
        assert embedded.start() is where
        embedded.stop()


@pytest.mark.embedded
def test_a_folder_is_taken_over_from_a_server_that_is_stopping(tmp_path: Path) -> None:
    lock = (tmp_path / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    Timer(3, lock.close).start()
    embedded = Embedded(tmp_path, temporary=False)
    where = embedded.start()
    assert json.loads((tmp_path / "server.json").read_text())["url"] == where.base_url
    embedded.stop()


@pytest.mark.embedded
def test_a_folder_that_another_server_keeps_to_itself_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_module, "TAKEOVER", 0.0)
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LocalServerError, match="another server is using"):
            Embedded(tmp_path, temporary=False).start()


def test_another_server_on_the_port_of_a_killed_one_is_not_taken_for_it(tmp_path: Path) -> None:
    with Loopback([[reply(200, {"instance": "i-2"}, openft_version="1")]]) as other:
        (tmp_path / "server.json").write_text(
            json.dumps({"url": other.url, "instance": "i-1", "api_key": "sk-of-the-killed-one"})
        )
        assert attach(tmp_path) is None
    assert "sk-of-the-killed-one" not in str(other.requests[0].headers)


@pytest.mark.embedded
def test_a_temporary_folder_goes_with_a_program_that_does_not_close_its_client() -> None:
    code = "import openft; c = openft.Client.local(temporary=True); c.models.list().data; print(c._local._server._made)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip()
    assert not Path(done.stdout.strip()).exists()


def asks_again(embedded: Embedded) -> None:
    embedded.known = Address("http://127.0.0.1:9/v1", "sk-x", is_openai=False)
    embedded.start()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_forked_while_the_server_starts_does_not_wait_for_ever(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path, temporary=False)
    with embedded._lock:
        process = multiprocessing.get_context("fork").Process(target=asks_again, args=(embedded,))
        process.start()
        process.join(10)
        assert process.exitcode == 0


def stop(embedded: Embedded) -> None:
    embedded.stop()


@pytest.mark.embedded
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_does_not_stop_its_parents_server(tmp_path: Path) -> None:
    embedded = Embedded(tmp_path, temporary=False)
    embedded.start()
    process = multiprocessing.get_context("fork").Process(target=stop, args=(embedded,))
    process.start()
    process.join(10)
    assert process.exitcode == 0
    embedded._pid, own = -1, embedded._pid  # the same, where coverage sees it
    embedded.stop()
    assert attach(tmp_path) is not None
    embedded._pid = own
    embedded.stop()
    assert attach(tmp_path) is None


@pytest.mark.embedded
def test_a_lost_server_on_a_temporary_folder_is_found_there_again() -> None:
    embedded = Embedded(None, temporary=True)
    first = embedded.start()
    embedded.known = None
    assert embedded.start().base_url == first.base_url
    folder = embedded._made
    embedded.stop()
    assert folder is not None
    assert not folder.exists()


@pytest.mark.parametrize(
    "told", ["", "[]", "5", "{}", '{"url": "http://127.0.0.1:1/v1"}', '{"url": "nonsense", "api_key": "x"}']
)
def test_a_note_of_a_server_that_makes_no_sense_is_passed_over(told: str, tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(told)
    assert attach(tmp_path) is None


def test_a_port_that_speaks_no_http_is_no_server(tmp_path: Path) -> None:
    with Loopback([[b"SSH-2.0-x\r\n", CLOSE]]) as other:
        (tmp_path / "server.json").write_text(json.dumps({"url": other.url, "api_key": "sk-x"}))
        assert attach(tmp_path) is None


def test_a_verifying_context_is_made_once() -> None:
    first = tls.context("https://api.example/v1", None)
    assert first is tls.context("http://api.example/v1", "https://proxy.example")
    assert first is not None
    assert first.verify_mode is ssl.CERT_REQUIRED
    assert tls.context("http://api.example/v1", None) is None


def known_as(monkeypatch: pytest.MonkeyPatch, name: str, addresses: list[str]) -> None:
    """Give a name these addresses, as a resolver would."""
    asked = socket.getaddrinfo

    def answer(host: str, port: int, *more: Any, **options: Any) -> Any:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]
        return found if host == name else asked(host, port, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_the_time_for_connecting_is_for_all_addresses_of_a_host_together(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as full, socket.socket() as first:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first.connect(full.getsockname())  # takes the only place: who comes now is left without an answer
        known_as(monkeypatch, "many.example", ["127.0.0.1"] * 4)
        began = monotonic()
        with pytest.raises(httpcore.ConnectTimeout):
            clipped.Backend().connect_tcp("many.example", full.getsockname()[1], timeout=0.5)
        assert monotonic() - began < 1.5


def test_the_next_address_is_tried_where_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        known_as(monkeypatch, "two.example", ["127.0.0.1", "127.0.0.2"])
        clipped.Backend().connect_tcp("two.example", listener.getsockname()[1]).close()


def test_the_next_address_is_tried_where_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with full_listener() as url, socket.create_server(("127.0.0.2", urlsplit(url).port or 0)) as listener:
        known_as(monkeypatch, "two.example", ["127.0.0.1", "127.0.0.2"])
        clipped.Backend().connect_tcp("two.example", listener.getsockname()[1], timeout=2).close()
        with clipped.clip(1):
            clipped.Backend().connect_tcp("two.example", listener.getsockname()[1]).close()


def test_no_address_is_tried_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        known_as(monkeypatch, "one.example", ["127.0.0.2"])
        with clipped.clip(0), pytest.raises(httpcore.ConnectTimeout, match="no address answered in time"):
            clipped.Backend().connect_tcp("one.example", listener.getsockname()[1])


def test_a_host_without_addresses_cannot_be_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, "none.example", [])
    with pytest.raises(httpcore.ConnectError, match="has no address"):
        clipped.Backend().connect_tcp("none.example", 80)


def test_a_watcher_ends_when_another_thread_leaves() -> None:
    running = [reply(200, {"id": "ft-1", "status": "running"})]
    with (
        Loopback([[stream(event({"message": "one"})), HANG], running]) as server,
        Client(base_url=server.url, api_key=KEY, timeout=2) as client,
    ):
        follow = client.fine_tunes.follow("ft-1")
        assert next(follow).message == "one"
        Timer(0.3, follow.close).start()
        began = monotonic()
        assert list(follow) == []
        assert monotonic() - began < 10


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_watcher_ends_when_another_task_leaves(backend: str) -> None:
    running = [reply(200, {"id": "ft-1", "status": "running"})]

    async def watch(server: Loopback) -> None:
        async with AsyncClient(base_url=server.url, api_key=KEY, timeout=2) as client:
            follow = client.fine_tunes.follow("ft-1")
            assert (await anext(follow)).message == "one"

            async def leave() -> None:
                await anyio.sleep(0.3)
                await follow.aclose()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(leave)
                assert [event async for event in follow] == []

    with Loopback([[stream(event({"message": "one"})), HANG], running]) as server:
        began = monotonic()
        anyio.run(watch, server, backend=backend)
        assert monotonic() - began < 10
