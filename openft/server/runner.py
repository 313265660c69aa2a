"""Runs the queue: which job next, what its worker reports, what comes after."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import ParamSpec

from openft.server.jobs import lifecycle, upkeep
from openft.server.jobs.attempt import Attempt, outcome_in
from openft.server.jobs.executor import Ended, Executor
from openft.server.jobs.finishing import Finisher
from openft.server.jobs.submission import folder_free, prepare_folder
from openft.server.store import jobs
from openft.server.store.records import JobRecord
from openft.server.world import World

P = ParamSpec("P")
_IDLE_SECONDS = 5.0  # it is woken when there is something to do
_TROUBLE_SECONDS = 0.5

logger: logging.Logger = logging.getLogger("openft.server")


class Runner:
    """A thread of its own, so that no request waits for a job's bookkeeping."""

    def __init__(self, world: World, executor: Executor) -> None:
        self._world = world
        self._executor = executor
        self._finisher = Finisher(world)
        self._attempts: dict[str, Attempt] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="openft-runner", daemon=True)

    def start(self) -> None:
        """Begin with the queue; jobs that were running go on."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the queue now rather than soon."""
        self._wake.set()

    def stop(self) -> None:
        """Let the workers write checkpoints and end; their jobs go on at the next start."""
        self._stopping = True
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            idle = _safely(self._tick)
            self._wake.wait(_IDLE_SECONDS if idle else self._world.settings.poll_seconds)
            self._wake.clear()
        for attempt in self._attempts.values():
            attempt.work.let_go(self._world.settings.grace_seconds)
        while self._attempts:
            over = [stem for stem, attempt in self._attempts.items() if attempt.work.poll() is not None]
            self._look_at_all()
            for stem in over:  # those too whose end cannot be written down: the next start reads their folders
                self._attempts.pop(stem, None)
            time.sleep(0.02)

    def _tick(self) -> bool:
        """Look after all jobs; return whether there are none."""
        self._look_at_all()
        with self._world.database.read() as connection:
            active = jobs.active(connection)
        for job in sorted(active, key=lambda job: job.status == "pending"):  # those that ran before go first
            if job.stem not in self._attempts and len(self._attempts) < self._world.settings.workers:
                _safely(self._begin, job)
        return not active and not self._attempts

    def _begin(self, job: JobRecord) -> None:
        folder = self._world.home.job(job.stem)
        if not folder_free(folder):
            return  # the worker of a server that was killed is writing its last checkpoint
        if outcome_in(folder):  # it had ended just before; nobody has read its report
            self._attempts[job.stem] = Attempt(job, folder, Ended())
            return
        prepare_folder(self._world, job, folder)
        if job.status == "pending":
            with self._world.database.write() as connection:
                if not lifecycle.start(connection, job.stem):
                    return  # cancelled a moment ago
            self._world.changes.ring()
        self._attempts[job.stem] = Attempt(job, folder, self._executor.submit(folder))

    def _look_at_all(self) -> None:
        for attempt in list(self._attempts.values()):
            _safely(self._look_at, attempt)

    def _look_at(self, attempt: Attempt) -> None:
        code = attempt.work.poll()  # before its report is read, which is complete then
        active = self._take_in(attempt)
        if not active:
            attempt.work.cancel(self._world.settings.grace_seconds)
        elif outcome_in(attempt.folder):
            attempt.work.let_go(self._world.settings.grace_seconds)  # it is done: it must not stay
        if code is None:
            return
        if active:
            self._finisher.conclude(attempt, code, blame=not self._stopping)
        else:
            upkeep.release(self._world.home, self._world.database, attempt.job)
        del self._attempts[attempt.job.stem]

    def _take_in(self, attempt: Attempt) -> bool:
        """Add what the worker reported to the job's story; return whether the job is still active."""
        stem = attempt.job.stem
        news, end = attempt.read()
        if not news:
            with self._world.database.read() as connection:
                return jobs.is_active(connection, stem)
        with self._world.database.write() as connection:
            active = jobs.is_active(connection, stem)
            if active:
                attempt.news += lifecycle.take_in(connection, stem, news)
        attempt.offset = end  # not before: what could not be written is read again
        self._world.changes.ring()
        return active


def _safely(step: Callable[P, bool | None], *args: P.args, **kwargs: P.kwargs) -> bool:
    try:
        return bool(step(*args, **kwargs))
    except Exception:
        # the queue must go on: a full disk, say, is over some day
        logger.exception("the runner will try again")
        time.sleep(_TROUBLE_SECONDS)
        return False
