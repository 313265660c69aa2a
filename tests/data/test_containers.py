"""What a file is: by its bytes, then its name; and what is no file at all."""

from __future__ import annotations

import gzip
import json
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from data.reading import noted, read, refusal, rows_of, source_of, zipped
from openft.data import check_file
from openft.data.reading import container
from openft.data.reading.container import Gunzip
from openft.data.reading.readers import open_rows
from openft.errors import DataError

LINE = b'{"a": 1}\n'


def test_a_directory_is_refused_as_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: a directory; name a file in it"):
        open_rows(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(DataError, match="cannot be read: a pipe"):
        open_rows(tmp_path / "pipe.jsonl")
    with pytest.raises(DataError, match="cannot be read: a pipe"):
        check_file(tmp_path / "pipe.jsonl")


def test_a_pipe_put_in_the_place_of_a_file_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    plain = Path(__file__).stat()
    monkeypatch.setattr("openft.data.reading.opening.os.stat", lambda path: plain)
    with pytest.raises(DataError, match="cannot be read: a pipe"):
        open_rows(tmp_path / "pipe.jsonl")


def test_a_socket_is_refused_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("s.jsonl")
        with pytest.raises(DataError, match="cannot be read: a socket"):
            open_rows("s.jsonl")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused_as_one(path: str) -> None:
    with pytest.raises(DataError, match="cannot be read: a device"):
        open_rows(path)


def test_links_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("gone")
    with pytest.raises(DataError, match="too many levels of symbolic links"):
        open_rows(tmp_path / "loop")
    with pytest.raises(DataError, match="a link to gone, which is not there"):
        open_rows(tmp_path / "dangling")


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(LINE)
    (tmp_path / "a.jsonl").symlink_to("real")
    assert rows_of(open_rows(tmp_path / "a.jsonl")) == [(1, {"a": 1})]


@pytest.mark.parametrize(("path", "says"), [("a\0b", "its name has a zero byte in it"), ("no.jsonl", "no such file")])
def test_a_path_that_names_nothing_is_a_data_error(path: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        open_rows(path)


def test_a_file_removed_between_opening_and_reading_is_a_data_error(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.jsonl", LINE)
    (tmp_path / "a.jsonl").unlink()
    with pytest.raises(DataError, match="no such file"):
        list(source)


def test_an_error_of_the_disk_is_a_data_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> bytes:
        raise OSError(5, "Input/output error")

    source = source_of(tmp_path, "a.jsonl", LINE)
    monkeypatch.setattr("openft.data.reading.readers.utf8_chunks", broken)
    with pytest.raises(DataError, match="cannot be read: input/output error"):
        list(source)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.gz", "a"])
def test_gzip_is_known_by_its_bytes(tmp_path: Path, name: str) -> None:
    source = source_of(tmp_path, name, gzip.compress(LINE))
    assert rows_of(source) == [(1, {"a": 1})]
    assert source.compression == "gzip"
    assert ("D004" in noted(source)) == (not name.endswith(".gz"))


def test_a_text_called_gz_is_read_as_the_text_it_is(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.jsonl.gz", LINE)
    assert rows_of(source) == [(1, {"a": 1})]
    assert noted(source) == {"D004": "is JSON, one object a line, whatever its name; it is read as that"}


PAIRS = [{"prompt": f"p{n}", "completion": f"c{n}"} for n in range(3)]


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
@pytest.mark.parametrize(
    "content",
    [
        json.dumps(PAIRS, indent=2),
        json.dumps(PAIRS),
        "\n" + json.dumps(PAIRS, indent="\t").replace("\n", "\r\n"),
        "\n".join(json.dumps(row, indent=1) for row in PAIRS),
    ],
    ids=range(4),
)
def test_json_on_many_lines_is_json_whatever_its_name(tmp_path: Path, name: str, content: str) -> None:
    source = source_of(tmp_path, name, content)
    assert [row for _, row in rows_of(source)] == PAIRS
    assert "D004" in noted(source)


def test_a_long_array_in_a_text_is_json(tmp_path: Path) -> None:
    rows = [*PAIRS, {"prompt": "x" * 100_000, "completion": "y"}]
    assert [row for _, row in read(tmp_path, "a.txt", json.dumps(rows))] == rows


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
@pytest.mark.parametrize(
    "content",
    [
        '[\n  {"prompt": "a", "completion": "b"},\n]',
        '{"prompt": "a", completion: "b"}\n',
        '{"prompt": "a"},\n{"prompt": "b"}\n',
        '{"a": "b"}{"a": "c"}\n',
    ],
    ids=range(4),
)
def test_broken_json_under_another_name_is_refused_and_no_text(tmp_path: Path, name: str, content: str) -> None:
    assert "JSON" in refusal(tmp_path, name, content).reason


@pytest.mark.parametrize("line", ["[INST] hello", "{name} is here", '["a", "b"]', '{"a": 1} is JSON', "[", '"a": 1'])
def test_text_that_looks_a_little_like_json_is_text(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, "a.txt", f"{line}\nb\n")[0][1]["completion"] == line


@pytest.mark.parametrize("cell", ['{"a": 1}', '[{"a": 1}]'])
def test_a_table_may_have_json_in_its_cells(tmp_path: Path, cell: str) -> None:
    rows = read(tmp_path, "a.tsv", f"{cell}\tx\n{cell}\ty\n")
    assert rows == [(1, {"1": cell, "2": "x"}), (2, {"1": cell, "2": "y"})]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_json_lines_are_read_as_that_under_any_name(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, name, LINE) == [(1, {"a": 1})]
    if name == "a.txt":
        assert read(tmp_path, name, LINE, format="txt")[0][1]["completion"] == '{"a": 1}'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(gzip.compress(LINE)), "gzip data within gzip data"),
        (b"BZh91AY&SY\xff", "bzip2 data; unpack it first"),
        (b"\xfd7zXZ\x00\x00", "xz data"),
        (b"\x28\xb5\x2f\xfd\x00", "zstandard data"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file such as .xls; save it as .xlsx"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"x" * 257 + b"ustar\x00", "a tar archive"),
        (zipped({"a.csv": "x"}), "a zip archive with a.csv in it; unpack it"),
        (zipped({}), "a zip archive with nothing in it"),
        (zipped({"../a.csv": "x"}), "a path that leads out of it: ../a.csv"),
        (zipped({"/etc/x": "x"}), "a path that leads out of it: /etc/x"),
    ],
    ids=range(11),  # the bytes have the time in them
)
def test_other_containers_are_named_for_what_they_are(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refusal(tmp_path, "a.jsonl", content).reason


def test_a_text_may_begin_like_a_container(tmp_path: Path) -> None:
    assert read(tmp_path, "a.txt", "BZh is no word\n")[0][1]["completion"] == "BZh is no word"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.parquet", "text", "named as Parquet, but it is a text: text"),
        ("a.xlsx", "text", "named as a workbook (.xlsx), but it is a text"),
        ("a.dat", "text", "unknown kind of file; name it after what is in it: .csv"),
        ("a.dat", "", "the file is empty"),
    ],
)
def test_a_file_that_is_nothing_known_is_refused(tmp_path: Path, name: str, content: str, says: str) -> None:
    assert says in refusal(tmp_path, name, content).reason


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(DataError, match="format 'xml' is not known; it is one of csv"):
        open_rows("a.csv", format="xml")  # type: ignore[arg-type]


def test_gzip_bombs_are_refused_with_their_size(tmp_path: Path) -> None:
    line = b'{"a": "' + b"x" * 9999 + b'"}\n'
    error = refusal(tmp_path, "a.jsonl.gz", gzip.compress(line * 7000, 9))
    assert "the gzip data grows to more than 250 times its size (64 MiB from" in error.reason


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    assert "the gzip data is damaged" in refusal(tmp_path, "a.gz", gzip.compress(LINE * 99)[:-9]).reason


def test_a_compressed_workbook_too_large_for_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_SPOOL_BYTES", 10)
    with pytest.raises(DataError, match="more than 0 GiB when unpacked"):
        container.spooled(SimpleNamespace(read=lambda size: b"x" * 11))


def test_members_of_gzip_data_follow_each_other(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a.jsonl.gz", gzip.compress(LINE) + gzip.compress(LINE))) == 2
    with (tmp_path / "a.jsonl.gz").open("rb") as file:
        assert Gunzip(file).read() == LINE * 2


def test_a_source_can_be_read_again(tmp_path: Path) -> None:
    source = source_of(tmp_path, "a.csv", "a;b\n1;2\n")
    assert rows_of(source) == rows_of(source)
    assert [note.id for note in source.notes] == ["D007"]
    assert "notes=" in repr(source)
