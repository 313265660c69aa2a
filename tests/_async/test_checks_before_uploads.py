"""How much of training data is looked at before it is sent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from _async.support import FILE, ROW, client_of
from loopback import Loopback, reply
from openft import ConfigError, DataError

LARGE = 50_000_001
"""One byte more than what is checked in full without being asked for."""
BAD = b"{oops\n"


def large(path: Path, *, bad: int, size: int = LARGE) -> Path:
    """Write a file with a bad row; what follows it are blanks and a last row."""
    with path.open("wb") as file:
        file.write(ROW * (bad - 1) + BAD)
        file.write((b" " * 999_999 + b"\n") * (size // 1_000_000 - 1))
        file.write(b" " * (size - file.tell() - len(ROW)) + ROW)
    return path


async def refused(given: Any, **options: Any) -> tuple[str | None, int | None]:
    """Return the place that an error names, nothing having been sent."""
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError) as caught:
                await client.files.create(file=given, **options)
    assert server.connections == 0
    return caught.value.file, caught.value.line


@pytest.mark.anyio
async def test_all_of_a_file_up_to_50_mb_is_looked_at(tmp_path: Path) -> None:
    file = large(tmp_path / "a.jsonl", bad=1500, size=LARGE - 1)
    assert await refused(file) == (str(file), 1500)


@pytest.mark.anyio
async def test_the_first_thousand_rows_of_a_larger_file_are_looked_at(tmp_path: Path) -> None:
    file = large(tmp_path / "a.jsonl", bad=1000)
    assert await refused(file) == (str(file), 1000)
    assert await refused(("b.jsonl", file.read_bytes())) == ("b.jsonl", 1000)
    with file.open("rb") as opened:
        assert await refused(opened) == ("a.jsonl", 1000)


@pytest.mark.anyio
async def test_the_whole_of_a_larger_file_is_looked_at_where_that_is_asked_for(tmp_path: Path) -> None:
    file = large(tmp_path / "a.jsonl", bad=1001)
    assert await refused(file, check="all") == (str(file), 1001)
    with file.open("rb") as opened:
        assert await refused(opened, check="all") == ("a.jsonl", 1001)


@pytest.mark.anyio
async def test_what_follows_the_first_thousand_rows_of_a_larger_file_is_sent_unseen(tmp_path: Path) -> None:
    file = large(tmp_path / "a.jsonl", bad=1001)
    with Loopback([[reply(200, FILE)]]) as server:
        async with client_of(server, timeout=30) as client:
            with file.open("rb") as opened:
                await client.files.create(file=opened)
    assert BAD in server.requests[0].body
    assert len(server.requests[0].body) > LARGE


@pytest.mark.anyio
async def test_a_fine_tune_looks_at_its_files_by_the_same_rule(tmp_path: Path) -> None:
    file = large(tmp_path / "a.jsonl", bad=1000)
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(DataError, match=r"a\.jsonl:1000: not valid JSON"):
                await client.fine_tunes.create(training_file=file)
    assert server.connections == 0


class Pipe(io.BytesIO):
    """What can be read once."""

    def seekable(self) -> bool:
        return False


@pytest.mark.anyio
@pytest.mark.parametrize("check", [True, "all"])
async def test_what_can_be_read_only_once_is_sent_unseen(check: Any) -> None:
    with Loopback([[reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            await client.files.create(file=("a.jsonl", Pipe(BAD)), check=check)
    assert BAD in server.requests[0].body


@pytest.mark.anyio
@pytest.mark.parametrize("check", ["none", "first", None, 2])
async def test_another_kind_of_check_is_refused(check: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="use True, False or 'all'"):
                await client.files.create(file=ROW, check=check)
    assert server.connections == 0
