"""The API's state: files, jobs and models, and the time in which they change."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from threading import RLock
from typing import Any, TypeAlias

from openft.config import Ends
from openft.testing import lifecycle
from openft.testing.answers import Answers
from openft.testing.clock import VirtualClock
from openft.testing.http import Refusal, Wire
from openft.testing.life import Life
from openft.testing.naming import stem_of
from openft.testing.records import FakeFile, FakeJob, FakeModel, FakeUpload

BASES = (
    *("ada", "babbage", "curie", "davinci", "babbage-002", "davinci-002", "gpt-3.5-turbo-0125"),
    *("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"),
    *("gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4.1-nano-2025-04-14", "o4-mini-2025-04-16"),
)
"""What can be trained from; ``gpt-4o-mini`` also stands for ``gpt-4o-mini-2024-07-18``."""
Grade: TypeAlias = Callable[[dict[str, Any], object, str], float]
"""What a test's grader is: it gets the grader's settings, the item and the answer."""
LONG = 3600.0
"""Seconds after which time passes faster for clients that sleep while all jobs are paused."""
HASTE = 0.02
"""The part of the time in which nothing has happened that passes then with each sleep, at least."""
FOREVER = 10 * 365 * 24 * 3600.0
"""Seconds that clients may sleep in a row while nothing happens."""
STILL = 300.0
"""Seconds that pass with each look of one who does nothing but follow a paused job."""


class World:
    """What there is. Whoever looks or changes something holds ``lock``."""

    def __init__(self, clock: VirtualClock, *, bases: tuple[str, ...], organization: str) -> None:
        self.lock: RLock = RLock()
        self.clock = clock
        self.bases = bases
        self.organization = organization
        self.life: Life = Life()
        self.next_lives: deque[Life] = deque()
        self.files: dict[str, FakeFile] = {}
        self.jobs: dict[str, FakeJob] = {}
        self.order: list[FakeJob | None] = []
        """Jobs as they were created, None for those deleted."""
        self.active: int = 0
        """Jobs that have not ended."""
        self.models: dict[str, FakeModel] = {}
        self.uploads: dict[str, FakeUpload] = {}
        self.permissions: dict[str, dict[str, Wire]] = {}
        self.answers: Answers = {}
        self.shutdowns: dict[str, int | str] = {}
        """When models stop, by base, as a host would send it."""
        self.ends: Ends = Ends(self._has_shutdowns, set())
        self.lessons: dict[str, dict[str, str]] = {}
        """What training files teach, by file."""
        self.grade: Grade | None = None
        self.step: float = 0.0
        """Seconds that pass with each look at a job, while there are any at work."""
        self.file_seconds: float = 0.0
        """How long a file takes to be processed."""
        self.started: float = clock.now()
        self._due: list[tuple[float, int, FakeJob]] = []
        self._count = count()
        self._idle: float = 0.0
        """Seconds that clients have slept since something happened."""

    @property
    def now(self) -> float:
        """The API's time."""
        return self.clock.now()

    def settle(self) -> None:
        """Let happen what was to happen until now."""
        while self._due and self._due[0][0] <= self.now:
            due, _, job = heapq.heappop(self._due)
            if job.plan and job.paused_at is None and job.plan[0][0] == due:  # else it was cancelled or put off
                self.touch()
                _, milestone = job.plan.popleft()
                lifecycle.reach(self, job, milestone, due)
                self.expect(job)

    def expect(self, job: FakeJob) -> None:
        """Remember when the next thing happens to a job."""
        if job.plan:
            heapq.heappush(self._due, (job.plan[0][0], next(self._count), job))

    def touch(self) -> None:
        """Note that something happens."""
        self._idle = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass in place of a client's sleep.

        Raises:
            AssertionError: nothing happens any more, so that the client would wait for ever.
        """
        with self.lock:
            before = self.now
            self.clock.sleep(seconds)
            self._idled(self.now - before)

    def _idled(self, seconds: float) -> None:
        self._idle += seconds
        self.settle()
        paused = self._paused() if self._idle > LONG else []
        if paused:
            more = max(self._idle * HASTE - seconds, 0.0)
            self.clock.advance(more)
            self._idle += more
        if self._idle > FOREVER and (paused or not self._due):
            raise AssertionError(_endless(paused))

    def _paused(self) -> list[FakeJob]:
        """Return the jobs that have not ended, none where something happens without a client."""
        if self._due and self._due[0][2].paused_at is None and not self._due[0][2].finished:  # most often, and cheap
            return []
        if any(thing.ready_at > self.now for things in (self.files, self.models) for thing in things.values()):
            return []
        waiting = [job for job in self.order if job is not None and not job.finished]
        return [] if any(job.paused_at is None for job in waiting) else waiting

    @property
    def still(self) -> bool:
        """Whether nothing has happened while clients slept for some time."""
        return self._idle >= STILL

    def stand_by(self, job: FakeJob) -> None:
        """Let more time pass for one who looks at a job's events again and again, if it is paused."""
        with self.lock:
            if job.paused_at is not None:
                self.clock.advance(STILL)
                self._idled(STILL)

    def pass_to_next(self, job: FakeJob, *, skips: bool) -> bool:
        """Let time pass for one who waits for a job's next event; return False where there is none now.

        Args:
            job: what is waited for.
            skips: whether who waits lets the API's time pass.
        """
        with self.lock:
            if skips:
                self.stand_by(job)
            if not job.plan or job.paused_at is not None or not (skips or self.step):
                return False
            self.clock.advance_to(job.plan[0][0] if skips else self.now + self.step)
            return True

    def job(self, job_id: str, noun: str = "fine-tune") -> FakeJob:
        """Return a job by its id on either wire; ``noun`` is what the wire that asks calls it.

        Raises:
            Refusal: 404, there is none.
        """
        stem = stem_of(job_id)
        found = self.jobs.get(stem) if stem else None
        if found is None:
            raise Refusal(404, f"no such {noun}: {job_id}; list them to see all", param="id")
        return found

    def next_life(self) -> Life:
        """Return what becomes of the job that is created now."""
        return self.next_lives.popleft() if self.next_lives else self.life

    def newest(self, before: int | None = None) -> Iterator[FakeJob]:
        """Yield jobs, the newest first, on request only those created before a certain one."""
        for number in range((len(self.order) if before is None else before) - 1, -1, -1):
            job = self.order[number]
            if job is not None:
                yield job

    def add_job(self, job: FakeJob) -> None:
        """Take a job in."""
        job.number, job.updated_at = len(self.order), job.created_at
        self.jobs[job.stem] = job
        self.order.append(job)
        self.active += 1
        self.expect(job)

    def file(self, file_id: str) -> FakeFile:
        """Return a file.

        Raises:
            Refusal: 404, there is none.
        """
        found = self.files.get(file_id)
        if found is None or not self.has_file(found):
            raise Refusal(404, f"no such file: {file_id}; list them to see all", param="id")
        return found

    def has_file(self, file: FakeFile) -> bool:
        """Return whether a file is still there."""
        return not file.deleted and (file.expires_at is None or file.expires_at > self.now)

    def is_model(self, name: str) -> bool:
        """Return whether a model can be used."""
        return self.base_of(name) is not None

    def base_of(self, name: str) -> str | None:
        """Return what a model descends from, None where there is no such model."""
        if name in self.models:
            return self.models[name].base
        if name in self.bases:
            return name
        return name if any(base.startswith(f"{name}-20") for base in self.bases) else None

    def _has_shutdowns(self, _: str) -> bool:
        return bool(self.shutdowns)

    def shutdown_of(self, name: str) -> int | str | None:
        """Return when a model stops, None where nobody has said it; fine-tuned ones go with their base."""
        base = self.base_of(name) or name
        same = (known for known in self.shutdowns if _same(base, known))
        return next((self.shutdowns[known] for known in same), None)

    def known_model(self, name: str) -> str:
        """Return a model's base.

        Raises:
            Refusal: 404, there is no such model.
        """
        base = self.base_of(name)
        if base is None:
            raise Refusal(404, f"no such model: {name}; list them to see all", code="model_not_found", param="model")
        return base


def _same(one: str, other: str) -> bool:
    """Return whether two names are one model's, with and without the date of its snapshot."""
    return one == other or one.startswith(f"{other}-20") or other.startswith(f"{one}-20")


def _endless(paused: list[FakeJob]) -> str:
    """Return what to tell of a client that sleeps and sleeps."""
    if not paused:
        return "a client has slept for ten years in which nothing happened; give its wait a timeout"
    first = paused[0].id
    who = f"{first} is" if len(paused) == 1 else f"{first} and {len(paused) - 1} more are"
    return (
        f"{who} paused, and a client has waited for ten years; call fine_tuning.jobs.resume({first!r}) on a client,"
        f" or end({first!r}) on the API, or give the wait a timeout"
    )
