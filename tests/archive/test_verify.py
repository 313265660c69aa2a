"""What ``openft.archive.verify`` finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.account import Account, job
from loopback import again, refusal
from openft import Client, ConfigError, DataError, RateLimitError
from openft.archive import Damage, Entry, Progress, save, verify

UNENDED = "the last run has not come to its end; what is there is as it was saved: "


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


def stop(_: Progress) -> None:
    raise KeyboardInterrupt


def without_marks(folder: Path) -> None:
    """Make it an archive of the time before runs were marked."""
    path = folder / "manifest.jsonl"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if '"run": "ended"' not in line))
    path.write_text(path.read_text().replace(', "run": "begun"', ""))


def test_an_archive_that_was_never_finished_is_not_well(client: Client, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        save(client, tmp_path, on_progress=stop)
    for old in (False, True):
        if old:
            without_marks(tmp_path)
        report = verify(tmp_path)
        assert (report.ok, report.ended, report.damage) == (False, False, [])
        assert report.summary().startswith(UNENDED)
        assert report.next_steps()[0] == f"finish it, while the host is there: openft archive {tmp_path}"
        assert json.loads(report.to_json())["ended"] is False
    assert save(client, tmp_path).ok
    assert verify(tmp_path).ended


@pytest.mark.parametrize("old", [False, True], ids=["marked", "from before"])
def test_a_later_run_that_did_not_end_is_told_over_a_complete_archive(
    old: bool, account: Account, client: Client, folder: Path
) -> None:
    if old:
        without_marks(folder)
        assert verify(folder).ok
    account.jobs.append(job("ftjob-2"))
    with pytest.raises(KeyboardInterrupt):
        save(client, folder, on_progress=stop)
    if old:
        without_marks(folder)
    report = verify(folder)
    assert (report.ok, report.ended) == (False, False)
    assert save(client, folder).ok
    assert verify(folder).ok


def test_a_later_run_that_saved_nothing_before_it_broke_off_is_told_too(
    account: Account, client: Client, folder: Path
) -> None:
    account.first["/files"] = [[refusal(429, "later", retry_after="3600")]]
    with pytest.raises(RateLimitError):
        save(client, folder)
    assert not verify(folder).ended


def test_what_an_older_openft_has_added_after_a_whole_run_counts(folder: Path) -> None:
    with (folder / "manifest.jsonl").open("ab") as manifest:
        manifest.write(Entry("content", "file-9", "saved", path="files/file-1/train.jsonl", size=6).line())
    assert not verify(folder).ended


def test_a_run_that_could_not_have_everything_has_ended(account: Account, client: Client, tmp_path: Path) -> None:
    account.files.pop(0)
    account.always = {"/fine-tunes/ft-1/events": [again(500)], "/files/file-2/content": [refusal(403)]}
    save(client, tmp_path, attempts=1)
    report = verify(tmp_path)
    assert {one.state for one in report.unsaved} == {"gone", "forbidden", "failed"}
    assert (report.ok, report.ended) == (True, True)


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
