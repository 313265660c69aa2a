"""Hosts that refuse, break off, hang, or go away."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from archive.account import Account, file, fine_tune, hosted, job, page
from loopback import CLOSE, KEY, Answer, Pause, Step, again, refusal, reply
from openft import APIConnectionError, AuthenticationError, Client, ConfigError, RateLimitError
from openft.archive import Progress, save, verify
from openft.archive.host import Host
from openft.archive.manifest import Entry
from openft.patience import Gate, Stopped

CONTENT = "/files/file-1/content"
EVENTS = "/fine_tuning/jobs/ftjob-1/events"
LIMITS = "/fine_tuning/model_limits"
CUT: Answer = [b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n{", CLOSE]


@pytest.mark.parametrize("path", [CONTENT, EVENTS, "/fine-tunes/ft-1/events", "/files", "/models"])
@pytest.mark.parametrize(
    "answer",
    [[again(500)], [again(429)], [reply(502, b"<html>", retry_after_ms="1")], CUT],
    ids=["500", "429", "page", "cut"],
)
def test_what_fails_once_is_asked_for_again(
    answer: Answer, path: str, account: Account, client: Client, tmp_path: Path
) -> None:
    account.first[path] = [answer]
    assert save(client, tmp_path).ok
    assert account.asked.count(path) == 2
    assert not verify(tmp_path).damage
    assert (tmp_path / "files/file-1/train.jsonl").read_bytes() == account.contents["file-1"]


@pytest.mark.parametrize("status", [400, 422])
def test_a_host_that_allows_no_pages_as_large_is_asked_for_its_own(
    status: int, account: Account, client: Client, tmp_path: Path
) -> None:
    refused: Answer = [refusal(status, "limit must be 50 or less", param="limit")]
    account.first = {path: [refused] for path in ("/fine_tuning/jobs", "/files", EVENTS)}
    report = save(client, tmp_path)
    assert not report.unsaved
    assert len((tmp_path / "jobs/ftjob-1/events.jsonl").read_text().splitlines()) == 3


def test_a_page_in_the_middle_of_a_list_is_asked_for_again(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(f"ftjob-{number}") for number in range(150)]
    account.first["/fine_tuning/jobs"] = [[page(account.jobs, {"limit": ["100"]})], [again(503)], [again(503)]]
    assert save(client, tmp_path).ok
    assert len((tmp_path / "jobs.jsonl").read_text().splitlines()) == 150


@pytest.mark.parametrize(
    ("path", "what"), [(CONTENT, "content"), (EVENTS, "events"), ("/fine-tunes/ft-1/events", "fine-tune events")]
)
@pytest.mark.parametrize("status", [403, 401])
def test_what_is_forbidden_is_noted_and_stops_nothing(
    path: str, what: str, status: int, account: Account, client: Client, tmp_path: Path
) -> None:
    account.always[path] = [refusal(status, "the reason")]
    report = save(client, tmp_path)
    assert [(one.what, one.state, one.reason) for one in report.unsaved] == [(what, "forbidden", "the reason")]
    assert report.ok
    assert f"forbidden: {what}" in report.text()


@pytest.mark.parametrize("path", [CONTENT, EVENTS, "/fine-tunes/ft-1/events"])
@pytest.mark.parametrize("answer", [refusal(404), refusal(410), reply(404, b"<html>")], ids=["404", "410", "page"])
def test_what_is_listed_is_asked_for_until_it_comes_whatever_the_host_says(
    path: str, answer: bytes, account: Account, client: Client, tmp_path: Path
) -> None:
    account.always[path] = [answer]
    report = save(client, tmp_path)
    assert [one.state for one in report.unsaved] == ["failed"]
    assert not report.ok
    account.always = {}
    assert not save(client, tmp_path).unsaved
    assert not verify(tmp_path).damage


def test_what_an_archive_has_as_gone_for_good_is_asked_for_while_it_is_listed(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.always = {CONTENT: [refusal(403)], EVENTS: [refusal(403)]}
    save(client, tmp_path)
    with (tmp_path / "manifest.jsonl").open("ab") as manifest:
        for entry in (
            Entry("content", "file-1", "gone", settled=True),
            Entry("events", "ftjob-1", "gone", settled=True),
        ):
            manifest.write(entry.line())
    account.always = {}
    assert not save(client, tmp_path).unsaved


@pytest.mark.parametrize("answer", [reply(404, b"<html>"), reply(404, {"detail": "Not Found"})], ids=["page", "route"])
def test_a_file_in_no_list_is_not_gone_by_the_word_of_a_proxy(
    answer: bytes, account: Account, client: Client, tmp_path: Path
) -> None:
    account.files.pop(0)
    account.always["/files/file-1"] = [answer]
    assert [(one.what, one.state) for one in save(client, tmp_path).unsaved] == [("file", "failed")]
    account.always["/files/file-1"] = [reply(200, file())]
    assert not save(client, tmp_path).unsaved


@pytest.mark.parametrize("old", [True, False], ids=["long ago", "just now"])
def test_results_of_a_job_that_has_just_ended_may_be_listed_later(
    old: bool, account: Account, client: Client, tmp_path: Path
) -> None:
    ended = int(time.time()) - (1000 if old else 0)
    account.jobs = [job(result_files=["file-7"], finished_at=ended)]
    account.fine_tunes = [fine_tune(updated_at=ended, result_files=[file("file-8")])]
    report = save(client, tmp_path)
    state = "gone" if old else "failed"
    assert {(one.id, one.state) for one in report.unsaved} == {("file-7", state), ("file-8", state)}


def test_a_file_is_not_gone_while_the_list_of_files_does_not_come(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.jobs[0]["training_file"] = "file-7"
    account.always["/files"] = [refusal(403)]
    report = save(client, tmp_path)
    assert ("file-7", "failed") in [(one.id, one.state) for one in report.unsaved]


@pytest.mark.parametrize(("path", "state"), [(CONTENT, "forbidden"), (EVENTS, "failed"), ("/files", "failed")])
def test_a_bad_request_for_a_content_is_a_no_and_for_a_list_a_failure(
    path: str, state: str, account: Account, client: Client, tmp_path: Path
) -> None:
    account.always[path] = [refusal(400, "downloads are disabled for free accounts")]
    report = save(client, tmp_path)
    assert [one.state for one in report.unsaved] == [state]
    assert report.ok == (state == "forbidden")


def test_what_is_gone_is_not_asked_for_again_and_what_is_forbidden_is(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.files.pop(0)
    account.always = {"/files/file-2/content": [refusal(403)]}
    report = save(client, tmp_path)
    assert {(one.id, one.state) for one in report.unsaved} == {("file-1", "gone"), ("file-2", "forbidden")}
    assert report.ok
    account.asked.clear()
    account.always = {}
    report = save(client, tmp_path)
    assert not verify(tmp_path).damage
    assert "/files/file-1" not in account.asked
    assert (tmp_path / "files/file-2/step_metrics.csv").exists()
    assert [(one.id, one.state) for one in report.unsaved] == [("file-1", "gone")]


def test_what_keeps_failing_is_left_to_another_run(account: Account, client: Client, tmp_path: Path) -> None:
    account.always[CONTENT] = [again(500)]
    report = save(client, tmp_path, attempts=3)
    assert account.asked.count(CONTENT) == 3
    assert not report.ok
    assert [(one.what, one.state) for one in report.failed] == [("content", "failed")]
    assert report.summary().startswith("failed, and another run may save it: 1; saved: 1 job (")
    assert report.next_steps()[0] == "run the same command again; it goes on where it was"
    account.always.clear()
    report = save(client, tmp_path)
    assert report.ok
    assert not report.unsaved


def test_a_connection_that_always_breaks_at_one_file_fails_that_file_alone(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.always[CONTENT] = CUT
    report = save(client, tmp_path, attempts=2)
    assert [(one.id, one.state) for one in report.unsaved] == [("file-1", "failed")]


@pytest.mark.parametrize("path", [CONTENT, EVENTS, "/files/file-40", "/fine-tunes", "/files"])
def test_a_host_that_wants_to_be_left_alone_ends_the_run(
    path: str, account: Account, client: Client, tmp_path: Path
) -> None:
    account.jobs = [job(validation_file="file-40"), *(job(f"ftjob-{number}") for number in range(2, 40))]
    account.always = {path: [refusal(429, "later", retry_after="121")]}
    account.always |= {f"/fine_tuning/jobs/ftjob-{number}/events": account.always[path] for number in range(2, 40)}
    with pytest.raises(RateLimitError, match="later"):
        save(client, tmp_path, concurrency=1)
    assert len([one for one in account.asked if one == path or one.endswith("/events")]) <= 2
    account.always = {}
    assert save(client, tmp_path).ok


def test_a_file_that_has_no_quota_left_is_asked_for_once(account: Account, client: Client, tmp_path: Path) -> None:
    account.always[CONTENT] = [refusal(429, "later", code="insufficient_quota")]
    report = save(client, tmp_path)
    assert account.asked.count(CONTENT) == 1
    assert [one.state for one in report.unsaved] == ["failed"]


def test_an_answer_that_is_none_is_a_failure(account: Account, client: Client, tmp_path: Path) -> None:
    account.always[EVENTS] = [reply(200, {"data": 7})]
    report = save(client, tmp_path)
    assert account.asked.count(EVENTS) == 1
    assert [one.state for one in report.unsaved] == ["failed"]


@pytest.mark.parametrize("path", ["/models", "/fine_tuning/jobs", "/fine-tunes", "/files"])
@pytest.mark.parametrize(
    ("answer", "state"), [(refusal(403), "forbidden"), (again(500), "failed"), (reply(200, {"data": 7}), "failed")]
)
def test_a_list_that_does_not_come_is_noted_until_it_does(
    path: str, answer: bytes, state: str, account: Account, client: Client, tmp_path: Path
) -> None:
    account.always[path] = [answer]
    report = save(client, tmp_path, attempts=1)
    assert [(one.what, one.state) for one in report.unsaved] == [("list", state)]
    assert not report.ok
    assert ("use a key that may read what this one may not" in report.text()) == (state == "forbidden")
    account.always.clear()
    assert not save(client, tmp_path).unsaved


@pytest.mark.parametrize("path", ["/models", "/fine_tuning/jobs", "/files"])
@pytest.mark.parametrize("answer", [refusal(404), reply(404, b"<html>"), refusal(405)], ids=["404", "page", "405"])
def test_a_list_that_every_account_has_is_not_absent(
    path: str, answer: bytes, account: Account, client: Client, tmp_path: Path
) -> None:
    account.fine_tunes = None  # or the host might be one of the 2023 API alone
    account.always[path] = [answer]
    report = save(client, tmp_path)
    assert ("list", "failed") in [(one.what, one.state) for one in report.unsaved]
    assert not report.ok
    account.always.clear()
    assert not save(client, tmp_path).unsaved


@pytest.mark.parametrize(("answer", "ok"), [(refusal(404), True), (reply(404, b"<html>"), False)])
def test_a_host_of_the_2023_api_alone_says_so_itself(
    answer: bytes, ok: bool, account: Account, client: Client, tmp_path: Path
) -> None:
    account.always["/fine_tuning/jobs"] = [answer]
    for dry_run in (True, False):
        report = save(client, tmp_path, dry_run=dry_run)
        assert report.ok is ok
        assert (("the host has no fine_tuning.jobs (today's API)") in report.notes) is ok


def test_lists_that_are_all_refused_are_no_empty_account(account: Account, client: Client, tmp_path: Path) -> None:
    account.always = {path: [refusal(403)] for path in ("/models", "/fine_tuning/jobs", "/fine-tunes", "/files")}
    for dry_run in (True, False):
        report = save(client, tmp_path, dry_run=dry_run)
        assert not report.ok
        assert len(report.failed) == 4
        assert "complete" not in report.summary()


@pytest.mark.parametrize("gone", ["/fine_tuning/jobs", "/fine-tunes"])
def test_what_has_failed_is_not_gone_because_its_list_does_not_come(
    gone: str, account: Account, client: Client, tmp_path: Path
) -> None:
    account.always = {path: [again(500)] for path in (EVENTS, "/fine-tunes/ft-1/events")}
    assert len(save(client, tmp_path, attempts=1).failed) == 2
    account.always = {gone: [refusal(404)]}
    assert not save(client, tmp_path).ok
    account.always = {}
    assert not save(client, tmp_path).unsaved


def test_an_older_state_stays_where_a_newer_one_does_not_come(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(status="running")]
    save(client, tmp_path)
    account.always[EVENTS] = [again(500)]
    report = save(client, tmp_path, attempts=1)
    assert [(one.what, one.state) for one in report.failed] == [("events", "failed")]
    account.jobs = [job()]
    for status, state in ((404, "failed"), (403, "forbidden")):
        account.always[EVENTS] = [refusal(status)]
        assert [(one.what, one.state) for one in save(client, tmp_path).unsaved] == [("events", state)]
    assert (tmp_path / "jobs/ftjob-1/events.jsonl").read_bytes().count(b"\n") == 3
    assert not verify(tmp_path).damage


def test_less_of_a_file_than_the_host_lists_is_kept_and_asked_for_again(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.contents["file-1"] = b'{"a'
    for _ in range(2):
        report = save(client, tmp_path)
        assert [(one.what, one.id, one.state, one.reason) for one in report.failed] == [
            ("content", "file-1", "failed", "only 3 of 6 bytes came")
        ]
        assert (tmp_path / "files/file-1/train.jsonl").read_bytes() == b'{"a'
        assert [one.reason for one in verify(tmp_path).failed] == ["only 3 of 6 bytes came"]
        assert not verify(tmp_path).damage
    account.contents["file-1"] = b'{"a":1'
    assert not save(client, tmp_path).unsaved
    assert (tmp_path / "files/file-1/train.jsonl").read_bytes() == b'{"a":1'


@pytest.mark.parametrize("is_named", [True, False])
def test_the_rest_of_a_file_that_the_host_has_no_longer_is_gone(
    is_named: bool, account: Account, client: Client, tmp_path: Path
) -> None:
    account.contents["file-1"] = b'{"a'
    save(client, tmp_path)
    account.files.pop(0)
    account.jobs, account.fine_tunes = [job()] if is_named else [], []
    for _ in range(2):
        report = save(client, tmp_path)
        assert report.ok
        assert ("content", "gone", "only 3 of 6 bytes came") in [(x.what, x.state, x.reason) for x in report.unsaved]
    assert account.asked.count("/files/file-1") == 1
    assert (tmp_path / "files/file-1/train.jsonl").read_bytes() == b'{"a'


def test_a_file_that_has_left_the_list_is_still_to_come_whole(account: Account, client: Client, tmp_path: Path) -> None:
    account.contents["file-1"] = b'{"a'
    save(client, tmp_path)
    account.always["/files/file-1"] = [reply(200, file())]
    account.files.pop(0)
    account.jobs, account.fine_tunes = [], []
    assert [one.reason for one in save(client, tmp_path).failed] == ["only 3 of 6 bytes came"]
    account.contents["file-1"] = b'{"a":1'
    assert not save(client, tmp_path).unsaved


def test_results_may_be_shorter_than_the_host_lists_them(account: Account, client: Client, tmp_path: Path) -> None:
    account.files[1]["bytes"] = 1000
    assert not save(client, tmp_path).unsaved


def test_a_file_that_is_longer_than_the_host_lists_it_is_saved(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.files[0]["bytes"] = 0
    assert not save(client, tmp_path).unsaved


def test_what_has_failed_and_is_listed_no_longer_is_gone(account: Account, client: Client, tmp_path: Path) -> None:
    account.always = {CONTENT: [again(500)], EVENTS: [again(500)], "/files/file-5": [again(500)]}
    account.jobs = [job(training_file="file-5")]
    assert not save(client, tmp_path, attempts=1).ok
    account.always = {"/files": [again(500)]}
    account.jobs, account.files, account.fine_tunes = [], [], []
    report = save(client, tmp_path, attempts=1)
    assert {(one.what, one.state) for one in report.unsaved} == {
        ("list", "failed"), ("content", "failed"), ("file", "failed"), ("events", "gone"),
    }  # fmt: skip
    account.always = {}
    report = save(client, tmp_path)
    assert report.ok
    assert {(one.what, one.id, one.state) for one in report.unsaved} == {
        ("content", "file-1", "gone"), ("events", "ftjob-1", "gone"), ("file", "file-5", "gone"),
    }  # fmt: skip


def test_a_wrong_key_stops_at_once(account: Account, tmp_path: Path) -> None:
    with hosted(account) as client, pytest.raises(AuthenticationError):
        save(client.with_options(api_key="sk-other"), tmp_path)
    assert account.asked == ["/models"]
    assert [path.name for path in tmp_path.iterdir()] == [".openft-lock"]


def test_a_key_that_is_revoked_meanwhile_stops_the_run(account: Account, client: Client, tmp_path: Path) -> None:
    account.first["/models"] = [[reply(200, {"data": account.models})]]
    account.always = {"/models": [refusal(401, "revoked")], CONTENT: [refusal(401, "revoked")]}
    with pytest.raises(AuthenticationError, match="revoked"):
        save(client, tmp_path)
    account.always = {}
    assert save(client, tmp_path).ok


def test_a_host_that_answers_anything_at_all_is_there(account: Account, client: Client, tmp_path: Path) -> None:
    account.first["/models"] = [[reply(200, {"data": account.models})]]
    account.always = {"/models": [refusal(403)], CONTENT: CUT}
    report = save(client, tmp_path, attempts=1)
    assert [(one.id, one.state) for one in report.unsaved] == [("file-1", "failed")]


def test_a_host_that_goes_away_ends_the_run(account: Account, tmp_path: Path) -> None:
    with hosted(account) as client:
        account.first["/models"] = [[reply(200, {"data": account.models})]]
        account.always = {"/models": [CLOSE], EVENTS: [CLOSE]}
        with pytest.raises(APIConnectionError):
            save(client, tmp_path, attempts=1)
        account.always = {}
        assert save(client, tmp_path).ok


def test_a_host_that_goes_away_while_its_lists_are_read_ends_the_run(account: Account, tmp_path: Path) -> None:
    with hosted(account) as client:
        account.first["/models"] = [[reply(200, {"data": account.models})]]
        account.first["/fine-tunes"] = [[Pause(0.3), refusal(404)]]
        account.always = {"/models": [CLOSE], EVENTS: [CLOSE]}
        with pytest.raises(APIConnectionError):
            save(client, tmp_path, attempts=1)
    assert "/files" not in account.asked


def test_nobody_at_the_address_is_an_error(tmp_path: Path) -> None:
    client = Client(base_url="http://127.0.0.1:9/v1", api_key=KEY)
    with client, pytest.raises(APIConnectionError, match="cannot connect"):
        save(client, tmp_path, attempts=1)


def test_an_address_where_nothing_is_makes_no_archive(account: Account, client: Client, tmp_path: Path) -> None:
    account.always = {
        path: [refusal(404)] for path in ("/models", "/fine_tuning/jobs", "/fine-tunes", "/files", LIMITS)
    }
    with pytest.raises(
        ConfigError, match="has neither models nor jobs nor files; check the address, which ends in /v1"
    ):
        save(client, tmp_path)
    account.always.clear()
    assert save(client, tmp_path).ok


def test_a_download_under_way_sees_that_all_is_over(account: Account, client: Client, tmp_path: Path) -> None:
    piece = b"x" * 20_000
    drip: list[bytes | Step | Pause] = [b"HTTP/1.1 200 OK\r\ncontent-length: 4000000\r\n\r\n"]
    for _ in range(200):
        drip += [piece, Pause(0.1)]
    account.always[CONTENT] = drip
    began = time.monotonic()
    account.always["/files/file-2/content"] = [Pause(0.2), refusal(401)]
    account.first["/models"] = [[reply(200, {"data": account.models})]]
    account.always["/models"] = [refusal(401)]
    with pytest.raises(AuthenticationError):
        save(client, tmp_path)
    assert time.monotonic() - began < 20
    assert not (tmp_path / "files/file-1/train.jsonl").exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "openft archive"]
    account.always.clear()
    assert save(client, tmp_path).ok


def test_a_pause_before_the_next_attempt_sees_that_all_is_over(
    account: Account, client: Client, tmp_path: Path
) -> None:
    account.first["/models"] = [[reply(200, {"data": account.models})]]
    revoked: Answer = [Pause(0.1), refusal(401)]
    account.always = {EVENTS: [refusal(503, retry_after="60")], "/models": revoked, CONTENT: revoked}
    began = time.monotonic()
    with pytest.raises(AuthenticationError):
        save(client, tmp_path)
    assert time.monotonic() - began < 20


def test_a_refusal_for_being_too_many_halves_the_places(account: Account, client: Client) -> None:
    host = Host(client, places=8, attempts=2)
    account.first["/models"] = [[again(429)]]
    assert [model.id for model in host.items(lambda _: host.client.models.list())] == ["m-1"]
    assert host.gate.allowed == 4


def test_progress_counts_what_has_to_come_again_once(account: Account, client: Client, tmp_path: Path) -> None:
    account.first[CONTENT] = [CUT]
    told: list[Progress] = []
    save(client, tmp_path, on_progress=told.append)
    assert told[-1].bytes == sum(map(len, account.contents.values()))


def test_a_host_that_has_enough_is_asked_less() -> None:
    over = threading.Event()
    gate = Gate(8, over)
    gate.slower(0.0)
    assert gate.allowed == 4
    for _ in range(10):
        gate.slower(0.0)
    assert gate.allowed == 1
    for _ in range(50):
        gate.well()
    assert gate.allowed == 2
    for _ in range(1000):
        gate.well()
    assert gate.allowed == 8


def test_a_full_gate_lets_nobody_in_when_all_is_over() -> None:
    over = threading.Event()
    gate = Gate(1, over)
    gate.enter(counted=True)
    gate.enter(counted=False)
    threading.Timer(0.05, over.set).start()
    with pytest.raises(Stopped):
        gate.enter(counted=True)


def test_a_pause_that_the_host_asks_for_holds_all() -> None:
    over = threading.Event()
    gate = Gate(8, over)
    gate.slower(100.0)
    threading.Timer(0.05, over.set).start()
    with pytest.raises(Stopped):
        gate.enter(counted=False)


def test_many_files_are_fetched_at_the_same_time(account: Account, client: Client, tmp_path: Path) -> None:
    account.files = [file(f"file-{number}", bytes=1) for number in range(40)]
    account.contents = {f"file-{number}": b"%d" % number for number in range(40)}
    save(client, tmp_path, concurrency=4)
    assert len(list((tmp_path / "files").rglob("train.jsonl"))) == 40
