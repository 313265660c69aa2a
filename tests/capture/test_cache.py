"""Answers on disk: there after any end, for several threads and several processes, and never a stranger's database."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from openft.capture.cache import MARK, Cache
from openft.capture.scratch import Scratch
from openft.errors import DataError


def key(number: int) -> bytes:
    return number.to_bytes(32)


def test_an_answer_is_there_for_the_next_one_who_opens_it(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        assert (cache.get(key(1)), cache.has(key(1))) == (None, False)
        cache.keep(key(1), {"answer": "정말 \ud800"})
    with Cache(tmp_path / "c") as cache:
        assert (cache.get(key(1)), cache.has(key(1))) == ({"answer": "정말 \ud800"}, True)


def test_an_answer_is_on_the_disk_once_it_is_kept(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        cache.keep(key(1), {"answer": "a"})
        other = sqlite3.connect(tmp_path / "c")
        assert other.execute("SELECT count(*) FROM answers").fetchone() == (1,)
        assert cache._database.execute("PRAGMA synchronous").fetchone() == (2,)
        other.close()


def test_the_first_answer_stays(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        cache.keep(key(1), {"answer": "a"})
        cache.keep(key(1), {"answer": "b"})
        assert cache.get(key(1)) == {"answer": "a"}


def test_what_is_known_of_a_host_is_kept_too(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        cache.know("m refuses logprobs", "no")
    with Cache(tmp_path / "c") as cache:
        assert (cache.fact("m refuses logprobs"), cache.fact("other")) == ("no", None)
        cache.know("m refuses logprobs", "yes")
        assert cache.fact("m refuses logprobs") == "no"


def test_many_threads_keep_side_by_side(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:

        def keep(first: int) -> None:
            for number in range(first, first + 50):
                cache.keep(key(number), {"answer": number})

        threads = [threading.Thread(target=keep, args=(50 * number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(cache.get(key(number)) == {"answer": number} for number in range(400))


WRITER = """
import sys
from pathlib import Path
from openft.capture.cache import Cache
first = int(sys.argv[2])
with Cache(Path(sys.argv[1])) as cache:
    for number in range(first, first + 200):
        cache.keep(number.to_bytes(32), {"answer": number})
"""


def test_two_processes_share_it_from_its_beginning(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "c")]
    both = [subprocess.Popen([*command, first], stderr=subprocess.PIPE) for first in ("0", "100")]
    assert [(writer.communicate()[1], writer.returncode) for writer in both] == [(b"", 0), (b"", 0)]
    with Cache(tmp_path / "c") as cache:
        assert all(cache.get(key(number)) == {"answer": number} for number in range(300))


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("prompt,completion\n" * 100)
    with pytest.raises(DataError, match="c: cannot be used as a cache: file is not a database; name another"):
        Cache(tmp_path / "c")


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "c") as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()
    before = (tmp_path / "c").read_bytes()
    with pytest.raises(DataError, match="is a database of something else; name another file"):
        Cache(tmp_path / "c")
    assert (tmp_path / "c").read_bytes() == before


def test_a_cache_is_told_by_its_mark(tmp_path: Path) -> None:
    with Cache(tmp_path / "c"):
        pass
    database = sqlite3.connect(tmp_path / "c")
    assert database.execute("PRAGMA application_id").fetchone() == (MARK,)
    database.close()


class Overtaken(sqlite3.Connection):
    """Behind the first thing that it is told, another process makes the same cache."""

    told = 0

    def execute(self, *args: Any) -> sqlite3.Cursor:
        self.told += 1
        if self.told == 2:
            command = "import sys; from openft.capture.cache import Cache\nwith Cache(sys.argv[1]): pass"
            (_, _, path) = super().execute("PRAGMA database_list").fetchone()
            subprocess.run([sys.executable, "-c", command, path], check=True)
        return super().execute(*args)


def test_a_cache_that_another_one_is_just_making_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Overtaken))
    with Cache(tmp_path / "c") as cache:
        cache.keep(key(1), {"answer": "a"})
        assert cache.has(key(1))


def test_a_cache_that_is_only_read_is_read_while_another_one_writes(tmp_path: Path) -> None:
    with Cache(tmp_path / "c#?%") as cache:
        cache.keep(key(1), {"answer": "a"})
        with Cache(tmp_path / "c#?%", only_read=True) as other:
            assert other.get(key(1)) == {"answer": "a"}
            with pytest.raises(DataError, match="readonly database"):
                other.know("a", "b")


def test_an_answer_that_cannot_be_written_is_told_and_tried_again(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        cache._database.execute("PRAGMA max_page_count = 8")
        with pytest.raises(DataError, match="cannot be used as a cache: database or disk is full"):
            cache.keep(key(1), {"answer": "a" * 100_000})
        cache._database.execute("PRAGMA max_page_count = 1000000")
        cache.keep(key(2), {"answer": "b"})
        assert (cache.has(key(1)), cache.has(key(2))) == (True, True)


def test_a_write_that_does_not_begin_is_told(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        cache._database.execute("PRAGMA query_only = 1")
        with pytest.raises(DataError, match="cannot be used as a cache: attempt to write a readonly database"):
            cache.keep(key(1), {"answer": "a"})


def test_an_answer_that_comes_after_the_end_is_left_out(tmp_path: Path) -> None:
    with Cache(tmp_path / "c") as cache:
        pass
    cache.keep(key(1), {"answer": "a"})
    with Cache(tmp_path / "c") as cache:
        assert not cache.has(key(1))


def test_a_scratch_counts_and_keeps_failures_until_its_end() -> None:
    with Scratch() as scratch:
        assert [scratch.nth(key(1)), scratch.nth(key(1)), scratch.nth(key(2))] == [0, 1, 0]
        scratch.again()
        assert scratch.nth(key(1)) == 0
        scratch.fail(key(1), {"type": "a"})
        assert (scratch.failure(key(1)), scratch.failure(key(2))) == ({"type": "a"}, None)
