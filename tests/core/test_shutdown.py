"""When models stop: what hosts say in whatever form, and what OpenAI has announced."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from _async.test_foretell import BASE, ENTRY, Host, create, elsewhere
from loopback import HANG, Loopback
from openft import APITimeoutError, AsyncClient, Client, ShutdownWarning, WaitTimeout
from openft._async.foretell import LIMIT
from openft._core.shutdown import announced, base_of, day, warning
from openft.config import Ends, is_elsewhere
from openft.testing import FakeAPI, Slow
from testing.asking import CHAT

TODAY = date(2026, 11, 22)
END = date(2027, 1, 14)
OPENAI = "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("told", "end"),
    [
        (1_799_884_800, END),
        ("1799884800", END),
        (1_799_884_800.5, END),
        ("2027-01-14", END),
        ("2027-01-14T23:59:59Z", END),
        ("2027-01-14T20:00:00-08:00", date(2027, 1, 15)),
        (None, None),
        ("", None),
        ("soon", None),
        ("²", None),
        (1_799_884_800.0, END),
        (1_799_884_800.75, END),
        ("1799884800.0", END),
        (" 1799884800 ", END),
        (" 2027-01-14\n", END),
        ("20270114", END),
        ("2027", None),
        ("1", None),
        (1, None),
        (-1, None),
        (float("nan"), None),
        (float("inf"), None),
        ("9" * 400, None),
        ("nan", None),
        ("1e9", None),
        (False, None),
        (b"1799884800", None),
        ({"at": 1_799_884_800}, None),
        ("9999-12-31T23:59:59-05:00", None),
        (0, None),
        (-5, None),
        (True, None),
        (1_799_884_800_000, None),
        (10**30, None),
        ("2014-12-31", None),
    ],
)
def test_a_day_is_told_in_seconds_or_as_iso_text(told: object, end: date | None) -> None:
    assert day(told) == end


@pytest.mark.parametrize(
    ("model", "base"),
    [
        ("ft:gpt-4o-mini-2024-07-18:org::id", "gpt-4o-mini-2024-07-18"),
        ("ft:gpt-4o-mini-2024-07-18:org:films:id:ckpt-step-90", "gpt-4o-mini-2024-07-18"),
        ("curie:ft-org-2023-01-01-00-00-00", "curie"),
        ("gpt-4.1", "gpt-4.1"),
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B"),
        ("ft:", ""),
    ],
)
def test_a_models_name_has_its_base(model: str, base: str) -> None:
    assert base_of(model) == base


@pytest.mark.parametrize(
    ("base", "end"),
    [
        *[(name, END) for name in ("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "gpt-4.1-mini-2025-04-14")],
        *[(name, date(2026, 10, 23)) for name in ("gpt-3.5-turbo-0125", "gpt-4-0613", "o4-mini-2025-04-16")],
        ("davinci", date(2024, 1, 4)),
        *[(name, None) for name in ("gpt-4o-audio-preview", "gpt-4.5", "davinci-002", "gpt-4o-mini-tts", "")],
    ],
)
def test_openai_has_announced_the_end_of_models_and_their_snapshots(base: str, end: date | None) -> None:
    assert announced(OPENAI, base) == end
    for region in ("https://eu.api.openai.com/v1", "https://US.API.OpenAI.com:443/v1"):
        assert announced(region, base) == end
    for host in ("https://api.openai.com.evil.example/v1", "https://notapi.openai.com/v1", "http://127.0.0.1/v1", ""):
        assert announced(host, base) is None


def test_what_was_announced_has_its_day_and_its_source() -> None:
    known: dict[str, Any] = json.loads((files("openft") / "assets" / "shutdowns.json").read_bytes())
    for entry in known["shutdowns"]:
        assert entry["source"]
        assert date.fromisoformat(entry["day"]) > date.fromisoformat(entry.get("announced", "2015-01-01"))
        assert date.fromisoformat(entry["read"]) >= TODAY


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (date(2027, 5, 21), "stops answering on 2027-05-21 (days left: 180), and with it"),
        (date(2026, 11, 23), "stops answering on 2026-11-23 (days left: 1), and with it"),
        (date(2026, 11, 22), "stops answering on 2026-11-22 (today), and with it"),
        (date(2026, 11, 21), "was to stop answering on 2026-11-21, and with it"),
        (date(2024, 1, 4), "was to stop answering on 2024-01-04, and with it"),
        (date(2027, 5, 22), None),
    ],
)
def test_an_end_is_told_from_half_a_year_before(end: date, says: str | None) -> None:
    told = warning("curie", end, TODAY)
    assert str(told).startswith(f"curie {says}") if says else told is None


def test_a_warning_can_be_pickled() -> None:
    told = ShutdownWarning("curie stops", model="curie", date=END)
    again = pickle.loads(pickle.dumps(told))
    assert (str(again), again.model, again.date) == ("curie stops", "curie", END)


def test_an_address_of_this_machine_is_not_elsewhere() -> None:
    assert [is_elsewhere(url) for url in (OPENAI, "http://localhost:1/v1", "http://[::1]/v1", "")] == [
        True,
        *[False] * 3,
    ]


def test_what_openai_has_announced_is_told_where_the_host_is_silent() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
    api = FakeAPI(start=now)
    with Client(api_key="sk-x", base_url=OPENAI, http_client=httpx.Client(transport=api.transport())) as client:
        client._settings = client._settings._replace(ends=Ends(told=set()))
        file = client.files.create(file=("train.jsonl", CHAT))
        with pytest.warns(ShutdownWarning, match=f"^{BASE} (stops|was to stop) answering on 2027-01-14"):
            client.fine_tuning.jobs.create(model=BASE, training_file=file.id)
    assert [asked.path for asked in api.requests if "models" in asked.path] == [f"/models/{BASE}"]


@pytest.mark.anyio
async def test_a_cancellation_passes_through_the_question() -> None:
    host = Host([HANG])
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            assert isinstance(client, AsyncClient)
            with anyio.move_on_after(0.2) as scope:
                await create(client)
    assert scope.cancelled_caught
    assert host.targets == [ENTRY]


@pytest.mark.anyio
async def test_a_question_that_hangs_holds_up_nobody_else() -> None:
    host = Host([HANG], going={"job-1": 1000})
    with Loopback(host) as server:
        async with elsewhere(server) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.fine_tuning.jobs.wait("job-1"))
            await anyio.to_thread.run_sync(host.is_asked.wait)
            with anyio.fail_after(LIMIT / 2):
                assert (await client.fine_tuning.jobs.wait("job-2")).id == "job-2"
            tasks.cancel_scope.cancel()


@pytest.mark.parametrize(("takes", "there"), [(5.5, True), (6.5, False)])
def test_the_question_takes_two_seconds_of_the_time_that_a_create_has(takes: float, there: bool) -> None:
    api = FakeAPI()
    api.retire(BASE, date(2027, 1, 14))
    client = api.client(max_retries=0, timeout=8)
    file = client.files.create(file=("train.jsonl", CHAT))
    asked = api.fail_next(Slow(30), path="/models/*")
    api.fail_next(Slow(takes), path="/fine_tuning/jobs")
    if there:
        client.fine_tuning.jobs.create(model=BASE, training_file=file.id)
    else:
        with pytest.raises(APITimeoutError):
            client.fine_tuning.jobs.create(model=BASE, training_file=file.id)
    assert asked.hits == 1


def test_a_create_in_a_hurry_keeps_most_of_its_time() -> None:
    api = FakeAPI()
    api.retire(BASE, date(2027, 1, 14))
    client = api.client()
    file = client.files.create(file=("train.jsonl", CHAT))
    api.fail_next(Slow(30), path="/models/*")
    api.fail_next(Slow(1.4), path="/fine_tuning/jobs")
    assert (client.fine_tuning.jobs.create(model=BASE, training_file=file.id, timeout=2, max_retries=0)).id


@pytest.mark.parametrize(("timeout", "lasts"), [(1, 1), (3, 3), (None, 7200)])
def test_a_wait_ends_in_time_also_where_the_question_hangs(timeout: float | None, lasts: float) -> None:
    api = FakeAPI()
    api.every_job(hours=2)
    api.retire(BASE, date(2027, 1, 14))
    with api.client() as maker:
        file = maker.files.create(file=("train.jsonl", CHAT))
        asked = api.fail_next(Slow(30), path="/models/*", times=2)
        job = maker.fine_tuning.jobs.create(model=BASE, training_file=file.id)
    began = api.now
    with api.client() as client:
        if timeout is None:
            client.fine_tuning.jobs.wait(job.id)
        else:
            with pytest.raises(WaitTimeout):
                client.fine_tuning.jobs.wait(job.id, timeout=timeout)
    assert asked.hits == 2
    assert lasts <= api.now - began <= lasts + (10 if timeout is None else 0)
