"""What ``openft.archive.save`` writes, and what a second run asks for."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

import openft
from archive.account import Account, checkpoint, event, file, fine_tune, hosted, job
from loopback import KEY, refusal, reply
from openft import Client, ConfigError, DataError
from openft.archive import Progress, save, verify

LISTS = ["/models", "/fine_tuning/jobs", "/fine-tunes", "/files", "/fine_tuning/model_limits"]


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def entry(folder: Path, what: str, id: str) -> dict[str, Any]:
    """Return the last line of the manifest about a thing."""
    told: dict[str, Any]
    *_, told = (one for one in lines(folder / "manifest.jsonl") if (one.get("what"), one.get("id")) == (what, id))
    return told


def test_an_account_becomes_a_plain_folder(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    report = save(client, folder)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {
        *("README.txt", "report.txt", "report.json", "report.html", "manifest.jsonl", "SHA256SUMS", ".openft-lock"),
        "model_limits.json",
        *(f"{name}.{kind}" for name in ("jobs", "fine-tunes", "files", "models") for kind in ("jsonl", "csv")),
        *(f"jobs/ftjob-1/{name}" for name in ("job.json", "events.jsonl", "checkpoints.jsonl", "checkpoints.csv")),
        *("fine-tunes/ft-1/fine-tune.json", "fine-tunes/ft-1/events.jsonl"),
        *("files/file-1/file.json", "files/file-1/train.jsonl"),
        *("files/file-2/file.json", "files/file-2/step_metrics.csv"),
    }
    assert report.ok
    assert report.did == "saved"
    assert {one.what: (one.saved, one.new) for one in report.held} == {
        "jobs": (1, 1), "fine-tunes": (1, 1), "files": (2, 2), "events": (4, 4), "checkpoints": (2, 2),
        "models": (1, 0),
    }  # fmt: skip
    assert report.summary().startswith("complete: 1 job (")


def test_what_the_host_says_is_kept_as_it_is(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs[0]["unheard_of"] = {"of": [1, "데이터"]}
    save(client, tmp_path)
    assert json.loads((tmp_path / "jobs/ftjob-1/job.json").read_text("utf-8")) == account.jobs[0]
    assert lines(tmp_path / "jobs.jsonl") == account.jobs
    assert lines(tmp_path / "files.jsonl") == account.files
    assert lines(tmp_path / "fine-tunes.jsonl") == account.fine_tunes
    assert (tmp_path / "files/file-1/train.jsonl").read_bytes() == account.contents["file-1"]


def test_all_events_are_there_oldest_first(account: Account, client: Client, tmp_path: Path) -> None:
    account.events = [event(number) for number in range(250, 0, -1)]
    save(client, tmp_path)
    assert [one["data"]["step"] for one in lines(tmp_path / "jobs/ftjob-1/events.jsonl")] == [*range(1, 251)]


def test_a_host_that_lists_the_oldest_first_is_kept_in_this_order(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.events = [event(number) for number in range(1, 251)]
    account.always["/fine_tuning/jobs/ftjob-1/checkpoints"] = [reply(200, {"data": [checkpoint(1), checkpoint(2)]})]
    save(client, tmp_path)
    assert [one["data"]["step"] for one in lines(tmp_path / "jobs/ftjob-1/events.jsonl")] == [*range(1, 251)]
    assert [one["step_number"] for one in lines(tmp_path / "jobs/ftjob-1/checkpoints.jsonl")] == [1, 2]


def test_a_job_without_events_and_checkpoints_has_empty_lists(account: Account, client: Client, tmp_path: Path) -> None:
    account.events = []
    account.always["/fine_tuning/jobs/ftjob-1/checkpoints"] = [reply(200, {"data": []})]
    assert not save(client, tmp_path).unsaved
    assert not lines(tmp_path / "jobs/ftjob-1/events.jsonl")
    assert not lines(tmp_path / "jobs/ftjob-1/checkpoints.jsonl")


def test_a_host_without_checkpoints_has_none(account: Account, client: Client, tmp_path: Path) -> None:
    account.always["/fine_tuning/jobs/ftjob-1/checkpoints"] = [refusal(404, "no such list")]
    report = save(client, tmp_path)
    assert report.ok
    assert [one.state for one in report.unsaved] == ["gone"]


def test_the_table_of_2023_names_the_files_of_jobs(client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    [row] = csv.DictReader((tmp_path / "fine-tunes.csv").read_text().splitlines())
    assert (row["training_files.id"], row["result_files.id"]) == ('["file-1"]', '["file-2"]')


def test_checkpoints_have_a_table(client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    with (tmp_path / "jobs/ftjob-1/checkpoints.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [(row["step_number"], row["metrics.train_loss"]) for row in rows] == [("1", "0.5"), ("2", "0.5")]


def test_openfts_own_cursor_is_not_among_what_the_host_said(client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    (told,) = lines(tmp_path / "fine-tunes/ft-1/events.jsonl")
    assert "cursor" not in told


def test_tables_have_times_and_nothing_that_a_spreadsheet_calculates(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.files[0]["filename"] = '=cmd|"/c calc"!A1'
    account.jobs[0] |= {"metadata": {"a": "b"}, "error": {"code": "x", "message": "bad"}, "finished_at": 10**20}
    save(client, tmp_path)
    with (tmp_path / "files.csv").open() as table:
        first = next(csv.DictReader(table))
    assert first["filename"].startswith("'=cmd")
    assert first["created_at"] == "2026-05-28T20:26:40Z"
    with (tmp_path / "jobs.csv").open() as table:
        (row,) = csv.DictReader(table)
    assert (row["metadata"], row["error.message"], row["result_files"]) == ('{"a": "b"}', "bad", '["file-2"]')
    assert row["finished_at"] == str(10**20)


def test_the_manifest_says_what_where_from_and_when(client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    told = entry(tmp_path, "content", "file-1")
    content = (tmp_path / told["path"]).read_bytes()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert (told["size"], told["state"]) == (6, "saved")
    assert told["source"] == f"{client.base_url}/files/file-1/content"
    assert told["when"][:4].isdigit()
    head = lines(tmp_path / "manifest.jsonl")[0]
    assert (head["host"], head["owner"]) == (client.base_url, {"organization_id": "org-1"})


def test_the_hashes_can_be_checked_without_openft(client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=tmp_path, check=True)


def test_no_key_is_in_the_folder(account: Account, client: Client, tmp_path: Path) -> None:
    account.always["/files/file-1/content"] = [refusal(403, f"key {KEY} may not read this")]
    account.always["/fine-tunes"] = [refusal(400, f"bad request by {KEY}")]
    report = save(client, tmp_path)
    assert {one.state for one in report.unsaved} == {"forbidden", "failed"}
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path
    assert KEY not in report.to_json() + report.text() + report.html()


def test_a_second_run_asks_for_lists_alone(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    account.asked.clear()
    report = save(client, tmp_path)
    assert account.asked == LISTS
    assert report.ok
    assert sum(one.new for one in report.held) == 0


def test_a_second_run_fetches_what_is_new(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    account.jobs.insert(0, job("ftjob-2", training_file="file-3"))
    account.files.append(file("file-3", bytes=4))
    account.contents["file-3"] = b"more"
    account.asked.clear()
    save(client, tmp_path)
    more = ["/fine_tuning/jobs/ftjob-2/checkpoints", "/fine_tuning/jobs/ftjob-2/events", "/files/file-3/content"]
    assert sorted(account.asked) == sorted([*LISTS, *more])
    assert {one["id"] for one in lines(tmp_path / "jobs.jsonl")} == {"ftjob-1", "ftjob-2"}


@pytest.mark.parametrize("fields", [{"status": "running"}, {"finished_at": int(time.time())}], ids=["runs", "ended"])
def test_the_story_of_a_job_that_may_go_on_is_asked_for_again(
    fields: dict[str, Any], account: Account, client: Client, tmp_path: Path
) -> None:
    account.jobs[0] |= fields
    account.fine_tunes = [fine_tune(status="running")]
    save(client, tmp_path)
    account.events.insert(0, event(4))
    account.jobs[0] = job()
    save(client, tmp_path)
    assert len(lines(tmp_path / "jobs/ftjob-1/events.jsonl")) == 4
    assert lines(tmp_path / "jobs.jsonl") == [job()]
    assert account.asked.count("/fine-tunes/ft-1/events") == 2


@pytest.mark.parametrize("is_listed", [True, False])
def test_jobs_that_have_not_ended_are_named(is_listed: bool, account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs.append(job("ftjob-2", status="running"))
    account.fine_tunes = [fine_tune(status="pending")]
    save(client, tmp_path)
    if not is_listed:
        account.jobs, account.fine_tunes = [], []
    named = ["ftjob-2 (running)", "ft-1 (pending)"]
    for report in (save(client, tmp_path), verify(tmp_path)):
        assert report.unfinished == named
        assert report.ok
        assert report.summary().endswith("; jobs that had not ended: 2")
        for text in (report.text(), report.html(), report.to_json()):
            assert "ftjob-2 (running)" in text
        assert "save the account again when these jobs have ended: openft archive" in report.text()
    assert save(client, tmp_path, dry_run=True).unfinished == (named if is_listed else [])
    account.jobs, account.fine_tunes = [job("ftjob-2")], [fine_tune()]
    assert not save(client, tmp_path).unfinished


@pytest.mark.parametrize(
    "name", ["files/file-1/train.jsonl", "jobs/ftjob-1/checkpoints.csv", "files/file-1/file.json", "jobs.csv"]
)
def test_what_is_lost_on_the_disk_is_fetched_again(name: str, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    (tmp_path / name).unlink()
    save(client, tmp_path)
    assert not verify(tmp_path).damage


def test_what_the_host_has_lost_stays_in_the_archive(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    account.models, account.jobs, account.fine_tunes, account.files = [{"id": "m-2"}], [], None, []
    report = save(client, tmp_path)
    assert [one["id"] for one in lines(tmp_path / "jobs.jsonl")] == ["ftjob-1"]
    assert [one["id"] for one in lines(tmp_path / "fine-tunes.jsonl")] == ["ft-1"]
    assert [one["id"] for one in lines(tmp_path / "files.jsonl")] == ["file-1", "file-2"]
    assert [one["id"] for one in lines(tmp_path / "models.jsonl")] == ["m-1", "m-2"]
    assert report.ok
    assert not verify(tmp_path).damage


def test_a_host_without_the_2023_api_is_told_of_once(account: Account, client: Client, tmp_path: Path) -> None:
    account.fine_tunes = None
    report = save(client, tmp_path)
    assert report.notes == ["the host has no fine-tunes (the 2023 API)"]
    assert report.ok
    assert not report.unsaved


def test_what_may_still_be_fine_tuned_is_kept(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    told = json.loads((tmp_path / "model_limits.json").read_text())
    assert told["data"] == [{"model": "m-1", "max_jobs": 3}]
    account.always["/fine_tuning/model_limits"] = [refusal(404)]
    assert save(client, tmp_path).notes == ["the host has no word on what may still be fine-tuned"]
    assert (tmp_path / "model_limits.json").exists()


def test_results_in_base64_are_decoded_and_kept(account: Account, client: Client, tmp_path: Path) -> None:
    table = b"step,train_loss\n" + b"".join(b"%d,0.25\n" % number for number in range(20_000))
    account.contents["file-2"] = b64encode(table) + b"\n"
    save(client, tmp_path)
    assert (tmp_path / "files/file-2/step_metrics.decoded.csv").read_bytes() == table
    assert (tmp_path / "files/file-2/step_metrics.csv").read_bytes() == account.contents["file-2"]
    (tmp_path / "files/file-2/step_metrics.decoded.csv").unlink()
    save(client, tmp_path)
    assert not verify(tmp_path).damage


@pytest.mark.parametrize(
    "content",
    [b"", b"step,loss\n", b"c3RlcCxsb3Nz!", b"c3RlcCxsb3N", b64encode(b"no table"), b64encode(b"step") + b"x"],
    ids=["empty", "plain", "strange", "broken off", "another", "torn"],
)
def test_results_that_are_no_table_in_base64_are_kept_alone(
    content: bytes, account: Account, client: Client, tmp_path: Path
) -> None:
    account.contents["file-2"] = content
    save(client, tmp_path)
    assert [path.name for path in sorted((tmp_path / "files/file-2").iterdir())] == ["file.json", "step_metrics.csv"]


def test_what_a_job_names_as_results_is_decoded_whatever_its_purpose(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.fine_tunes = []
    account.files[1]["purpose"] = ""
    account.contents["file-2"] = b64encode(b"step,loss\n1,2\n")
    save(client, tmp_path)
    assert (tmp_path / "files/file-2/step_metrics.decoded.csv").read_bytes() == b"step,loss\n1,2\n"


def test_a_training_file_is_never_decoded(account: Account, client: Client, tmp_path: Path) -> None:
    account.contents["file-1"] = b64encode(b"step,loss\n1,2\n")
    save(client, tmp_path)
    assert not (tmp_path / "files/file-1/train.jsonl.decoded.csv").exists()


def test_names_of_files_are_no_paths(account: Account, client: Client, tmp_path: Path) -> None:
    account.files[0]["filename"] = "../../escaped"
    account.files[1]["filename"] = "FILE.json"
    save(client, tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a/files/file-1/_.._escaped").read_bytes() == account.contents["file-1"]
    assert (tmp_path / "a/files/file-2/_FILE.json").read_bytes() == account.contents["file-2"]


def test_strange_ids_are_asked_for_as_they_are(account: Account, client: Client, tmp_path: Path) -> None:
    ids = ["a/../b", "데이터", "x" * 300, "CON", "file-A", "file-a"]
    account.files = [file(id, bytes=len(id.encode())) for id in ids]
    account.contents = {id: id.encode() for id in ids}
    account.jobs, account.fine_tunes = [], []
    report = save(client, tmp_path)
    assert report.ok
    assert not report.unsaved
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file() and path.name != "file.json"]
    assert {path.read_bytes() for path in kept} == set(account.contents.values())
    assert len({path.as_posix().casefold() for path in kept}) == len(ids)


@pytest.mark.parametrize("id", ["..", ""])
def test_an_id_that_cannot_be_asked_for_stops_nothing(
    id: str, account: Account, client: Client, tmp_path: Path
) -> None:
    account.jobs = [job(id), job("ftjob-2", training_file=id or "..")]
    account.files.append(file(id))
    report = save(client, tmp_path)
    assert report.ok
    assert {one.state for one in report.unsaved} == {"forbidden"}
    assert (tmp_path / "jobs/ftjob-2/events.jsonl").exists()


def test_files_that_jobs_name_and_no_list_has_are_looked_for(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(training_file="file-7", validation_file="file-8")]
    account.always["/files/file-7"] = [refusal(404, "no such file")]
    account.files = [file("file-8", bytes=5)]
    account.contents["file-8"] = b"valid"
    report = save(client, tmp_path)
    assert ("file", "file-7", "gone") in [(one.what, one.id, one.state) for one in report.unsaved]
    assert report.ok
    account.asked.clear()
    save(client, tmp_path)
    assert "/files/file-7" not in account.asked  # what is gone is gone


def test_a_file_in_no_list_that_is_there_is_saved(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(training_file="file-9", result_files=[])]
    account.always["/files/file-9"] = [b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n", b'{"id":"file-9"}']
    account.contents["file-9"] = b"there"
    save(client, tmp_path)
    assert (tmp_path / "files/file-9/file-9").read_bytes() == b"there"
    account.asked.clear()
    save(client, tmp_path)
    assert account.asked == LISTS


def test_files_for_other_purposes_stay_where_they_are(account: Account, client: Client, tmp_path: Path) -> None:
    account.files.append(file("file-3", purpose="batch"))
    save(client, tmp_path)
    assert not (tmp_path / "files/file-3").exists()


def test_a_dry_run_counts_and_writes_nothing(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs.append(job("ftjob-2", training_file="file-7"))
    report = save(client, tmp_path / "a", dry_run=True)
    assert not (tmp_path / "a").exists()
    assert account.asked == LISTS
    assert {one.what: (one.saved, one.new, one.new_bytes) for one in report.held} == {
        "models": (1, 0, None), "jobs": (2, 2, None), "fine-tunes": (1, 1, None), "files": (2, 2, 12),
        "unlisted files": (1, 1, None),
    }  # fmt: skip
    told = "a run would save 2 jobs, 1 fine-tune, 2 files (12 B), 1 unlisted file; nothing was written"
    assert report.summary() == told


def test_a_dry_run_over_an_archive_counts_what_is_new(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    report = save(client, tmp_path, dry_run=True)
    assert report.summary() == "a run would save nothing new; nothing was written"
    account.always["/fine-tunes"] = [refusal(403, "no")]
    report = save(client, tmp_path, dry_run=True)
    assert [(one.what, one.state) for one in report.unsaved] == [("list", "forbidden")]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_dry_run_over_another_accounts_archive_is_refused(account: Account, client: Client, tmp_path: Path) -> None:
    save(client, tmp_path)
    account.jobs = [job(organization_id="org-2")]
    with pytest.raises(ConfigError, match="this key belongs to org-2"):
        save(client, tmp_path, dry_run=True)


def test_progress_is_told_to_the_end(client: Client, tmp_path: Path) -> None:
    told: list[Progress] = []
    save(client, tmp_path, on_progress=told.append)
    assert told[-1] == Progress(done=4, of=4, bytes=28, of_bytes=12)


def test_what_progress_raises_ends_the_run_and_the_next_goes_on(client: Client, tmp_path: Path) -> None:
    def enough(_: Progress) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        save(client, tmp_path, on_progress=enough)
    assert save(client, tmp_path).ok
    assert not verify(tmp_path).damage


def test_what_stops_a_run_is_told_though_lists_are_still_read(
    account: Account, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.jobs = [job(f"ftjob-{number}") for number in range(100)]
    save(client, tmp_path)
    monkeypatch.setattr("openft.archive.walk.PAGE", 1)
    (tmp_path / "jobs/ftjob-7/events.jsonl").unlink()
    (tmp_path / "jobs/ftjob-7/events.jsonl").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        save(client, tmp_path)


def test_what_has_come_again_as_it_was_is_not_new(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(finished_at=int(time.time()) - 5)]
    first, second = (next(one for one in save(client, tmp_path).held if one.what == "events") for _ in range(2))
    assert (first.saved, first.new, second.saved, second.new) == (4, 4, 4, 0)
    assert account.asked.count("/fine_tuning/jobs/ftjob-1/events") == 2


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"attempts": 0}])
def test_numbers_below_one_are_refused(wrong: dict[str, int], client: Client, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="concurrency and attempts are numbers from 1 on"):
        save(client, tmp_path, **wrong)  # type: ignore[arg-type]


def test_an_async_client_is_refused(tmp_path: Path) -> None:
    client = openft.AsyncClient(base_url="http://127.0.0.1:9/v1", api_key=KEY)
    with pytest.raises(ConfigError, match=r"save takes an openft\.Client; an async service runs it in a thread"):
        save(client, tmp_path)  # type: ignore[arg-type]


def test_it_is_found_under_the_packages_name() -> None:
    assert openft.archive.save is save


def test_the_owner_is_told_by_headers_too(account: Account, tmp_path: Path) -> None:
    account.headers = {"openai_organization": "personal", "openai_project": "proj_1"}
    with hosted(account) as client:
        report = save(client, tmp_path)
    assert report.owner == {"organization": "personal", "project": "proj_1", "organization_id": "org-1"}
