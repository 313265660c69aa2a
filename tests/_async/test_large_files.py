"""files.create: what goes in parts, what as a whole, and when it is to be removed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from _async.support import FILE, ROW, client_of
from loopback import CLOSE, RESET, Answer, Loopback, Received, refusal, reply
from openft import APIConnectionError, APIResponseValidationError, AsyncClient, ConfigError, WaitTimeout
from openft.config import Clock
from openft.types import File
from uploading import Host

DATA = ROW * 1000
WHEN: Any = {"anchor": "created_at", "seconds": 3600}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._async.files.LARGE", len(DATA))
    monkeypatch.setattr("openft._core.parts.PART_SIZE", 10_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(DATA)
    return path


async def created(server: Loopback, file: Any, **options: Any) -> File:
    async with client_of(server) as client:
        return await client.files.create(file=file, **options)


def names_in(request: Received) -> list[tuple[str, str]]:
    """Return name and beginning of each field of a form."""
    found = re.findall(r'name="([^"]*)".*?\r\n\r\n(.{0,10})', request.body.decode("latin-1"), re.DOTALL)
    return [(name, value.partition("\r")[0]) for name, value in found]


# In parts


@pytest.mark.anyio
async def test_a_large_file_goes_in_parts(file: Path) -> None:
    host = Host()
    with Loopback(host, whole=True) as server:
        made = await created(server, file)
    assert (made.id, host.content, len(host.parts)) == ("file-1", DATA, -(-len(DATA) // 10_000))
    told = {"bytes": len(DATA), "filename": "train.jsonl", "mime_type": "text/jsonl", "purpose": "fine-tune"}
    assert server.requests[0].json() == told


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.JSONL", "text/jsonl"), ("a.csv", "text/csv"), ("a", "application/octet-stream"), ("a.pdf", "application/pdf")],
)
async def test_the_type_goes_by_the_name(name: str, kind: str) -> None:
    with Loopback(Host(), whole=True) as server:
        await created(server, (name, DATA), purpose="batch", expires_after=WHEN, extra_body={"x": 1})
    asked = server.requests[0].json()
    assert (asked["mime_type"], asked["expires_after"], asked["x"]) == (kind, WHEN, 1)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "told"), [("", "file"), ("\udcff.jsonl", "?.jsonl"), ('감정\r\n".jsonl', '감정\r\n".jsonl')], ids=ascii
)
async def test_a_hostile_name_is_one_that_json_can_have(name: str, told: str) -> None:
    host = Host()
    with Loopback(host, whole=True) as server:
        assert (await created(server, (name, DATA), purpose="batch")).filename == told
    assert host.content == DATA


@pytest.mark.anyio
async def test_a_large_file_can_be_gone_on_with(file: Path, tmp_path: Path) -> None:
    host = Host(faults={2: [CLOSE], 3: [CLOSE], 4: [CLOSE], 5: [CLOSE], 6: [CLOSE], 7: [CLOSE], 8: [CLOSE]})
    state = tmp_path / "state"
    with Loopback(host, whole=True) as server:
        with pytest.raises(APIConnectionError, match="call again with resume="):
            await created(server, file, resume=state)
        assert state.exists()
        host.faults.clear()
        assert (await created(server, file, resume=state)).id == "file-1"
    assert (host.content, len(host.uploads), state.exists()) == (DATA, 1, False)


@pytest.mark.anyio
async def test_nothing_is_kept_where_nobody_asked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with Loopback(Host(faults={0: [RESET]}), whole=True) as server:
        await created(server, file)
    assert [path.name for path in file.parent.iterdir()] == ["train.jsonl"]


@pytest.mark.anyio
async def test_a_completed_upload_without_a_file_is_no_answer(file: Path) -> None:
    host = Host(completions=[(False, [reply(200, {"id": "upload_1", "status": "completed"})])])
    with Loopback(host, whole=True) as server, pytest.raises(APIResponseValidationError, match="has no file"):
        await created(server, file)


@pytest.mark.anyio
async def test_the_error_of_parts_can_be_reconciled(file: Path) -> None:
    host = Host(faults={key: [CLOSE] for key in range(20)})
    with Loopback(host, whole=True) as server:
        async with client_of(server) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.files.create(file=file)
            assert await client.reconcile(caught.value) is None
    assert any(asked.startswith("GET /files?") for asked in server.asked)  # parts under way may come in behind it


# As a whole


@pytest.mark.anyio
@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_host_without_uploads_gets_the_file_as_a_whole(status: int, file: Path) -> None:
    with Loopback([[refusal(status)], [reply(200, FILE)]]) as server:
        assert (await created(server, file, resume="state", idempotency_key="k", max_retries=0)).id == "file-1"
    assert server.asked == ["POST /uploads", "POST /files"]
    assert DATA in server.requests[1].body


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("file", "purpose"),
    [
        (DATA[1:], "batch"),
        (DATA, "evals"),
        ([{"prompt": "a ->", "completion": " b"}] * 2000, "batch"),
    ],
    ids=["small", "no purpose of uploads", "of unknown size"],
)
async def test_what_cannot_go_in_parts_goes_as_a_whole(file: Any, purpose: str) -> None:
    with Loopback([[reply(200, FILE)]]) as server:
        await created(server, file, purpose=purpose)
    assert server.asked == ["POST /files"]


@pytest.mark.anyio
async def test_a_file_is_removed_when_it_was_said() -> None:
    with Loopback([[reply(200, {**FILE, "expires_at": 3601})]]) as server:
        assert (await created(server, ROW, expires_after=WHEN)).expires_at == 3601
    assert names_in(server.requests[0]) == [
        ("purpose", "fine-tune"),
        ("expires_after[anchor]", "created_at"),
        ("expires_after[seconds]", "3600"),
        ("file", ROW[:10].decode()),
    ]


# Waiting for a file


def clocked(client: AsyncClient, clock: Clock) -> AsyncClient:
    """Return the client with another clock."""
    client._settings = client._settings._replace(clock=clock)
    return client


@pytest.mark.anyio
async def test_waiting_for_a_file_goes_by_the_clients_clock() -> None:
    now = [0.0]
    clock = Clock(lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    pending = [reply(200, {**FILE, "status": "uploaded"})]
    with Loopback([pending, pending, pending, [reply(200, FILE)]]) as server:
        async with clocked(client_of(server), clock) as client:
            assert (await client.files.wait_for_processing("file-1", poll_interval=500)).status == "processed"
    assert now == [1500.0]


@pytest.mark.anyio
async def test_waiting_for_a_file_ends_by_the_clients_clock() -> None:
    now = [0.0]
    clock = Clock(lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    pending: Callable[[Received], Answer] = lambda _: [reply(200, {**FILE, "status": "uploaded"})]  # noqa: E731
    with Loopback(pending) as server:
        async with clocked(client_of(server), clock) as client:
            with pytest.raises(WaitTimeout, match="still uploaded after 1800 s"):
                await client.files.wait_for_processing("file-1", poll_interval=600)
    assert now == [1800.0]


@pytest.mark.anyio
async def test_there_is_a_pause_between_two_looks_at_a_file() -> None:
    now, pauses = [0.0], list[float]()
    pending = [reply(200, {**FILE, "status": "uploaded"})]
    with Loopback([pending, [reply(200, FILE)]]) as server:
        async with clocked(client_of(server), Clock(lambda: now[0], pauses.append)) as client:
            await client.files.wait_for_processing("file-1", poll_interval=0)
    assert pauses == [0.01]


@pytest.mark.anyio
@pytest.mark.parametrize("wrong", [{"poll_interval": -1}, {"poll_interval": math.inf}, {"max_wait_seconds": -1}])
async def test_times_for_a_file_that_make_no_sense_are_told(wrong: dict[str, Any]) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match=f"{next(iter(wrong))} must be a number of seconds"):
                await client.files.wait_for_processing("file-1", **wrong)
