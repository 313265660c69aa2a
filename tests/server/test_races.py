"""Moments that come too seldom to be waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from openft.server.changes import Changes
from openft.server.generation import Load
from openft.server.home import Home
from openft.server.http.refusal import Refusal
from openft.server.inference import Child, Gone
from openft.server.jobs import lifecycle
from openft.server.jobs.attempt import last_words
from openft.server.jobs.executor import Ended, Work
from openft.server.jobs.finishing import Finisher
from openft.server.jobs.submission import draft, still_there
from openft.server.jobspec import ModelRef, Outcome
from openft.server.runner import Runner
from openft.server.store import events, files, jobs, models
from openft.server.store.records import FileRecord, JobRecord, ModelRecord
from openft.server.world import World
from openft.types.requests import FineTuneCreate
from server.running import settings_for

FILE = FileRecord(
    id="file-1", bytes=1, created_at=1, filename="a", purpose="fine-tune", sha256="x", rows=1, kind="prompt_completion"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """What is kept, without a server."""
    home = Home(tmp_path)
    home.open()
    home.open()  # once more does nothing
    world = World.of(settings_for(tmp_path, workers=2, poll_seconds=0.01), home)
    world.database.open()
    with world.database.write() as connection:
        files.add(connection, FILE)
    yield world
    world.database.close()
    home.close()
    home.close()


def queued(world: World) -> JobRecord:
    drafted = draft(world, FineTuneCreate(training_file=FILE.id, model="ada"))
    with world.database.write() as connection:
        return lifecycle.enqueue(connection, drafted)


def state(world: World, job: JobRecord) -> tuple[str, str]:
    """Return a job's status and the last line of its story."""
    with world.database.read() as connection:
        found = jobs.find(connection, job.stem)
        assert found
        return found.status, events.messages(connection, job.stem)[-1].message


def test_a_job_cancelled_just_before_its_start_does_not_start(world: World) -> None:
    first, second = queued(world), queued(world)

    class Meddling:
        """Cancels the second job while the first one is being started."""

        submitted: list[str]

        def submit(self, folder: Path) -> Work:
            submitted.append(folder.name)
            with world.database.write() as connection:
                lifecycle.cancel(connection, second.stem)
                lifecycle.cancel(connection, first.stem)
            return Ended()

    submitted: list[str] = []
    runner = Runner(world, Meddling())
    runner.start()
    time.sleep(0.2)
    runner.stop()
    assert submitted == [first.stem]
    assert state(world, second) == ("cancelled", "Fine-tune cancelled")


def test_a_job_cancelled_just_before_its_end_stays_cancelled(world: World) -> None:
    job = queued(world)
    with world.database.write() as connection:
        lifecycle.cancel(connection, job.stem)
    Finisher(world).finish(job, Outcome(status="failed", message="too late"))
    assert state(world, job) == ("cancelled", "Fine-tune cancelled")


def test_a_file_deleted_just_before_its_job_is_added_is_missed(world: World) -> None:
    drafted = draft(world, FineTuneCreate(training_file=FILE.id, validation_file=FILE.id, model="ada"))
    with world.database.write() as connection:
        still_there(world, connection, drafted)
        files.mark_deleted(connection, FILE.id, 5)
        with pytest.raises(Refusal, match="no such file"):
            still_there(world, connection, drafted)


def test_a_model_deleted_just_before_its_job_is_added_is_missed(world: World) -> None:
    model = ModelRecord(name="ada:ft-me", base="ada", job="a" * 24, created_at=1)
    with world.database.write() as connection:
        models.add(connection, model)
    drafted = draft(world, FineTuneCreate(training_file=FILE.id, model=model.name))
    with world.database.write() as connection:
        still_there(world, connection, drafted)
        models.mark_deleted(connection, model.name, 5)
        with pytest.raises(Refusal, match="no such model"):
            still_there(world, connection, drafted)


def test_a_file_deleted_while_its_job_is_priced_is_missed(world: World) -> None:
    world = replace(world, settings=replace(world.settings, prices={"ada": 0.5}))
    with pytest.raises(Refusal, match="no such file: file-1;") as refused:
        draft(world, FineTuneCreate(training_file=FILE.id, model="ada"))  # its row is there, its content has gone
    assert (refused.value.status, refused.value.param) == (400, "training_file")


def test_ringing_before_and_after_a_loop_does_nothing() -> None:
    changes = Changes()
    changes.ring()

    async def attach() -> None:
        changes.attach()

    asyncio.run(attach())
    changes.ring()  # the loop is closed
    changes.ring()


def test_a_child_that_is_dead_cannot_be_asked(tmp_path: Path) -> None:
    async def ask() -> None:
        child = await Child.start(("/bin/sh", "-c", "exit 0"), tmp_path / "log")
        await child.close()
        load = Load(id="1", model=ModelRef(name="ada", path="", base="ada"))
        child.send(load)
        async with aclosing(child.ask(load)) as replies:
            with pytest.raises(Gone):
                await anext(replies)

    anyio.run(ask)


def test_a_worker_that_never_wrote_has_no_last_words(tmp_path: Path) -> None:
    assert last_words(tmp_path) == ""
