"""What ``openft.archive.verify`` finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from openft import Client, ConfigError, DataError
from openft.archive import Damage, save, verify


@pytest.fixture
def folder(client: Client, tmp_path: Path) -> Path:
    """An archive."""
    save(client, tmp_path)
    return tmp_path


def test_what_is_as_it_was_is_well(folder: Path) -> None:
    report = verify(folder)
    assert report.ok
    assert not report.damage
    assert report.did == "verified"
    assert report.summary().startswith("every file is as it was saved: 1 job (")


def test_missing_changed_and_extra_files_are_named(folder: Path) -> None:
    (folder / "files/file-1/train.jsonl").write_bytes(b'{"a":2')
    (folder / "jobs/ftjob-1/events.jsonl").unlink()
    (folder / "mine.txt").touch()
    report = verify(folder)
    assert {(one.path, one.state) for one in report.damage} == {
        ("jobs/ftjob-1/events.jsonl", "missing"),
        ("files/file-1/train.jsonl", "changed"),
        ("mine.txt", "extra"),
    }
    assert report.damage[-1] == Damage("mine.txt", "extra")
    assert not report.ok
    assert report.summary().startswith("missing or changed: 2: ")
    assert report.next_steps()[0] == "remove what has changed and run openft archive again, while the host has it"


def test_a_manifest_that_was_cut_off_is_damage(folder: Path) -> None:
    manifest = folder / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join(lines[:4]))
    report = verify(folder)
    assert Damage("manifest.jsonl", "changed") in report.damage
    assert not report.ok


def test_sums_that_cannot_be_read_are_changed_themselves(folder: Path) -> None:
    (folder / "SHA256SUMS").write_bytes(b"\xff")
    assert verify(folder).ok


def test_extra_files_alone_are_no_damage(folder: Path) -> None:
    (folder / "mine.txt").touch()
    assert verify(folder).ok


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
@pytest.mark.parametrize("name", ["models.jsonl", "jobs/ftjob-1/job.json"])
def test_records_that_cannot_be_read_are_damage_to_verify_and_an_error_to_save(
    name: str, content: bytes, folder: Path, client: Client
) -> None:
    path = folder / name
    path.write_bytes(content.ljust(path.stat().st_size))
    assert Damage(name, "changed") in verify(folder).damage
    with pytest.raises(DataError, match=r"cannot be read \(.*\); remove it and run again"):
        save(client, folder)
    path.unlink()
    assert save(client, folder).ok


def test_a_file_is_no_folder(tmp_path: Path, client: Client) -> None:
    (tmp_path / "file").touch()
    for look in (verify, lambda path: save(client, path)):
        with pytest.raises(DataError, match="file: is a file; name a folder"):
            look(tmp_path / "file")


def test_a_folder_without_a_manifest_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is no archive; it has no manifest\.jsonl"):
        verify(tmp_path)
