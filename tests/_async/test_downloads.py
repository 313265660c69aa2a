"""Contents and lists of files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from _async.support import FILE, MODEL, client_of
from loopback import CLOSE, HANG, RESET, Answer, Loopback, Pause, again, refusal, reply
from openft import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    DataError,
    NotFoundError,
    WaitTimeout,
)

CUT: list[Answer] = [
    [b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n12345", CLOSE],
    [b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n12345", Pause(0.1), RESET],
    [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n", CLOSE],
]


@pytest.mark.anyio
async def test_content_is_the_bytes_of_the_file() -> None:
    with Loopback([[reply(200, b"\xef\xbb\xbfstep\n\xff")]]) as server:
        async with client_of(server) as client:
            content = await client.files.content("file-1")
    assert content.read() == content.content == b"\xef\xbb\xbfstep\n\xff"
    assert content.text == "step\n\ufffd"
    assert server.asked == ["GET /files/file-1/content"]
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert server.requests[0].headers["accept"] == "*/*"


@pytest.mark.anyio
@pytest.mark.parametrize("answer", CUT, ids=["fin", "reset", "chunked"])
async def test_content_that_was_cut_off_is_an_error(answer: Answer) -> None:
    with Loopback([answer]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIConnectionError, match="the answer was cut off"):
                await client.files.content("file-1")


@pytest.mark.anyio
async def test_content_is_asked_for_again_before_it_begins() -> None:
    with Loopback([[again(503)], [RESET], [reply(200, b"x")]]) as server:
        async with client_of(server) as client:
            assert (await client.files.content("file-1")).text == "x"


@pytest.mark.anyio
async def test_content_that_is_compressed_unasked_is_refused() -> None:
    with Loopback([[reply(200, b"x", content_encoding="gzip")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="is compressed, which was not asked for"):
                await client.files.content("file-1")


@pytest.mark.anyio
async def test_content_of_no_file_is_the_servers_error() -> None:
    with Loopback([[refusal(404, "no such file")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError, match="no such file"):
                await client.files.content("file-1")


@pytest.mark.anyio
async def test_a_download_is_written_to_its_path(tmp_path: Path) -> None:
    target = tmp_path / "results.csv"
    target.write_text("old")
    data = bytes(range(256)) * 2000
    with Loopback([[reply(200, data)]]) as server:
        async with client_of(server) as client:
            assert await client.files.download("file-1", str(target)) == target
    assert target.read_bytes() == data
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [*CUT, [refusal(404)]], ids=["fin", "reset", "chunked", "404"])
async def test_a_download_that_was_cut_off_leaves_nothing_behind(answer: Answer, tmp_path: Path) -> None:
    target = tmp_path / "results.csv"
    target.write_text("old")
    with Loopback([answer]) as server:
        async with client_of(server) as client:
            with pytest.raises((APIConnectionError, NotFoundError)):
                await client.files.download("file-1", target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["missing/results.csv", "a\0b", "\ud800"], ids=ascii)
async def test_a_download_to_where_nothing_can_be_written_is_an_error_of_the_file(name: str, tmp_path: Path) -> None:
    with Loopback([[reply(200, b"x")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="cannot be written") as caught:
                await client.files.download("file-1", tmp_path / name)
    assert caught.value.file == str(tmp_path / name)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.anyio
@pytest.mark.parametrize("to", [".", "", "/", "..", "folder"])
async def test_a_download_to_a_folder_asks_for_the_files_name(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="is a folder; name the file to write") as caught:
                await client.files.download("file-1", to)
    assert (caught.value.file, server.connections) == (str(Path(to)), 0)
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


@pytest.mark.anyio
async def test_a_pipe_or_a_device_is_not_replaced_by_a_download(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with Loopback([[reply(200, b"content")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="is a device or pipe; name the file to write"):
                await client.files.download("file-1", tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.anyio
async def test_a_download_may_take_longer_than_the_timeout_while_it_moves(tmp_path: Path) -> None:
    drip = [piece for _ in range(6) for piece in (Pause(0.2), b"x" * 100)]
    with Loopback([[b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n", *drip]]) as server:
        async with client_of(server, timeout=0.7) as client:
            await client.files.download("file-1", tmp_path / "x")
    assert (tmp_path / "x").stat().st_size == 600


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["content", "download"])
async def test_a_file_that_crawls_is_given_up(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._core.progress.WINDOW", 0.3)
    drip = [piece for _ in range(60) for piece in (Pause(0.1), b"x" * 100)]
    with Loopback([[b"HTTP/1.1 200 OK\r\ncontent-length: 6000\r\n\r\n", *drip]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APITimeoutError, match=r"only \d+ bytes came"):
                await (client.files.content("x") if kind == "content" else client.files.download("x", tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.anyio
async def test_a_download_that_stops_is_given_up(tmp_path: Path) -> None:
    with Loopback([[b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\nx", HANG]]) as server:
        async with client_of(server, timeout=0.5) as client:
            with pytest.raises(APITimeoutError, match="stopped sending"):
                await client.files.download("file-1", tmp_path / "x")
            assert server.left.acquire(timeout=5)
    assert list(tmp_path.iterdir()) == []


# Lists


def page(*ids: str, **fields: Any) -> bytes:
    return reply(200, {"object": "list", "data": [{**FILE, "id": id} for id in ids], **fields})


@pytest.mark.anyio
async def test_a_list_without_pages_is_asked_for_once() -> None:
    with Loopback([[page("a", "b")]]) as server:
        async with client_of(server) as client:
            assert [file.id async for file in client.files.list()] == ["a", "b"]
    assert server.asked == ["GET /files"]


@pytest.mark.anyio
async def test_a_list_goes_from_page_to_page() -> None:
    with Loopback([[page("a", "b", has_more=True)], [page("c", has_more=True)], [page("d", has_more=False)]]) as server:
        async with client_of(server) as client:
            files = client.files.list(limit=2, purpose="fine-tune", order="asc", after="z")
            assert [file.id async for file in files] == ["a", "b", "c", "d"]
    tails = [target.partition("?")[2] for target in server.asked]
    assert tails[0] == "after=z&limit=2&order=asc&purpose=fine-tune"
    assert tails[2] == "after=c&limit=2&order=asc&purpose=fine-tune"


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [page(), page(has_more=True)], ids=["plain", "paged"])
async def test_an_empty_list_has_no_items(answer: bytes) -> None:
    with Loopback([[answer]]) as server:
        async with client_of(server) as client:
            assert [file.id async for file in client.files.list()] == []


@pytest.mark.anyio
async def test_a_list_may_be_looked_at_and_iterated_twice() -> None:
    answer = reply(200, {"object": "list", "data": [MODEL], "has_more": False})
    with Loopback([[answer]]) as server:
        async with client_of(server) as client:
            models = client.models.list()
            await models.load()
            assert ([model.id for model in models.data], models.has_more) == (["ada"], False)
            assert "1 item on the first page" in repr(models)
            items = models.__aiter__()
            assert [model.id async for model in items] == [model.id async for model in models] == ["ada"]
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_a_server_that_sends_the_same_page_for_ever_is_not_asked_for_ever() -> None:
    with Loopback(lambda _: [page("a", has_more=True)]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError, match="ignores 'after'"):
                async for _ in client.files.list():
                    pass
    assert len(server.requests) == 2


@pytest.mark.anyio
async def test_a_lost_page_is_asked_for_again() -> None:
    with Loopback([[page("a", has_more=True)], [RESET], [page("b")]]) as server:
        async with client_of(server) as client:
            assert [file.id async for file in client.files.list()] == ["a", "b"]


# Waiting for a file


@pytest.mark.anyio
@pytest.mark.parametrize("last", ["processed", "error", "deleted", None])
async def test_a_file_is_waited_for_until_it_is_processed(last: str | None) -> None:
    with Loopback([[reply(200, {**FILE, "status": status})] for status in ("uploaded", "pending", last)]) as server:
        async with client_of(server) as client:
            assert (await client.files.wait_for_processing("file-1", poll_interval=0.01)).status == last


@pytest.mark.anyio
async def test_a_file_is_not_waited_for_longer_than_asked() -> None:
    with Loopback(lambda _: [reply(200, {**FILE, "status": "uploaded"})]) as server:
        async with client_of(server) as client:
            with pytest.raises(WaitTimeout, match=r"file file-1 is still uploaded after 0\.2 s"):
                await client.files.wait_for_processing("file-1", poll_interval=0.05, max_wait_seconds=0.2)
    assert 2 <= len(server.requests) <= 5


@pytest.mark.anyio
async def test_files_and_models_are_retrieved_and_deleted() -> None:
    answers = [FILE, {"id": "file-1", "deleted": True}, {"id": "ada", "deleted": True}]
    with Loopback([[reply(200, answer)] for answer in answers]) as server:
        async with client_of(server) as client:
            assert (await client.files.retrieve("file-1")).filename == "train.jsonl"
            assert (await client.files.delete("file-1")).deleted
            assert (await client.models.delete("ada")).id == "ada"
    assert server.asked == ["GET /files/file-1", "DELETE /files/file-1", "DELETE /models/ada"]


@pytest.mark.anyio
async def test_a_download_shows_each_piece_to_who_watches(tmp_path: Path) -> None:
    data = bytes(range(256)) * 2000
    seen: list[bytes] = []
    with Loopback([[reply(200, data)]]) as server:
        async with client_of(server) as client:
            target = await client.files.download("file-1", tmp_path / "copy", watch=seen.append)
    assert b"".join(seen) == target.read_bytes() == data


@pytest.mark.anyio
async def test_who_watches_a_download_can_end_it(tmp_path: Path) -> None:
    def enough(_: bytes) -> None:
        raise RuntimeError("enough")

    with Loopback([[reply(200, b"x" * 1000)], [reply(200, b"y")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(RuntimeError, match="enough"):
                await client.files.download("file-1", tmp_path / "copy", watch=enough)
            assert not list(tmp_path.iterdir())
            assert (await client.files.content("file-2")).text == "y"
