"""Uploads, byte by byte."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from _async.support import FILE, JOB, OURS, ROW, client_of
from loopback import CLOSE, EARLY, RESET, Loopback, Received, again, refusal, reply
from openft import APIConnectionError, APIStatusError, ConfigError, DataError
from openft.types import PromptCompletion


def parts_of(request: Received) -> dict[str, tuple[bytes, bytes]]:
    """Return the form's fields: what stands before and behind the blank line of each part."""
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    head, *parts, tail = request.body.split(b"--" + boundary)
    assert (head, tail) == (b"", b"--\r\n")
    fields = {}
    for part in parts:
        assert part.startswith(b"\r\n")
        assert part.endswith(b"\r\n")
        above, _, content = part[2:-2].partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', above)
        assert name is not None
        fields[name[1].decode()] = (above, content)
    return fields


async def uploaded(file: Any, **options: Any) -> Received:
    with Loopback([[reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            assert (await client.files.create(file=file, **options)).id == "file-1"
    return server.requests[0]


@pytest.mark.anyio
async def test_a_form_is_these_bytes() -> None:
    request = await uploaded(("train.jsonl", ROW), purpose="fine-tune")
    boundary = request.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    wanted = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="train.jsonl"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    assert request.body == wanted + ROW + f"\r\n--{boundary}--\r\n".encode()
    assert request.headers["content-length"] == str(len(request.body))
    assert (request.line, "transfer-encoding" in request.headers) == ("POST /v1/files HTTP/1.1", False)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [Path, str, os.fspath])
async def test_a_path_is_uploaded_from_disk_under_its_name(kind: Any, tmp_path: Path) -> None:
    file = tmp_path / "내 데이터.jsonl"
    file.write_bytes(ROW)
    above, content = parts_of(await uploaded(kind(file)))["file"]
    assert content == ROW
    assert 'filename="내 데이터.jsonl"'.encode() in above


@pytest.mark.anyio
async def test_a_file_larger_than_a_piece_arrives_whole(tmp_path: Path) -> None:
    data = os.urandom(3_000_001)
    (tmp_path / "data.bin").write_bytes(data)
    assert parts_of(await uploaded(tmp_path / "data.bin", purpose="batch"))["file"][1] == data


@pytest.mark.anyio
async def test_bytes_have_a_name_of_ours() -> None:
    above, content = parts_of(await uploaded(ROW))["file"]
    assert (b'filename="upload.jsonl"' in above, content) == (True, ROW)


@pytest.mark.anyio
async def test_an_empty_content_is_sent_where_no_check_is_asked_for() -> None:
    assert parts_of(await uploaded(b"", check=False))["file"][1] == b""


@pytest.mark.anyio
async def test_an_open_file_is_sent_from_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_bytes(b"# a title\n" + ROW)
    with file.open("rb") as opened:
        opened.readline()
        request = await uploaded(opened)
        assert not opened.closed
    above, content = parts_of(request)["file"]
    assert (b'filename="train.jsonl"' in above, content) == (True, ROW)
    assert request.headers["content-length"] == str(len(request.body))


@pytest.mark.anyio
async def test_an_open_file_in_memory_has_a_name_of_ours() -> None:
    assert b'filename="upload.jsonl"' in parts_of(await uploaded(io.BytesIO(ROW)))["file"][0]


@pytest.mark.anyio
async def test_a_pipe_is_sent_in_chunks() -> None:
    reading, writing = os.pipe()
    os.write(writing, ROW)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        request = await uploaded(pipe)
    assert parts_of(request)["file"][1] == ROW
    assert request.headers["transfer-encoding"] == "chunked"


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [bytes, io.BytesIO])
async def test_a_pair_gives_the_name(kind: Any) -> None:
    above, sent = parts_of(await uploaded(("mine.jsonl", kind(ROW))))["file"]
    assert (b'filename="mine.jsonl"' in above, sent) == (True, ROW)


RECORDS: list[Any] = [PromptCompletion(prompt="가 ->", completion=" b"), {"prompt": "c ->", "completion": " d"}]
LINES = '{"prompt": "가 ->", "completion": " b"}\n{"prompt": "c ->", "completion": " d"}\n'.encode()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "records", [RECORDS, iter(RECORDS), (row for row in RECORDS)], ids=["list", "iterator", "generator"]
)
async def test_records_are_sent_as_lines(records: Any) -> None:
    records = records if isinstance(records, list) else iter(RECORDS)
    above, content = parts_of(await uploaded(records))["file"]
    assert (b'filename="records.jsonl"' in above, content) == (True, LINES)


