"""Large files in parts: what is sent, how much of it at a time, and what is repeated."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from _async.support import client_of
from loopback import CLOSE, HANG, RESET, Loopback, again, refusal, reply
from openft import APIConnectionError, APIStatusError, BadRequestError, ConfigError, Unsupported
from openft.types import Upload
from uploading import BEGAN, Host, content_of

DATA = os.urandom(1_300_000)
PART = 100_000
"""Thirteen of them."""
TOLD: dict[str, Any] = {"mime_type": "text/jsonl", "purpose": "fine-tune"}


class PipeLike(io.BytesIO):
    """Something that is read only once."""

    def seekable(self) -> bool:
        return False


class Slow(io.BytesIO):
    """Something in which another thread has time to seek before this one reads."""

    def seek(self, *place: int) -> int:
        sought = super().seek(*place)
        time.sleep(0.005)
        return sought


@contextmanager
def serving(host: Host) -> Generator[Loopback]:
    with Loopback(host, whole=True) as server:
        try:
            yield server
        finally:
            host.gate.set()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(DATA)
    return path


async def uploaded(server: Loopback, file: Any, **options: Any) -> Upload:
    async with client_of(server) as client:
        return await client.uploads.upload_file_chunked(file=file, **{**TOLD, "part_size": PART, **options})


# The requests


@pytest.mark.anyio
async def test_an_upload_is_announced_filled_and_completed() -> None:
    host = Host()
    with serving(host) as server:
        async with client_of(server) as client:
            upload = await client.uploads.create(bytes=5, filename="x.jsonl", **TOLD)
            assert (upload.id, upload.status, upload.file, upload.expires_at) == (
                "upload_1",
                "pending",
                None,
                BEGAN + host.expires_in,
            )
            first = await client.uploads.parts.create(upload.id, data=b"ab")
            second = await client.uploads.parts.create(upload.id, data=("c", io.BytesIO(b"cde")))
            assert (first.id, first.upload_id) == ("part_0", "upload_1")
            done = await client.uploads.complete(
                upload.id, part_ids=[first.id, second.id], md5=hashlib.md5(b"abcde").hexdigest()
            )
    assert (done.status, done.file and done.file.id, host.content) == ("completed", "file-1", b"abcde")
    assert server.asked == [
        "POST /uploads",
        "POST /uploads/upload_1/parts",
        "POST /uploads/upload_1/parts",
        "POST /uploads/upload_1/complete",
    ]
    assert server.requests[0].json() == {"bytes": 5, "filename": "x.jsonl", **TOLD}
    assert b'name="data"; filename="upload"\r\n' in server.requests[1].body
    assert b'name="data"; filename="c"\r\n' in server.requests[2].body
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 4


@pytest.mark.anyio
async def test_an_upload_can_be_given_up() -> None:
    host = Host()
    with serving(host) as server:
        async with client_of(server) as client:
            upload = await client.uploads.create(bytes=5, filename="x.jsonl", **TOLD)
            assert (await client.uploads.cancel(upload.id)).status == "cancelled"
            with pytest.raises(BadRequestError, match="takes no parts"):
                await client.uploads.parts.create(upload.id, data=b"ab")


@pytest.mark.anyio
async def test_a_file_is_to_be_removed_when_it_was_said() -> None:
    when: Any = {"anchor": "created_at", "seconds": 3600}
    with serving(Host()) as server:
        async with client_of(server) as client:
            await client.uploads.create(bytes=5, filename="x", expires_after=when, **TOLD)
    assert server.requests[0].json()["expires_after"] == when


@pytest.mark.anyio
async def test_a_part_is_repeated_where_its_answer_was_lost() -> None:
    host = Host(faults={0: [RESET]})
    with serving(host) as server:
        async with client_of(server) as client:
            upload = await client.uploads.create(bytes=2, filename="x.jsonl", **TOLD)
            assert (await client.uploads.parts.create(upload.id, data=b"ab")).id == "part_1"
    assert len({request.headers["idempotency-key"] for request in server.requests[1:]}) == 1


# Whole files


@pytest.mark.anyio
async def test_a_file_arrives_whole_and_in_order(file: Path) -> None:
    host = Host()
    with serving(host) as server:
        done = await uploaded(server, file)
    assert (done.status, done.file and done.file.id, host.content) == ("completed", "file-1", DATA)
    assert server.requests[0].json() == {"bytes": len(DATA), "filename": "train.jsonl", **TOLD}
    assert sorted(len(content_of(part)) for part in host.parts) == [PART] * 13
    assert server.requests[-1].json()["md5"] == hashlib.md5(DATA).hexdigest()


@pytest.mark.anyio
async def test_the_last_part_has_the_rest(file: Path) -> None:
    host = Host()
    with serving(host) as server:
        await uploaded(server, file, part_size=1_000_000)
    assert (sorted(len(content_of(part)) for part in host.parts), host.content) == ([300_000, 1_000_000], DATA)


@pytest.mark.anyio
async def test_bytes_and_open_files_go_in_parts_too(file: Path) -> None:
    opened = io.BytesIO(b"#" + DATA)
    opened.read(1)
    with file.open("rb") as on_disk:
        for given, options in ((DATA, {"filename": "a"}), (opened, {"filename": "a"}), (on_disk, {}), (str(file), {})):
            host = Host()
            with serving(host) as server:
                await uploaded(server, given, bytes=len(DATA), **options)
            assert host.content == DATA
            assert host.uploads["upload_1"]["filename"] == options.get("filename", "train.jsonl")


@pytest.mark.anyio
async def test_the_parts_of_an_open_file_are_read_one_at_a_time() -> None:
    host = Host()
    with serving(host) as server:
        await uploaded(server, Slow(DATA), filename="a")
    assert host.content == DATA


@pytest.mark.anyio
@pytest.mark.parametrize("parallel", [1, 3])
async def test_no_more_parts_are_on_their_way_than_was_allowed(parallel: int, file: Path) -> None:
    host = Host()
    with serving(host) as server:
        await uploaded(server, file, parallel=parallel)
    assert (host.most <= parallel, host.content) == (True, DATA)


@pytest.mark.anyio
async def test_the_md5_of_long_parts_is_hashed_in_steps(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._runtime.sections.STEP", 300_000)
    host = Host()
    with serving(host) as server:
        await uploaded(server, file, part_size=1_000_000)
    assert server.requests[-1].json()["md5"] == hashlib.md5(DATA).hexdigest()


@pytest.mark.anyio
async def test_records_are_no_part() -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="records cannot be sent in parts"):
                await client.uploads.parts.create("upload_1", data=[{}])  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_the_callers_md5_is_sent_as_it_is(file: Path) -> None:
    with serving(Host()) as server, pytest.raises(BadRequestError, match="the md5 is another"):
        await uploaded(server, file, md5="0" * 32)
    assert server.requests[-1].json()["md5"] == "0" * 32
    assert len(server.asked) == 15


@pytest.mark.anyio
async def test_a_host_without_uploads_is_told_by_name(file: Path) -> None:
    with Loopback([[refusal(404, "no such path")]]) as server, pytest.raises(Unsupported, match="takes no uploads"):
        await uploaded(server, file)


@pytest.mark.anyio
async def test_another_refusal_of_the_announcement_is_told_as_it_is(file: Path) -> None:
    with Loopback([[refusal(400, "too large")]]) as server, pytest.raises(BadRequestError, match=r"^too large$"):
        await uploaded(server, file)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (b"abc", {}, "bytes have no name"),
        (b"abc", {"filename": "x", "bytes": 5}, "the file has 3 bytes, not 5"),
        (b"abc", {"filename": "x", "part_size": 0}, "part_size must be at least 1, not 0"),
        (b"abc", {"filename": "x", "parallel": 0}, "parallel must be at least 1, not 0"),
        (b"abc", {"filename": "x", "resume": "state"}, "only a file given as a path can be resumed"),
        ([{"prompt": "a", "completion": "b"}], {}, "records cannot be sent in parts"),
        (PipeLike(b"abc"), {}, "must have a known size"),
    ],
    ids=range(7),
)
async def test_what_makes_no_sense_is_refused_before_anything_is_sent(given: Any, options: Any, words: str) -> None:
    with Loopback([]) as server, pytest.raises(ConfigError, match=words):
        await uploaded(server, given, **options)
    assert server.connections == 0


# Faults


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fault", [[RESET], [again(503)], [reply(200, b"<html>", content_type="text/html")]], ids=range(3)
)
async def test_a_lost_part_is_sent_again_alone(fault: Any, file: Path) -> None:
    host = Host(faults={2: fault, 7: fault})
    with serving(host) as server:
        await uploaded(server, file)
    assert (len(host.parts), host.content) == (15, DATA)


@pytest.mark.anyio
async def test_a_refused_part_ends_the_upload_and_no_other_begins(file: Path) -> None:
    host = Host(faults={1: [refusal(413, "too large a part")]})
    with serving(host) as server, pytest.raises(APIStatusError, match=r"^too large a part$"):
        await uploaded(server, file, parallel=1)
    assert (len(host.parts), server.asked[-1]) == (2, "POST /uploads/upload_1/parts")


@pytest.mark.anyio
async def test_a_part_that_fails_does_not_wait_for_one_without_an_answer(file: Path) -> None:
    host = Host(faults={0: [HANG], 1: [refusal(400, "no")]})
    with serving(host) as server:
        with pytest.raises(BadRequestError, match=r"^no$"):
            await uploaded(server, file, parallel=2, timeout=100)
        assert server.left.acquire(timeout=20)
    assert len(host.parts) == 2


@pytest.mark.anyio
async def test_an_error_says_how_many_parts_are_there(file: Path, tmp_path: Path) -> None:
    host = Host(faults={2: [again(503)], 3: [again(503)], 4: [again(503)]})
    with (
        serving(host) as server,
        pytest.raises(APIStatusError, match=r"; 2 of 13 parts are there, with resume= a further call sends the rest$"),
    ):
        await uploaded(server, file, parallel=1)
    host = Host(faults={0: [CLOSE], 1: [CLOSE], 2: [CLOSE]})
    with (
        serving(host) as server,
        pytest.raises(APIConnectionError, match=r"; 0 of 13 parts are there, call again with resume='.*/state' to"),
    ):
        await uploaded(server, file, parallel=1, resume=tmp_path / "state")
