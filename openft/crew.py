"""Threads that work side by side, each on one job at a time; the first failure ends all of it.

Those of ``concurrent.futures`` are waited for at the end of a process, even if a host hangs.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Generic, TypeVar

Job = TypeVar("Job")
LOOK_AGAIN = 1.0
"""Seconds after which a wait looks for Ctrl-C, which does not end waits everywhere."""


class Crew(Generic[Job]):
    """Does jobs in the order in which they are handed in, as many at a time as there are threads.

    Args:
        work: does a job; what it raises ends the crew.
        size: how many threads there are.
        name: what they are called.
    """

    def __init__(self, work: Callable[[Job], None], size: int, name: str = "openft") -> None:
        self._work, self._size, self._name = work, size, name
        self._turn = Condition()
        self._jobs: deque[Job] = deque()
        self._at_work = 0
        self._threads = 0
        self._failure: BaseException | None = None
        self._over = False

    def hand(self, job: Job) -> None:
        """Take a job in, once fewer jobs wait than there are threads; raise what another one has failed with."""
        with self._turn:
            self._wait(lambda: len(self._jobs) < self._size)
            self._jobs.append(job)
            if self._threads < self._size:
                self._threads += 1
                Thread(target=self._run, name=self._name, daemon=True).start()
            self._turn.notify_all()

    def finish(self) -> None:
        """Return when all jobs are done; raise what one has failed with."""
        with self._turn:
            self._wait(lambda: not self._jobs and not self._at_work)

    def stop(self, grace: float) -> None:
        """Begin no further job, and give those at work some seconds to end; one that does not is left to itself."""
        with self._turn:
            self._over = True
            self._jobs.clear()
            self._turn.notify_all()
            until = time.monotonic() + grace
            while self._at_work and (left := until - time.monotonic()) > 0:
                self._turn.wait(min(left, LOOK_AGAIN))

    def _wait(self, ready: Callable[[], bool]) -> None:
        while self._failure is None and not ready():
            self._turn.wait(LOOK_AGAIN)
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        while (job := self._next()) is not None:
            failure: BaseException | None = None
            try:
                self._work(job[0])
            except BaseException as problem:  # noqa: BLE001 - raised again by who waits
                failure = problem
            with self._turn:
                self._at_work -= 1
                self._failure = self._failure or failure
                self._turn.notify_all()

    def _next(self) -> tuple[Job] | None:
        with self._turn:
            self._turn.wait_for(lambda: self._over or self._failure is not None or self._jobs)
            if self._over or self._failure is not None:
                return None
            self._at_work += 1
            job = self._jobs.popleft()
            self._turn.notify_all()
            return (job,)
