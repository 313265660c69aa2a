"""The embedded server: started at the first request, attached to, and ended by who started it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from _async.support import ROW
from loopback import Loopback, reply
from openft import AsyncClient, LocalServerError, MissingExtra


def server_of(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / "server.json").read_text("utf-8")))


@pytest.mark.embedded
@pytest.mark.anyio
async def test_a_server_is_started_at_the_first_request_and_ends_with_its_client(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with AsyncClient.local(folder) as client:
        assert not folder.exists()
        assert "ada" in [model.id async for model in client.models.list()]
        where = server_of(folder)
        assert where["url"].startswith("http://127.0.0.1:")
        assert (folder / "server.json").stat().st_mode & 0o077 == 0
        file = await client.files.create(file=ROW)
        assert (await client.files.content(file.id)).read() == ROW
        assert where["api_key"] not in repr(client) + repr(vars(client))
    assert not (folder / "server.json").exists()


@pytest.mark.embedded
@pytest.mark.anyio
async def test_a_second_client_attaches_and_leaves_the_server_running(tmp_path: Path) -> None:
    async with AsyncClient.local(tmp_path) as first:
        file = await first.files.create(file=ROW)
        async with AsyncClient.local(tmp_path) as second:
            assert [each.id async for each in second.files.list()] == [file.id]
        assert (await first.files.retrieve(file.id)).id == file.id
    async with AsyncClient.local(tmp_path) as third:
        assert [each.id async for each in third.files.list()] == [file.id]


@pytest.mark.embedded
@pytest.mark.anyio
async def test_a_temporary_folder_goes_with_its_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with AsyncClient.local(temporary=True) as client:
        await client.models.list().load()
        assert [path.name.startswith("openft-") for path in tmp_path.iterdir()] == [True]
        await client.files.create(file=ROW)
    assert list(tmp_path.iterdir()) == []
    async with client:
        assert [file.id async for file in client.files.list()] == []


@pytest.mark.embedded
@pytest.mark.anyio
async def test_a_server_that_was_killed_is_started_again(tmp_path: Path) -> None:
    async with AsyncClient.local(tmp_path) as client:
        file = await client.files.create(file=ROW)
        first = server_of(tmp_path)
        local = client.transport._local
        assert local is not None
        child = local._server._child
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert (await client.files.retrieve(file.id)).id == file.id
        assert server_of(tmp_path)["url"] != first["url"]


@pytest.mark.embedded
@pytest.mark.anyio
async def test_a_port_that_somebody_else_has_by_now_is_not_sent_the_key(tmp_path: Path) -> None:
    with Loopback(lambda _: [reply(200, b"{}")]) as other:
        (tmp_path / "server.json").write_text(json.dumps({"url": other.url, "api_key": "sk-old"}))
        async with AsyncClient.local(tmp_path) as client:
            await client.models.list().load()
            assert server_of(tmp_path)["url"] != other.url
    assert other.asked == ["GET /healthz"]
    assert "authorization" not in other.requests[0].headers


@pytest.mark.anyio
async def test_a_folder_that_cannot_be_used_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    async with AsyncClient.local(tmp_path / "file") as client:
        with pytest.raises(LocalServerError, match=r"cannot use .*pass data_dir= or set OPENFT_DATA_DIR"):
            await client.models.list().load()


@pytest.mark.embedded
@pytest.mark.anyio
async def test_a_server_that_does_not_start_is_one_error_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("words of another time\n")
    (tmp_path / "openft.sqlite").mkdir()
    async with AsyncClient.local(tmp_path) as client:
        with pytest.raises(LocalServerError, match="did not start: ") as caught:
            await client.models.list().load()
    assert "another time" not in str(caught.value)


@pytest.mark.anyio
async def test_a_server_whose_packages_are_missing_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "starlette.py").write_text("raise ModuleNotFoundError(\"No module named 'starlette'\")")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    async with AsyncClient.local(tmp_path / "data") as client:
        with pytest.raises(MissingExtra, match=r"pip install 'openft\[server\]'"):
            await client.models.list().load()


@pytest.mark.anyio
async def test_there_may_be_no_room_for_a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    async with AsyncClient.local(temporary=True) as client:
        with pytest.raises(LocalServerError, match="no room for a temporary folder"):
            await client.models.list().load()


@pytest.mark.embedded
@pytest.mark.anyio
async def test_copies_of_a_local_client_use_its_server(tmp_path: Path) -> None:
    async with AsyncClient.local(tmp_path) as client:
        await client.models.list().load()
        copy = client.with_options(timeout=5)
        assert [model.id async for model in copy.models.list()]
