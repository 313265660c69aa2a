"""Uploads in parts that were interrupted: what a further call sends, and what it does not."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from _async.support import client_of
from loopback import CLOSE, HANG, KEY, RESET, Answer, Loopback, Received, again, refusal
from openft import APIConnectionError, APIStatusError, APITimeoutError, BadRequestError, ConfigError, DataError
from openft.types import Upload
from uploading import BEGAN, Host

DATA = os.urandom(1_300_000)
TOLD: dict[str, Any] = {"mime_type": "text/jsonl", "purpose": "fine-tune", "part_size": 100_000}
GIVEN_UP: list[Answer] = [[CLOSE], [CLOSE], [CLOSE]]
FITTING: dict[str, Any] = {
    "bytes": len(DATA),
    "filename": "train.jsonl",
    "purpose": "fine-tune",
    "created_at": BEGAN + 1,
}


@contextmanager
def serving(host: Host) -> Generator[Loopback]:
    with Loopback(host, whole=True) as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


async def uploaded(server: Loopback, file: Path, **options: Any) -> Upload:
    async with client_of(server) as client:
        return await client.uploads.upload_file_chunked(file=file, **{**TOLD, "parallel": 1, **options})


async def interrupted(host: Host, server: Loopback, file: Path, state: Path, after: int = 5) -> None:
    """Upload some parts, until the host is gone."""
    host.faults = {after + number: answer for number, answer in enumerate(GIVEN_UP)}
    with pytest.raises(APIConnectionError):
        await uploaded(server, file, resume=state)
    host.faults = {}


# From the state file


@pytest.mark.anyio
async def test_a_further_call_sends_what_is_missing(file: Path, state: Path) -> None:
    host = Host()
    with serving(host) as server:
        await interrupted(host, server, file, state)
        there = len(host.parts)
        done = await uploaded(server, file, resume=state, parallel=4)
    assert (len(host.parts) - there, len(host.uploads), host.content) == (8, 1, DATA)
    assert (done.id, done.status, state.exists()) == ("upload_1", "completed", False)


@pytest.mark.anyio
async def test_the_state_is_for_its_owner_and_has_no_key(file: Path, state: Path) -> None:
    host = Host()
    with serving(host) as server:
        await interrupted(host, server, file, state)
    kept = json.loads(state.read_bytes())
    assert (state.stat().st_mode & 0o777, KEY in state.read_text()) == (0o600, False)
    assert (kept["upload_id"], kept["part_ids"]) == ("upload_1", {str(n): f"part_{n}" for n in range(5)})
    assert [path.name for path in sorted(state.parent.iterdir())] == ["state", "train.jsonl"]


@pytest.mark.anyio
@pytest.mark.parametrize("change", ["time", "size", "part size", "purpose", "host"])
async def test_another_upload_than_the_states_is_begun_anew(change: str, file: Path, state: Path) -> None:
    host = Host()
    changes: dict[str, dict[str, Any]] = {"part size": {"part_size": 200_000}, "purpose": {"purpose": "batch"}}
    more = changes.get(change, {})
    with serving(host) as server, serving(host) as other:
        await interrupted(host, server, file, state)
        if change == "size":
            file.write_bytes(DATA[:-1])
        if change == "time":
            os.utime(file, (1, 1))
        await uploaded(other if change == "host" else server, file, resume=state, **more)
    assert (len(host.uploads), host.content, state.exists()) == (2, file.read_bytes(), False)


@pytest.mark.anyio
async def test_an_upload_whose_hour_is_over_is_begun_anew(file: Path, state: Path) -> None:
    host = Host(expires_in=int(time.time()) - BEGAN - 1)
    with serving(host) as server:
        await interrupted(host, server, file, state)
        there = len(server.asked)
        await uploaded(server, file, resume=state)
    assert (server.asked[there], host.content) == ("POST /uploads", DATA)


@pytest.mark.anyio
@pytest.mark.parametrize("after", [5, 13], ids=["in between", "at its end"])
@pytest.mark.parametrize("status", ["cancelled", "expired", "gone"])
async def test_an_upload_that_the_host_takes_nothing_more_for_is_begun_anew(
    status: str, after: int, file: Path, state: Path
) -> None:
    host = Host(completions=[(False, answer) for answer in GIVEN_UP])
    with serving(host) as server:
        await interrupted(host, server, file, state, after)
        host.completions = []
        if status == "gone":
            del host.uploads["upload_1"]
            host.uploads["upload_0"] = {}
        else:
            host.uploads["upload_1"]["status"] = status
        done = await uploaded(server, file, resume=state)
    assert (done.id, host.content, state.exists()) == ("upload_2", DATA, False)


@pytest.mark.anyio
async def test_a_file_whose_name_is_no_text_can_be_gone_on_with(tmp_path: Path, state: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff.jsonl")
    file.write_bytes(DATA)
    host = Host()
    with serving(host) as server:
        await interrupted(host, server, file, state)
        done = await uploaded(server, file, resume=state)
    assert (done.id, done.filename, host.content) == ("upload_1", "?.jsonl", DATA)


@pytest.mark.anyio
async def test_a_file_of_somebody_is_not_taken_for_a_state(file: Path, state: Path) -> None:
    state.write_bytes(b'{"prompt": "a", "completion": "b"}\n')
    with serving(Host()) as server:
        for wrong in (state, file):
            with pytest.raises(ConfigError, match="is not the state of an upload"):
                await uploaded(server, file, resume=wrong)
    assert (server.connections, state.read_bytes()[:3], file.read_bytes()) == (0, b'{"p', DATA)


@pytest.mark.anyio
async def test_a_state_that_cannot_be_read_is_an_error_of_its_file(file: Path, tmp_path: Path) -> None:
    with serving(Host()) as server, pytest.raises(DataError, match="cannot be read: Is a directory") as caught:
        await uploaded(server, file, resume=tmp_path)
    assert (caught.value.file, server.connections) == (str(tmp_path), 0)


@pytest.mark.anyio
async def test_a_state_that_cannot_be_written_is_an_error_of_its_file(file: Path, tmp_path: Path) -> None:
    with serving(Host()) as server, pytest.raises(DataError, match="cannot be written: No such file"):
        await uploaded(server, file, resume=tmp_path / "nowhere" / "state")
    assert server.asked == ["POST /uploads"]


# The end, when its answer was lost


@pytest.mark.anyio
@pytest.mark.parametrize("answers", [[[RESET]], GIVEN_UP, [[again(503)], [CLOSE]]], ids=range(3))
async def test_a_completion_whose_answer_was_lost_gives_its_file(answers: list[Answer], file: Path) -> None:
    host = Host(completions=[(True, answer) for answer in answers])
    with serving(host) as server:
        done = await uploaded(server, file)
    assert (done.id, done.status, done.bytes, done.filename) == ("upload_1", "completed", len(DATA), "train.jsonl")
    assert (done.file and done.file.id, len(host.files)) == ("file-1", 1)


@pytest.mark.anyio
async def test_a_completion_that_is_not_repeated_gives_its_file_too(file: Path) -> None:
    with serving(Host(completions=[(True, [RESET])])) as server:
        done = await uploaded(server, file, max_retries=0)
    assert (done.file and done.file.id, server.asked[-2][:10]) == ("file-1", "GET /files")


@pytest.mark.anyio
async def test_a_file_that_fits_is_not_taken_where_the_upload_is_not_known_to_be_over(file: Path) -> None:
    host = Host(completions=[(False, answer) for answer in GIVEN_UP * 2], files=[{"id": "file-other", **FITTING}])
    with serving(host) as server, pytest.raises(APIConnectionError, match=r"; file file-other fits, see whether"):
        await uploaded(server, file)
    assert host.completions == []


@pytest.mark.anyio
async def test_an_upload_is_asked_again_before_a_file_is_taken_for_it(file: Path) -> None:
    host = Host(completions=[(False, answer) for answer in GIVEN_UP], files=[{"id": "file-other", **FITTING}])
    with serving(host) as server:
        done = await uploaded(server, file)
    assert (done.file and done.file.id, host.content) == ("file-2", DATA)


@pytest.mark.anyio
async def test_a_completion_that_was_lost_on_its_way_is_repeated(file: Path) -> None:
    host = Host(completions=[(False, [CLOSE])])
    with serving(host) as server:
        assert (await uploaded(server, file)).id == "upload_1"
    assert (host.content, server.asked[-2:]) == (DATA, ["POST /uploads/upload_1/complete"] * 2)


@pytest.mark.anyio
async def test_a_refusal_of_what_was_sent_just_now_is_an_error(file: Path, state: Path) -> None:
    host = Host()
    with serving(host) as server:
        await interrupted(host, server, file, state)
        with pytest.raises(BadRequestError, match="the md5 is another"):
            await uploaded(server, file, resume=state, md5="0" * 32)
    assert (len(host.uploads), state.exists()) == (1, True)


@pytest.mark.anyio
@pytest.mark.parametrize("keys", [True, False])
async def test_a_process_that_was_killed_after_the_completion_finds_its_file(
    keys: bool, file: Path, state: Path
) -> None:
    host = Host(keys=keys, completions=[(False, answer) for answer in GIVEN_UP])
    with serving(host) as server:
        await interrupted(host, server, file, state, 13)
        host.completions = []
        kept = state.read_bytes()
        first = await uploaded(server, file, resume=state)
        state.write_bytes(kept)
        second = await uploaded(server, file, resume=state)
    assert (first.file and first.file.id) == (second.file and second.file.id) == "file-1"
    assert (len(host.files), len(host.parts), state.exists()) == (1, 13, False)


@pytest.mark.anyio
async def test_of_two_files_that_fit_none_is_taken(file: Path, state: Path) -> None:
    host = Host(completions=[(False, answer) for answer in GIVEN_UP])
    with serving(host) as server:
        await interrupted(host, server, file, state, 13)
        host.completions = []
        host.files = [{"id": name, **FITTING} for name in ("file-a", "file-b")]
        host.uploads["upload_1"]["status"] = "expired"
        done = await uploaded(server, file, resume=state)
    assert (done.id, done.file and done.file.id) == ("upload_2", "file-3")


@pytest.mark.anyio
@pytest.mark.parametrize("field", [{"bytes": 5}, {"filename": "x"}, {"purpose": "batch"}, {"created_at": BEGAN - 1}])
async def test_a_file_that_does_not_fit_is_not_taken(field: dict[str, Any], file: Path) -> None:
    host = Host(completions=[(False, answer) for answer in GIVEN_UP])
    host.files = [{"id": "file-a", **FITTING, **field}]
    with serving(host) as server, pytest.raises(APIConnectionError, match="13 of 13 parts are there"):
        await uploaded(server, file)
    assert server.asked[-1].startswith("GET /files?purpose=fine-tune&order=desc")


@pytest.mark.anyio
async def test_where_files_cannot_be_listed_the_error_is_the_completions(file: Path) -> None:
    host = Host(completions=[(True, answer) for answer in GIVEN_UP])

    def answer(request: Received) -> Answer:
        return [refusal(403, "no lists")] if request.method == "GET" else host(request)

    with Loopback(answer, whole=True) as server, pytest.raises(APIConnectionError, match="13 of 13 parts are there"):
        await uploaded(server, file)


# By the caller's key


@pytest.mark.anyio
async def test_a_call_repeated_with_its_key_makes_one_file(file: Path) -> None:
    host = Host(keys=True)
    with serving(host) as server:
        first = await uploaded(server, file, idempotency_key="k", extra_body={"model": "ada"})
        second = await uploaded(server, file, idempotency_key="k", extra_body={"model": "ada"})
    assert first == second
    assert (len(host.uploads), len(host.files), host.uploads["upload_1"]["model"]) == (1, 1, "ada")


@pytest.mark.anyio
async def test_a_key_in_the_headers_is_for_the_announcement_only(file: Path) -> None:
    host = Host(keys=True)
    with serving(host) as server:
        await uploaded(server, file, extra_headers={"Idempotency-Key": "k", "x-mine": "1"})
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert (keys[0], keys[0] in keys[1:], len(set(keys))) == ("k", False, len(keys))
    assert {request.headers["x-mine"] for request in server.requests} == {"1"}


@pytest.mark.anyio
async def test_a_key_whose_upload_is_over_begins_another(file: Path) -> None:
    host = Host(keys=True)
    with serving(host) as server:
        await interrupted_by_key(host, server, file)
        host.uploads["upload_1"]["status"] = "expired"
        first = await uploaded(server, file, idempotency_key="k")
        second = await uploaded(server, file, idempotency_key="k")
    assert (first.id, second.id, len(host.files)) == ("upload_2", "upload_2", 1)


async def interrupted_by_key(host: Host, server: Loopback, file: Path) -> None:
    host.faults = {2: [refusal(403, "not now")]}
    with pytest.raises(APIStatusError):
        await uploaded(server, file, idempotency_key="k")


@pytest.mark.anyio
async def test_a_new_upload_that_is_refused_is_an_error(file: Path) -> None:
    host = Host(faults={key: [refusal(400, "no parts today")] for key in range(9)})
    with serving(host) as server, pytest.raises(BadRequestError, match=r"^no parts today$"):
        await uploaded(server, file, idempotency_key="k")
    assert list(host.uploads) == ["upload_1", "upload_2"]


# A file that changes, and time that runs out


def change(file: Path, how: str) -> None:
    if how == "longer":
        file.write_bytes(DATA + b"x")
    elif how == "shorter":
        file.write_bytes(DATA[:50_000])
    elif how == "touched":
        os.utime(file, (1, 1))
    else:
        file.unlink(missing_ok=True)


@pytest.mark.anyio
@pytest.mark.parametrize("part", [0, 5, 12])
@pytest.mark.parametrize("how", ["longer", "shorter", "touched", "gone"])
async def test_a_file_that_changes_meanwhile_is_an_error_of_the_file(how: str, part: int, file: Path) -> None:
    host = Host()

    def answer(request: Received) -> Answer:
        if len(host.parts) == part:
            change(file, how)
        return host(request)

    words = r"changed while it was being sent|cannot be read: No such file"
    with Loopback(answer, whole=True) as server, pytest.raises(DataError, match=words) as caught:
        await uploaded(server, file)
    assert (caught.value.file, host.files) == (str(file), [])
    assert len(host.parts) <= part + 1


@pytest.mark.anyio
async def test_a_file_that_is_gone_at_the_end_is_an_error_of_the_file(file: Path) -> None:
    host = Host()

    def answer(request: Received) -> Answer:
        if len(host.parts) == 12:
            file.unlink()
        return host(request)

    words = "changed while it was being sent; call again"
    with Loopback(answer, whole=True) as server, pytest.raises(DataError, match=words):
        await uploaded(server, file, md5="0" * 32)
    assert "complete" not in server.asked[-1]


@pytest.mark.anyio
async def test_a_timeout_is_for_all_parts_together(file: Path) -> None:
    host = Host(faults={2: [HANG]})
    with serving(host) as server, pytest.raises(APITimeoutError):
        await uploaded(server, file, timeout=0.5)
    assert len(host.parts) == 3
