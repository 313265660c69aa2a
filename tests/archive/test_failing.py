"""Hosts that refuse, break off, hang, or go away."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from archive.account import Account, file, hosted, job, page
from loopback import CLOSE, KEY, Answer, Pause, Step, again, refusal, reply
from openft import APIConnectionError, AuthenticationError, Client, ConfigError
from openft.archive import Progress, save, verify
from openft.archive.host import Host
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
@pytest.mark.parametrize(("status", "state"), [(404, "gone"), (410, "gone"), (403, "forbidden"), (401, "forbidden")])
def test_what_is_gone_or_forbidden_is_noted_and_stops_nothing(
    path: str, what: str, status: int, state: str, account: Account, client: Client, tmp_path: Path
) -> None:
    account.always[path] = [refusal(status, "the reason")]
    report = save(client, tmp_path)
    assert [(one.what, one.state, one.reason) for one in report.unsaved] == [(what, state, "the reason")]
    assert report.ok
    assert f"{state}: {what}" in report.text()


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
    account.always = {CONTENT: [refusal(404)], "/files/file-2/content": [refusal(403)]}
    save(client, tmp_path)
    account.asked.clear()
    account.always = {}
    report = save(client, tmp_path)
    assert not verify(tmp_path).damage
    assert CONTENT not in account.asked
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


@pytest.mark.parametrize("more", [{"retry_after": "3600"}, {"code": "insufficient_quota"}])
def test_a_host_that_wants_to_be_left_alone_is(
    more: dict[str, str], account: Account, client: Client, tmp_path: Path
) -> None:
    account.always[CONTENT] = [refusal(429, "later", **more)]
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


def test_an_older_state_stays_where_a_newer_one_does_not_come(account: Account, client: Client, tmp_path: Path) -> None:
    account.jobs = [job(status="running")]
    save(client, tmp_path)
    account.always[EVENTS] = [again(500)]
    report = save(client, tmp_path, attempts=1)
    assert [(one.what, one.state) for one in report.failed] == [("events", "failed")]
    account.always[EVENTS] = [refusal(404)]
    assert not save(client, tmp_path).unsaved
    assert (tmp_path / "jobs/ftjob-1/events.jsonl").read_bytes().count(b"\n") == 3
    assert not verify(tmp_path).damage


def test_what_has_failed_and_is_listed_no_longer_is_gone(account: Account, client: Client, tmp_path: Path) -> None:
    account.always = {CONTENT: [again(500)], EVENTS: [again(500)], "/files/file-5": [again(500)]}
    account.jobs = [job(training_file="file-5")]
    assert not save(client, tmp_path, attempts=1).ok
    account.always = {"/files": [again(500)]}
    account.jobs, account.files, account.fine_tunes = [], [], []
    assert len(save(client, tmp_path, attempts=1).failed) == 4
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
    account.files = [file(f"file-{number}") for number in range(40)]
    account.contents = {f"file-{number}": b"%d" % number for number in range(40)}
    save(client, tmp_path, concurrency=4)
    assert len(list((tmp_path / "files").rglob("train.jsonl"))) == 40
