"""What a dry run and a run over an archive count as new, and what they note of what has come again as it was."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from archive.account import Account, fine_tune, job
from loopback import refusal
from openft import Client
from openft.archive import Report, save

NOTHING = "a run would save nothing new; nothing was written"


@pytest.fixture
def folder(account: Account, client: Client, tmp_path: Path) -> Path:
    """An archive of jobs that have ended just now, so that more of their events may appear."""
    account.jobs = [job(finished_at=int(time.time()))]
    account.fine_tunes = [fine_tune(updated_at=int(time.time()))]
    assert save(client, tmp_path).ok
    return tmp_path


def new(report: Report) -> dict[str, int]:
    return {one.what: one.new for one in report.held if one.new}


def test_jobs_whose_events_may_still_come_are_not_new_to_a_dry_run(client: Client, folder: Path) -> None:
    report = save(client, folder, dry_run=True)
    assert (report.summary(), new(report)) == (NOTHING, {})
    assert not any("save it all" in step for step in report.next_steps())
    assert not new(save(client, folder))


def test_jobs_that_have_changed_are_new_to_a_dry_run_as_to_a_run(
    account: Account, client: Client, folder: Path
) -> None:
    account.jobs[0]["status"], account.fine_tunes = "failed", [fine_tune(status="failed")]
    expected = {"jobs": 1, "fine-tunes": 1}
    assert new(save(client, folder, dry_run=True)) == expected
    assert new(save(client, folder)) == expected


@pytest.mark.parametrize("name", ["jobs/ftjob-1/events.jsonl", "jobs/ftjob-1/job.json", "jobs/ftjob-1/checkpoints.csv"])
def test_jobs_of_which_something_is_lost_are_new_to_a_dry_run(name: str, client: Client, folder: Path) -> None:
    (folder / name).unlink()
    assert new(save(client, folder, dry_run=True)) == {"jobs": 1}


def test_events_that_are_lost_make_a_fine_tune_new_to_a_dry_run(client: Client, folder: Path) -> None:
    (folder / "fine-tunes/ft-1/events.jsonl").unlink()
    assert new(save(client, folder, dry_run=True)) == {"fine-tunes": 1}


def test_checkpoints_that_no_host_has_make_no_job_new(account: Account, client: Client, tmp_path: Path) -> None:
    account.always["/fine_tuning/jobs/ftjob-1/checkpoints"] = [refusal(404)]
    assert [one.state for one in save(client, tmp_path).unsaved] == ["gone"]
    assert save(client, tmp_path, dry_run=True).summary() == NOTHING


def test_a_dry_run_over_an_archive_that_was_never_finished_says_so(client: Client, tmp_path: Path) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(client, tmp_path, on_progress=stop)
    report = save(client, tmp_path, dry_run=True)
    assert not report.ended
    assert report.next_steps()[0] == f"finish it, while the host is there: openft archive {tmp_path}"


def test_what_comes_again_as_it_was_is_not_noted_again(account: Account, client: Client, folder: Path) -> None:
    def noted() -> list[str]:
        return [line for line in (folder / "manifest.jsonl").read_text().splitlines() if '"made"' not in line]

    before = noted()
    save(client, folder)
    assert account.asked.count("/fine-tunes/ft-1/events") == 2
    assert [line.rpartition('"run": ')[2] for line in noted()[len(before) :]] == ['"begun"}', '"ended"}']


def test_what_is_refused_again_with_the_same_words_is_not_noted_again(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.always["/files/file-1/content"] = [refusal(403)]
    for _ in range(2):
        assert [one.state for one in save(client, tmp_path).unsaved] == ["forbidden"]
    assert (tmp_path / "manifest.jsonl").read_text().count('"forbidden"') == 1
