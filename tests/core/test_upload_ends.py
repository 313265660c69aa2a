"""Uploads in parts that are ended from outside: killed, cancelled, interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import pytest

from loopback import HANG, KEY, Loopback, Pause, refusal
from openft import AsyncClient, BadRequestError, Client
from uploading import Host

DATA = os.urandom(1_300_000)
TOLD: dict[str, Any] = {"mime_type": "text/jsonl", "purpose": "fine-tune", "part_size": 100_000}


@contextmanager
def stopped_after(host: Host, count: int) -> Generator[Loopback]:
    """Give a server that answers that many parts, and no further one."""
    host.faults = {number: [HANG] for number in range(count, count + 4)}
    with Loopback(host, whole=True) as server:
        yield server


def arrived(host: Host, count: int) -> None:
    with host.changed:
        assert host.changed.wait_for(lambda: len(host.parts) == count, 20)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(DATA)
    return path


def go_on(host: Host, server: Loopback, file: Path, state: Path) -> int:
    """Send the rest with a new client, and return how many parts that were."""
    host.faults, there = {}, len(host.parts)
    with Client(base_url=server.url, api_key=KEY) as client:
        done = client.uploads.upload_file_chunked(file=file, resume=state, **TOLD)
    assert (done.id, host.content, state.exists()) == ("upload_1", DATA, False)
    return len(host.parts) - there


CHILD = """
import sys, openft
from pathlib import Path
client = openft.Client(base_url=sys.argv[1], api_key=sys.argv[2])
client.uploads.upload_file_chunked(
    file=Path(sys.argv[3]), resume=sys.argv[4], mime_type="text/jsonl", purpose="fine-tune", part_size=100_000
)
"""


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_new_process_goes_on_where_one_was_ended(blow: signal.Signals, file: Path, tmp_path: Path) -> None:
    host, state = Host(), tmp_path / "state"
    with stopped_after(host, 6) as server:
        command = [sys.executable, "-c", CHILD, server.url, KEY, str(file), str(state)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as child:
            try:
                arrived(host, 10)
                child.send_signal(blow)
                assert child.wait(20) != 0
            finally:
                child.kill()
        assert go_on(host, server, file, state) == 7
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["train.jsonl"]


def test_ctrl_c_leaves_an_upload_that_can_be_gone_on_with(file: Path, tmp_path: Path) -> None:
    host, state = Host(), tmp_path / "state"

    def interrupt() -> None:
        arrived(host, 10)
        os.kill(os.getpid(), signal.SIGINT)

    with stopped_after(host, 6) as server:
        Thread(target=interrupt).start()
        with Client(base_url=server.url, api_key=KEY) as client, pytest.raises(KeyboardInterrupt):
            client.uploads.upload_file_chunked(file=file, resume=state, **TOLD)
        assert go_on(host, server, file, state) == 7


def test_a_failure_ends_the_hashing_of_other_parts(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._runtime.sections.STEP", 4)
    host = Host(faults={1: [Pause(0.2), refusal(400, "no")]})
    with Loopback(host, whole=True) as server, Client(base_url=server.url, api_key=KEY) as client:
        with pytest.raises(BadRequestError, match=r"^no$"):
            client.uploads.upload_file_chunked(file=file, parallel=2, **{**TOLD, "part_size": 650_000})
        assert "openft job" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.anyio
async def test_a_cancelled_upload_leaves_its_connections_and_can_be_gone_on_with(file: Path, tmp_path: Path) -> None:
    host, state = Host(), tmp_path / "state"
    with stopped_after(host, 6) as server:
        async with AsyncClient(base_url=server.url, api_key=KEY) as client, anyio.create_task_group() as group:

            async def upload() -> None:
                await client.uploads.upload_file_chunked(file=file, resume=state, **TOLD)

            group.start_soon(upload)
            await anyio.to_thread.run_sync(arrived, host, 10)
            group.cancel_scope.cancel()
        for _ in range(4):
            assert server.left.acquire(timeout=10)
        assert await anyio.to_thread.run_sync(go_on, host, server, file, state) == 7
