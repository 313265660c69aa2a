"""Models that are about to stop: the host is asked once, whoever called is warned once, and nothing fails for it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from _async.support import FILE, client_of
from loopback import HANG, RESET, Answer, Loopback, Received, refusal, reply
from openft import AsyncClient, ConfigError, ShutdownWarning
from openft._async.foretell import MOST
from openft._runtime import aio
from openft.config import Ends
from testing.asking import CHAT, ROWS

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

    def __init__(
        self, entry: Answer | None = None, *, end: object = None, model: str = BASE, going: dict[str, int] | None = None
    ) -> None:
        self.entry = entry or [reply(200, {"id": BASE, "shutdown_date": str(SOON) if end is None else end})]
        self.model = model
        self.going = going or {}
        """Looks at which a job still goes on."""
        self.targets: list[str] = []
        self.is_asked = Event()

    def __call__(self, received: Received) -> Answer:
        target = received.target.removeprefix("/v1")
        self.targets.append(f"{received.method} {target}")
        if target.startswith("/models/"):
            self.is_asked.set()
            return self.entry
        if target == "/files":
            return [reply(200, FILE)]
        root = next(root for root in CREATED if target.startswith(f"/{root}"))
        job = {**CREATED[root], "model": self.model}
        if received.method == "POST":
            return [reply(200, job)]
        if target.partition("?")[0] != f"/{root}":
            return [reply(200, self._seen(job, target.rpartition("/")[2]))]
        return [reply(200, {"data": [self._seen(job, f"job-{number}") for number in range(5)]})]

    def _seen(self, job: dict[str, Any], id: str) -> dict[str, Any]:
        """Return a job as it stands at one more look."""
        left = self.going.get(id, 0)
        self.going[id] = left - 1
        seen = {**job, "id": id, "created_at": 1}
        if left > 0:
            return {**seen, "status": "running"}
        return {**seen, "status": "succeeded", "fine_tuned_model": f"ft:{BASE}:me::1"}

    @property
    def asked(self) -> list[str]:
        """The questions for models."""
        return [target for target in self.targets if "/models/" in target]


def elsewhere(server: Loopback, told: set[tuple[str, str]] | None = None, **options: Any) -> AsyncClient:
    """Return a client that takes the server for one on another machine, in a process where nobody was warned."""
    client = client_of(server, **options)
    ends = Ends(lambda _: True, set() if told is None else told)
    client._settings = client._settings._replace(ends=ends)
    return client


async def create(client: AsyncClient, root: str = "fine_tuning/jobs", **options: Any) -> Any:
    given = {"training_file": "file-1", "model": BASE, **options}
    return await (client.fine_tunes if root == "fine-tunes" else client.fine_tuning.jobs).create(**given)


async def wait(client: AsyncClient, root: str) -> Any:
    return await (client.fine_tunes if root == "fine-tunes" else client.fine_tuning.jobs).wait("job-1", poll=0.05)


async def several(client: AsyncClient, root: str) -> Any:
    jobs: Any = client.fine_tunes if root == "fine-tunes" else client.fine_tuning.jobs
    return [job async for job in jobs.as_completed((f"job-{number}" for number in range(5)), poll=0.05)]


@pytest.mark.anyio
@both
@pytest.mark.parametrize("call", [create, wait, several])
async def test_whoever_makes_or_awaits_a_job_is_warned_of_its_models_end(root: str, call: Callable[..., Any]) -> None:
    host = Host(going={"job-1": 1, "job-4": 2})
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
@both
async def test_it_is_asked_before_anything_is_made(root: str, tmp_path: Path) -> None:
    host = Host()
    file = tmp_path / "train.jsonl"
    file.write_bytes(ROWS if root == "fine-tunes" else CHAT)
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning):
                await create(client, root, training_file=file)
    assert host.targets == [ENTRY, "POST /files", f"POST /{root}"]


@pytest.mark.anyio
@pytest.mark.parametrize("call", [wait, several])
async def test_jobs_that_have_ended_are_returned_at_once_and_nothing_is_asked(call: Callable[..., Any]) -> None:
    host = Host([HANG])
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            assert await call(client, "fine_tuning/jobs")
    assert host.asked == []


@pytest.mark.anyio
async def test_a_fine_tune_whose_model_only_the_host_knows_asks_nothing_before_it_is_awaited() -> None:
    host = Host(going={"job-1": 1})
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            await client.fine_tunes.create(training_file="file-1")
            assert host.asked == []
            with pytest.warns(ShutdownWarning):
                await wait(client, "fine-tunes")
    assert host.asked == [ENTRY]


@pytest.mark.anyio
@both
async def test_the_models_of_jobs_that_go_on_are_seen_in_the_list_too(root: str) -> None:
    host = Host(going={f"job-{number}": 1 for number in range(5)})
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning) as told:
                await several(client, root)
    assert [shown.filename for shown in told] == [__file__]
    assert host.targets[1] == ENTRY


@pytest.mark.anyio
async def test_models_of_jobs_that_nobody_waits_for_are_not_asked_for() -> None:
    host = Host(going={"job-0": 9})
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            jobs = client.fine_tuning.jobs.as_completed((f"job-{number}" for number in range(1, 5)), poll=0.05)
            assert len([job async for job in jobs]) == 4
    assert host.asked == []


@pytest.mark.anyio
async def test_what_was_asked_between_two_endings_is_not_asked_again() -> None:
    host = Host(going={"job-4": 2})
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            ended = client.fine_tuning.jobs.as_completed((f"job-{number}" for number in range(5)), poll=0.05)
            seen = [await anext(ended) for _ in range(4)]
            with pytest.warns(ShutdownWarning):
                await create(client)
            seen += [job async for job in ended]
    assert {job.id for job in seen} == {f"job-{number}" for number in range(5)}
    assert host.asked == [ENTRY]


@pytest.mark.anyio
async def test_a_model_and_the_snapshot_that_a_job_names_are_one_warning() -> None:
    host = Host(going={"job-1": 1})
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning, match="^gpt-4o-mini stops"):
                await create(client, model="gpt-4o-mini")
            await wait(client, "fine_tuning/jobs")
    assert host.asked == ["GET /models/gpt-4o-mini"]


@pytest.mark.anyio
@pytest.mark.parametrize("timeout", ["soon", 0, -1])
async def test_a_timeout_that_makes_no_sense_is_refused_as_ever(timeout: Any) -> None:
    host = Host()
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.raises(ConfigError, match="timeout must be"):
                await create(client, timeout=timeout)
    assert host.targets == []


@pytest.mark.anyio
async def test_a_model_that_is_no_text_is_left_to_the_host() -> None:
    host = Host()
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            assert (await create(client, model=5)).id == "ftjob-1"
    assert host.targets == ["POST /fine_tuning/jobs"]


@pytest.mark.anyio
async def test_a_fine_tuned_model_goes_with_its_base() -> None:
    host = Host()
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            with pytest.warns(ShutdownWarning, match=f"^{BASE} stops"):
                await create(client, model=f"ft:{BASE}:me:films:1")
            await create(client, model=f"ft:{BASE}:me:books:2")
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
            await create(client, model=f"ft:{BASE}:me:books:2")
    assert host.asked == [ENTRY]


@pytest.mark.anyio
async def test_a_job_that_was_there_already_is_told_of_too() -> None:
    entry = reply(200, {"id": BASE, "shutdown_date": str(SOON)})
    job = {**CREATED["fine_tuning/jobs"], "training_file": "file-1", "metadata": {"openft_key": "k"}}
    with Loopback([[entry], [reply(200, {"data": [job]})]]) as server:
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
async def test_a_host_that_is_silent_holds_nobody_up() -> None:
    host = Host([HANG])
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            assert (await create(client, timeout=0.8)).id == "ftjob-1"
    assert host.asked == [ENTRY]


@pytest.mark.anyio
async def test_a_job_whose_host_does_not_name_the_model_asks_nothing() -> None:
    host = Host(model="", going={"job-1": 1})
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            await wait(client, "fine_tuning/jobs")
    assert host.asked == []


@pytest.mark.anyio
async def test_a_name_that_is_none_asks_nothing() -> None:
    host = Host()
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            await create(client, model="ft:")
    assert host.asked == []


@pytest.mark.anyio
async def test_a_client_of_very_many_models_asks_for_the_first() -> None:
    host = Host([refusal(404)])
    with Loopback(host) as server:
        async with elsewhere(server) as client:
            for number in range(MOST + 9):
                await create(client, model=f"mine-{number}")
    assert len(host.asked) == MOST


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