@pytest.mark.anyio
async def test_many_records_are_sent_in_pieces_worth_sending() -> None:
    rows = ({"prompt": f"{n} ->", "completion": " " + "x" * 1000} for n in range(3000))
    request = await uploaded(rows)
    assert parts_of(request)["file"][1].count(b"\n") == 3000


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ('a"b.jsonl', "a%22b.jsonl"),
        ("a\r\nContent-Type: x.jsonl", "a%0D%0AContent-Type: x.jsonl"),
        ("a\0b", "ab"),
        ("../../x", "../../x"),
        ("\ud800.jsonl", "?.jsonl"),
    ],
)
async def test_a_hostile_name_stays_a_name(name: str, sent: str) -> None:
    above, content = parts_of(await uploaded((name, ROW)))["file"]
    assert (f'filename="{sent}"'.encode() in above, content) == (True, ROW)


@pytest.mark.anyio
async def test_extra_body_becomes_fields_of_the_form() -> None:
    fields = parts_of(await uploaded(ROW, extra_body={"model": "ada", "purpose": "other"}))
    assert [(name, content) for name, (_, content) in fields.items()] == [
        ("purpose", b"other"),
        ("model", b"ada"),
        ("file", ROW),
    ]


@pytest.mark.anyio
async def test_a_repeated_upload_reads_the_content_again(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(ROW)
    opened = io.BytesIO(b"#" + ROW)
    opened.read(1)
    for file in (tmp_path / "train.jsonl", ROW, opened, [PromptCompletion(prompt="a ->", completion=" b")]):
        with Loopback([[again(429)], [again(503)], [reply(200, FILE)]]) as server:
            async with client_of(server) as client:
                await client.files.create(file=file)
        assert [parts_of(request)["file"][1] for request in server.requests] == [ROW] * 3
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


@pytest.mark.anyio
async def test_what_can_be_read_only_once_is_sent_once() -> None:
    with Loopback([[again(429)], [reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError) as caught:
                await client.files.create(file=iter(RECORDS))
    assert (caught.value.attempts, len(server.requests)) == (1, 1)


@pytest.mark.anyio
async def test_an_upload_in_doubt_is_not_repeated() -> None:
    with Loopback([[RESET], [reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIConnectionError):
                await client.files.create(file=ROW)
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_a_refusal_while_the_body_is_still_on_its_way_is_heard(tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(20_000_000))
    with Loopback([[EARLY, refusal(413, "too large", connection="close", **OURS), CLOSE]]) as server:
        async with client_of(server, max_retries=0) as client:
            with pytest.raises((APIStatusError, APIConnectionError)):
                await client.files.create(file=tmp_path / "large.bin", purpose="batch")


@pytest.mark.anyio
async def test_a_file_that_vanishes_is_an_error_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_bytes(ROW)

    def answer(_: Received) -> list[bytes]:
        file.unlink()
        return [again(429)]

    with Loopback(answer) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="cannot be read: No such file") as caught:
                await client.files.create(file=file)
    assert caught.value.file == str(file)


@pytest.mark.anyio
@pytest.mark.parametrize("later", [ROW + ROW, b""], ids=["longer", "shorter"])
async def test_a_file_that_changes_its_size_is_an_error_of_the_file(later: bytes, tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_bytes(ROW)

    def answer(_: Received) -> list[bytes]:
        file.write_bytes(later)
        return [again(429)]

    with Loopback(answer) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="changed while it was being sent"):
                await client.files.create(file=file)


@pytest.mark.anyio
async def test_records_that_fail_on_the_way_are_an_error_of_the_data() -> None:
    def rows() -> Iterator[dict[str, str]]:
        yield {"prompt": "a", "completion": "b"}
        raise TimeoutError("the database is away")

    with Loopback(lambda _: [reply(200, FILE)]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="cannot be read: TimeoutError: the database is away"):
                await client.files.create(file=rows())  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_a_bad_record_on_the_way_is_named_by_its_line() -> None:
    with Loopback(lambda _: [reply(200, FILE)]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError) as caught:
                await client.files.create(file=iter([*RECORDS, 5]))
    assert caught.value.line == 3


@pytest.mark.anyio
@pytest.mark.parametrize("flag", [None, 1 << 20], ids=["absent", "refused"])
async def test_a_system_that_cannot_tell_what_is_in_memory_uploads_the_same(
    flag: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openft._runtime.disk.NOWAIT", flag)
    (tmp_path / "data.bin").write_bytes(bytes(2_000_001))
    assert parts_of(await uploaded(tmp_path / "data.bin", purpose="batch"))["file"][1] == bytes(2_000_001)


# Refused before anything is sent


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "line"),
    [
        (ROW + b"{\n", 2),
        (b"\xef\xbb\xbf" + ROW + b"\n[]\n", 3),
        (b'{"prompt": 1, "completion": "b"}\n', 1),
        (b"", None),
    ],
    ids=range(4),
)
async def test_a_bad_line_is_named_before_anything_is_sent(content: bytes, line: int | None, tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_bytes(content)
    opened = io.BytesIO(b"#" + content)
    opened.read(1)
    with Loopback([]) as server:
        async with client_of(server) as client:
            for given, name in ((file, str(file)), (("x.jsonl", content), "x.jsonl"), (("x.jsonl", opened), "x.jsonl")):
                with pytest.raises(DataError) as caught:
                    await client.files.create(file=given)
                assert (caught.value.file, caught.value.line) == (name, line)
    assert server.connections == 0


@pytest.mark.anyio
async def test_a_bad_record_is_named_before_anything_is_sent() -> None:
    wrong: Any = {"prompt": "x"}
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError) as caught:
                await client.files.create(file=[*RECORDS, wrong])
    assert (caught.value.line, server.connections) == (3, 0)


@pytest.mark.anyio
async def test_lines_are_not_looked_at_where_no_check_is_asked_for() -> None:
    assert parts_of(await uploaded(b"{\n", check=False))["file"][1] == b"{\n"


@pytest.mark.anyio
async def test_lines_are_not_looked_at_for_another_purpose() -> None:
    assert parts_of(await uploaded(b"{\n", purpose="batch"))["file"][1] == b"{\n"


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["missing.jsonl", ".", "a\0b"])
async def test_a_path_that_leads_to_no_file_is_an_error_of_the_file(name: str, tmp_path: Path) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="cannot be read") as caught:
                await client.files.create(file=tmp_path / name)
    assert (caught.value.file, server.connections) == (str(tmp_path / name), 0)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "file",
    [None, 5, bytearray(ROW), ("a", "b"), ("a",), ("a", b"", "text/plain"), (b"a", b"b"), io.StringIO("x")],
    ids=range(8),
)
async def test_what_cannot_be_uploaded_is_refused(file: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError):
                await client.files.create(file=file)
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize("content", ['{"a": 1}\n' * 200_000, '{"a": 1}', "a,b\nc,d", "x" * 5000], ids=range(4))
async def test_a_content_given_as_str_is_not_shown_whole(content: str) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="a str is a path; pass bytes for the content itself") as caught:
                await client.files.create(file=content)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)
    assert server.connections == 0


