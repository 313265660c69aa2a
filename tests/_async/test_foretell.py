"""Models that are about to stop: the host is asked once, whoever called is warned once, and nothing fails for it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from _async.support import client_of
from loopback import HANG, RESET, Answer, Loopback, Received, refusal, reply
from openft import AsyncClient, ShutdownWarning
from openft._runtime import aio
from openft.config import Ends

TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=30)
BASE = "gpt-4o-mini-2024-07-18"
ENTRY = f"GET /models/{BASE}"
CREATED: dict[str, dict[str, Any]] = {
    "fine_tuning/jobs": {"id": "ftjob-1", "status": "queued", "model": BASE},
    "fine-tunes": {"id": "ft-1", "status": "pending", "model": BASE},
}
both = pytest.mark.parametrize("root", CREATED)


class Host:
    """A host of one job and one model."""

    def __init__(self, entry: Answer | None = None, *, end: object = None, model: str = BASE) -> None:
        self.entry = entry or [reply(200, {"id": BASE, "shutdown_date": str(SOON) if end is None else end})]
        self.model = model
        self.targets: list[str] = []

    def __call__(self, received: Received) -> Answer:
        target = received.target.removeprefix("/v1")
        self.targets.append(f"{received.method} {target}")
        if target.startswith("/models/"):
            return self.entry
        root = next(root for root in CREATED if target.startswith(f"/{root}"))
        job = {**CREATED[root], "model": self.model}
        if received.method == "POST":
            return [reply(200, job)]
        done = {**job, "status": "succeeded", "fine_tuned_model": f"ft:{BASE}:me::1", "created_at": 1}
        if target.partition("?")[0] != f"/{root}":
            return [reply(200, {**done, "id": target.rpartition("/")[2]})]
        return [reply(200, {"data": [{**done, "id": f"job-{number}"} for number in range(5)]})]

    @property
    def asked(self) -> list[str]:
        """The questions for models."""
        return [target for target in self.targets if "/models/" in target]


def elsewhere(server: Loopback, told: set[tuple[str, str]] | None = None, **options: Any) -> AsyncClient:
    """Return a client that takes the server for one on another machine, in a process where nobody was warned."""
    client = client_of(server, **options)
    ends = Ends(lambda _: True, set() if told is None else told)
    client._settings = replace(client._settings, ends=ends)
    return client


async def create(client: AsyncClient, root: str = "fine_tuning/jobs", **options: Any) -> Any:
    if root == "fine-tunes":
        return await client.fine_tunes.create(training_file="file-1", model=BASE, **options)
    return await client.fine_tuning.jobs.create(training_file="file-1", model=BASE, **options)


async def wait(client: AsyncClient, root: str) -> Any:
    return await (client.fine_tunes if root == "fine-tunes" else client.fine_tuning.jobs).wait("job-1")


async def several(client: AsyncClient, root: str) -> Any:
    jobs: Any = client.fine_tunes if root == "fine-tunes" else client.fine_tuning.jobs
    return [job async for job in jobs.as_completed(f"job-{number}" for number in range(5))]


@pytest.mark.anyio
@both
@pytest.mark.parametrize("call", [create, wait, several])
async def test_whoever_makes_or_awaits_a_job_is_warned_of_its_models_end(root: str, call: Callable[..., Any]) -> None:
    host = Host()
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning) as told:
                await call(client, root)
            await call(client, root)
    assert host.asked == [ENTRY]
    assert len(told) == 1
    shown: Any = told[0].message
    assert (shown.model, shown.date) == (BASE, SOON)
    assert str(shown) == (
        f"{BASE} stops answering on {SOON} (days left: 30), and with it the models that were trained from it; save "
        "what is needed while they answer: 'openft archive' keeps files, jobs and metrics, 'openft capture' a model's "
        "answers"
    )
    assert told[0].filename == __file__


@pytest.mark.anyio
async def test_it_is_asked_after_the_job_was_made() -> None:
    host = Host()
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning):
                await create(client)
    assert host.targets == ["POST /fine_tuning/jobs", ENTRY]


@pytest.mark.anyio
async def test_a_fine_tuned_model_goes_with_its_base() -> None:
    host = Host(model=f"ft:{BASE}:me:films:1")
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning, match=f"^{BASE} stops"):
                await create(client)
            host.model = f"ft:{BASE}:me:books:2"
            await create(client)
            host.model = BASE
            await create(client)
    assert host.asked == [ENTRY]


@pytest.mark.anyio
async def test_one_warning_is_for_all_clients_of_a_process_and_each_copy_asks_no_more() -> None:
    host, told = Host(), set[tuple[str, str]]()
    with Loopback(host) as server:
        async with elsewhere(server, told) as client:
            with pytest.warns(ShutdownWarning):
                await create(client)
            await create(client.with_options(max_retries=0))
        async with elsewhere(server, told) as another:
            await create(another)
    assert host.asked == [ENTRY]


@pytest.mark.anyio
async def test_a_client_and_its_copies_ask_once_for_each_base_also_where_they_learn_nothing() -> None:
    host = Host([refusal(404)])
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            await create(client)
            await create(client.with_options(max_retries=0))
            host.model = f"ft:{BASE}:me:books:2"
            await create(client)
    assert host.asked == [ENTRY]


@pytest.mark.anyio
async def test_a_job_that_was_there_already_is_told_of_too() -> None:
    entry = reply(200, {"id": BASE, "shutdown_date": str(SOON)})
    job = {**CREATED["fine_tuning/jobs"], "training_file": "file-1", "metadata": {"openft_key": "k"}}
    with Loopback([[reply(200, {"data": [job]})], [entry]]) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning):
                assert (await create(client, idempotency_key="k")).id == "ftjob-1"


@pytest.mark.anyio
async def test_two_who_learn_it_at_once_are_one_warning() -> None:
    told = set[tuple[str, str]]()
    with Loopback(Host()) as server:
        async with elsewhere(server, told) as one, elsewhere(server, told) as other:
            with pytest.warns(ShutdownWarning) as caught:
                await aio.gather(2, [lambda: create(one), lambda: create(other)])
    assert len(caught) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("days", [181, 4000])
async def test_an_end_that_is_far_is_not_told(days: int) -> None:
    host = Host(end=str(TODAY + timedelta(days=days)))
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            await create(client)
            await create(client)
    assert host.asked == [ENTRY]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        [refusal(404)],
        [refusal(500)],
        [refusal(401)],
        [RESET],
        [reply(200, b"<html>")],
        [reply(200, {"id": BASE})],
        [reply(200, {"id": BASE, "shutdown_date": {"at": 5}})],
        [reply(200, {"id": BASE, "shutdown_date": "some day"})],
    ],
    ids=["404", "500", "401", "reset", "html", "no field", "object", "words"],
)
async def test_a_host_that_does_not_say_it_is_asked_once_and_nothing_fails(answer: Answer) -> None:
    host = Host(answer)
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            assert (await create(client)).id == "ftjob-1"
            assert (await client.fine_tuning.jobs.wait("ftjob-1")).succeeded
    assert host.asked == [ENTRY]


@pytest.mark.anyio
@pytest.mark.parametrize("told", [{"timeout": 0.2}, {}], ids=["by the call", "by the limit"])
async def test_a_host_that_is_silent_holds_nobody_up(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("openft._async.foretell", "openft._async.jobs"):
        monkeypatch.setattr(f"{module}.LIMIT", 1000.0 if told else 0.2)
    host = Host([HANG])
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            assert (await create(client, **told)).id == "ftjob-1"
    assert host.asked == [ENTRY]


@pytest.mark.anyio
async def test_a_job_whose_host_does_not_name_the_model_asks_nothing() -> None:
    host = Host(model="")
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            await create(client)
    assert host.asked == []


@pytest.mark.anyio
async def test_a_name_that_is_none_asks_nothing() -> None:
    host = Host(model="ft:")
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            await create(client)
    assert host.asked == []


@pytest.mark.anyio
async def test_a_client_of_very_many_models_asks_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openft._async.foretell.MOST", 3)
    host = Host([refusal(404)])
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            for number in range(9):
                host.model = f"mine-{number}"
                await create(client)
    assert len(host.asked) == 3


@pytest.mark.anyio
async def test_a_server_on_this_machine_is_not_asked() -> None:
    host = Host()
    with Loopback(host) as server:
        async with client_of(server) as client:
            await create(client)
            await client.fine_tuning.jobs.wait("ftjob-1")
    assert host.asked == []


@pytest.mark.anyio
@both
async def test_where_warnings_are_errors_the_job_is_there_all_the_same(
    root: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Loopback(Host()) as server, warnings.catch_warnings(), caplog.at_level(logging.WARNING, "openft"):
        warnings.simplefilter("error")
        async with elsewhere(server) as client:
            assert (await create(client, root)).id == CREATED[root]["id"]
    assert [record.getMessage()[: len(BASE) + 6] for record in caplog.records] == [f"{BASE} stops"]


@pytest.mark.anyio
async def test_what_models_say_of_themselves_is_shown_and_no_warning() -> None:
    host = Host(end=1_799_884_800)
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            entry = await client.models.retrieve(BASE)
    assert entry.shutdown_date == 1_799_884_800
    assert date.fromtimestamp(1_799_884_800).year == 2027
