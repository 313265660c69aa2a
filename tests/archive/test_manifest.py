"""The manifest, and whose folder it is."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.account import Account, hosted, job
from loopback import refusal
from openft import Client, ConfigError, DataError
from openft.archive import save, verify
from openft.archive.disk import alone
from openft.archive.manifest import NAME, Entry, Manifest

HOST = "http://127.0.0.1:9/v1"


def begun(folder: Path) -> Manifest:
    manifest = Manifest(folder)
    manifest.begin(HOST, {})
    return manifest


def test_the_last_line_about_a_thing_counts(tmp_path: Path) -> None:
    manifest = begun(tmp_path)
    manifest.add(Entry("file", "f", "failed", reason="x"), Entry("file", "g", "gone"))
    manifest.add(Entry("file", "f", "gone", settled=True))
    manifest.close()
    assert Manifest(tmp_path).entries == {
        ("file", "f"): Entry("file", "f", "gone", settled=True),
        ("file", "g"): Entry("file", "g", "gone"),
    }


@pytest.mark.parametrize("torn", [b'{"what": "file", "id"', b"{", b'{"what":"file","id":"x","state":"gone"}'])
def test_a_line_that_was_cut_off_does_not_count(torn: bytes, tmp_path: Path) -> None:
    manifest = begun(tmp_path)
    manifest.add(Entry("file", "f", "gone"))
    manifest.close()
    path = tmp_path / NAME
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert list(Manifest(tmp_path).entries) == [("file", "f")]
    manifest = begun(tmp_path)
    manifest.add(Entry("file", "g", "gone"))
    manifest.close()
    went_on = path.read_bytes().removeprefix(whole)
    assert [json.loads(line).get("id") for line in went_on.splitlines()] == [None, "g"]
    assert list(Manifest(tmp_path).entries) == [("file", "f"), ("file", "g")]


@pytest.mark.parametrize("torn", [b"", b'{"archive": 1, "ho'])
def test_a_head_that_was_cut_off_is_written_again(torn: bytes, client: Client, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(torn)
    assert save(client, tmp_path).ok
    assert not verify(tmp_path).damage


@pytest.mark.parametrize(
    "line",
    ["no json", "[]", '{"what": "x"}', '{"archive": 2, "host": "x", "owner": {}}', '{"archive": 1}', '{"shelf": 1}'],
)
def test_a_line_that_is_none_is_an_error_with_its_place(line: str, tmp_path: Path) -> None:
    begun(tmp_path).close()
    with (tmp_path / NAME).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=r"manifest\.jsonl:2: is no line of a manifest") as caught:
        Manifest(tmp_path)
    assert caught.value.line == 2


def test_a_manifest_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(DataError, match="cannot be read: is a directory"):
        Manifest(tmp_path)


def test_a_manifest_that_the_disk_refuses_is_closed_all_the_same(tmp_path: Path) -> None:
    manifest = begun(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / NAME).stat().st_size, before[1]))
    try:
        with pytest.raises(DataError, match="cannot be written: file too large"):
            manifest.add(Entry("file", "f", "gone"))
        manifest.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not Manifest(tmp_path).entries


def test_what_is_noted_is_on_the_disk(
    account: Account, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[tuple[int, int]] = set()
    sync = os.fsync

    def note(descriptor: int) -> None:
        sync(descriptor)
        found = os.fstat(descriptor)
        synced.add((found.st_ino, found.st_size))

    monkeypatch.setattr("os.fsync", note)
    save(client, tmp_path)
    for name in (NAME, "files/file-1/train.jsonl", "jobs/ftjob-1/events.jsonl", "jobs.csv"):
        found = (tmp_path / name).stat()
        assert (found.st_ino, found.st_size) in synced, name


def test_a_content_is_noted_once_it_has_its_name(account: Account, client: Client, tmp_path: Path) -> None:
    account.always["/files/file-1/content"] = [refusal(403)]
    save(client, tmp_path)
    account.always.clear()
    (tmp_path / "files/file-1/train.jsonl").mkdir()
    with pytest.raises(DataError, match=r"train\.jsonl: cannot be written: is a directory"):
        save(client, tmp_path)
    entry = Manifest(tmp_path).entry("content", "file-1")
    assert entry
    assert entry.state == "forbidden"


def test_adding_before_it_has_begun_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        Manifest(tmp_path).add(Entry("file", "f", "gone"))


def test_the_archive_of_another_host_is_refused(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    before = (tmp_path / NAME).read_bytes()
    with hosted(account) as other:
        told = f"is an archive of {client.base_url}, not of {other.base_url}; name another folder"
        with pytest.raises(ConfigError, match=told):
            save(other, tmp_path)
    assert (tmp_path / NAME).read_bytes() == before


@pytest.mark.parametrize("name", ["http://localhost:9/v1", "http://[::1]:9/v1"])
def test_another_name_of_this_machine_is_refused_with_a_word_about_it(name: str, tmp_path: Path) -> None:
    manifest = begun(tmp_path)
    told = f"127.0.0.1 and {urlsplit(name).hostname} are names of this machine; use the one that the archive was begun"
    with pytest.raises(ConfigError, match=re.escape(told)):
        manifest.claim(name, {})
    manifest.close()


@pytest.mark.parametrize(
    "name", ["http://localhost:8/v1", "http://localhost:9/v2", "http://a.example:9/v1", "embedded"]
)
def test_another_host_is_no_other_name(name: str, tmp_path: Path) -> None:
    manifest = begun(tmp_path)
    with pytest.raises(ConfigError, match="name another folder"):
        manifest.claim(name, {})
    manifest.close()


def test_the_archive_of_another_account_is_refused(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    account.jobs = [job("ftjob-9", organization_id="org-2")]
    with pytest.raises(ConfigError, match="the archive of organization_id org-1, and this key belongs to org-2"):
        save(client, tmp_path)
    assert not (tmp_path / "jobs/ftjob-9").exists()
    assert not verify(tmp_path).damage


def test_jobs_of_two_organizations_in_one_list_are_one_account(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.jobs.append(job("ftjob-2", organization_id="org-2"))
    assert save(client, tmp_path).ok
    assert save(client, tmp_path).owner == {"organization_id": "org-1"}


def test_an_owner_that_is_told_late_is_noted(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(organization_id=""), job("ftjob-2")]
    assert save(client, tmp_path).owner == {"organization_id": "org-1"}
    assert Manifest(tmp_path).owner == {"organization_id": "org-1"}
    before = (tmp_path / NAME).read_text()
    save(client, tmp_path)
    assert (tmp_path / NAME).read_text().removeprefix(before).count('"begun"') == 1


def test_a_folder_with_something_else_in_it_is_refused(account: Account, client: Client, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").touch()
    with pytest.raises(ConfigError, match="has files in it and is no archive; name a new folder"):
        save(client, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]
    assert not account.asked


def test_a_second_run_in_the_folder_is_refused(client: Client, tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(ConfigError, match="another run is at work in"):
        save(client, tmp_path)
    assert save(client, tmp_path).ok


def test_another_process_is_refused_too(tmp_path: Path) -> None:
    code = f"from openft.archive.disk import alone; from pathlib import Path\nwith alone(Path({str(tmp_path)!r})): pass"
    with alone(tmp_path):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "another run is at work in" in done.stderr


def test_a_lock_that_the_system_refuses_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuses)
    with pytest.raises(DataError, match="cannot be locked: No locks available"), alone(tmp_path):
        pass


def test_what_a_killed_run_has_left_half_written_is_removed(client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    for name in (".openft-1.tmp", "files/file-1/.openft-2.part"):
        (tmp_path / name).touch()
    save(client, tmp_path)
    assert not verify(tmp_path).damage


def test_what_cannot_be_removed_stays(client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    (tmp_path / ".openft-1.tmp").mkdir()
    assert save(client, tmp_path).ok


def test_a_folder_that_cannot_be_written_is_an_error_and_ends_the_run(client: Client, tmp_path: Path) -> None:
    (tmp_path / "a/files").mkdir(parents=True)
    (tmp_path / "a/files").rmdir()
    save(client, tmp_path / "a")
    (tmp_path / "a/files/file-1/train.jsonl").unlink()
    (tmp_path / "a/files/file-1/train.jsonl").mkdir()
    with pytest.raises(DataError, match=r"train\.jsonl: cannot be written: is a directory"):
        save(client, tmp_path / "a")


def test_an_account_that_has_nothing_is_an_archive_too(account: Account, client: Client, tmp_path: Path) -> None:
    account.models, account.jobs, account.fine_tunes, account.files = [], [], [], []
    report = save(client, tmp_path)
    assert report.summary() == "complete: there is nothing to save"
    assert verify(tmp_path).summary() == "every file is as it was saved: nothing saved"
    assert json.loads((tmp_path / NAME).read_text().splitlines()[0])["owner"] == {}