@pytest.mark.anyio
async def test_a_closed_file_is_an_error_of_the_file() -> None:
    closed = io.BytesIO(ROW)
    closed.close()
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match="closed file"):
                await client.files.create(file=closed)


# Uploads that a fine-tune begins with


@pytest.mark.anyio
async def test_a_fine_tune_uploads_its_paths_first(tmp_path: Path) -> None:
    for name in ("train.jsonl", "valid.jsonl"):
        (tmp_path / name).write_bytes(ROW)
    answers = [[reply(200, {**FILE, "id": "file-7"})], [reply(200, {**FILE, "id": "file-8"})], [reply(200, JOB)]]
    with Loopback(answers) as server:
        async with client_of(server) as client:
            job = await client.fine_tunes.create(
                training_file=tmp_path / "train.jsonl",
                validation_file=tmp_path / "valid.jsonl",
                idempotency_key="k",
                extra_body={"x": 1},
            )
    assert job.id == "ft-1"
    assert server.asked == ["POST /files", "POST /files", "POST /fine-tunes"]
    assert server.requests[2].json() == {"training_file": "file-7", "validation_file": "file-8", "x": 1}
    assert not any("x" in parts_of(request) for request in server.requests[:2])
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert keys == ["k-training_file", "k-validation_file", "k"]


@pytest.mark.anyio
async def test_a_fine_tune_sends_nothing_while_one_of_its_files_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(ROW)
    (tmp_path / "valid.jsonl").write_bytes(b"{\n")
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match=r"valid\.jsonl:1: "):
                await client.fine_tunes.create(
                    training_file=tmp_path / "train.jsonl", validation_file=tmp_path / "valid.jsonl"
                )
    assert server.connections == 0


@pytest.mark.anyio
async def test_each_upload_of_a_fine_tune_has_a_key_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(ROW)
    with Loopback([[reply(200, FILE)], [reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.create(training_file=tmp_path / "train.jsonl")
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 2
