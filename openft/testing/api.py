"""The API that a test talks to, and what the test may say to it."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Unpack

from openft.testing import lifecycle, seeding
from openft.testing.answers import Answers
from openft.testing.clock import VirtualClock
from openft.testing.faults import Fault, Scripted
from openft.testing.http import Asked, Refusal
from openft.testing.life import Script
from openft.testing.records import FakeFile, FakeJob, FakeModel, WireName
from openft.testing.routes import TABLE
from openft.testing.service import Service
from openft.testing.webhooks import Webhook, webhook
from openft.testing.world import BASES, Grade, World

if TYPE_CHECKING:
    import httpx

    from openft import AsyncClient, Client
    from openft.testing.transport import ClientOptions

METHODS = ("GET", "POST", "DELETE")


class FakeAPI:
    """A fine-tuning API in memory, with files, jobs, models and a time of its own.

    Nothing is trained. A job takes ten minutes of the API's time and succeeds, unless the test says otherwise; its
    model answers with what stands in the training file.

    Args:
        keeps_keys: whether it keeps idempotency keys, as openft's server does; False plays a host that ignores them.
        speed: seconds that pass by themselves in each second of the world's.
        step: seconds that pass with each look at a job, while there are any at work.
        start: the time at first, in Unix seconds; None is now.
        bases: the models that can be trained from.
        organization: part of the fine-tuned models' names.
        api_keys: the keys that are good; all are, where none is named.
    """

    def __init__(
        self,
        *,
        keeps_keys: bool = True,
        speed: float = 0.0,
        step: float = 0.0,
        start: float | None = None,
        bases: tuple[str, ...] = BASES,
        organization: str = "personal",
        api_keys: tuple[str, ...] = (),
    ) -> None:
        clock = VirtualClock(time.time() if start is None else start, speed)
        self._world = World(clock, bases=bases, organization=organization)
        self._world.step = step
        self._service = Service(self._world, keeps_keys=keeps_keys, api_keys=api_keys)

    def __repr__(self) -> str:
        return f"<FakeAPI, jobs: {len(self._world.jobs)}, at work: {self._world.active}>"

    def client(self, *, skip: bool = True, **options: Unpack[ClientOptions]) -> Client:
        """Return a client of this API.

        Args:
            skip: let the API's time pass where the client would sleep, so that it need not; with False it does sleep,
                and the API's time passes by ``advance`` alone.
            **options: as Client takes them.
        """
        from openft.testing.transport import make_client

        return make_client(self._service, options, skip=skip)

    def async_client(self, *, skip: bool = True, **options: Unpack[ClientOptions]) -> AsyncClient:
        """Return an async client of this API; see ``client``."""
        from openft.testing.transport import make_async_client

        return make_async_client(self._service, options, skip=skip)

    def transport(self, *, skip: bool = True) -> httpx.BaseTransport:
        """Return what brings any ``httpx.Client`` here, as that of another library; see ``client``."""
        from openft.testing.transport import Transport

        return Transport(self._service, skip=skip)

    def async_transport(self, *, skip: bool = True) -> httpx.AsyncBaseTransport:
        """Return the same for an ``httpx.AsyncClient``."""
        from openft.testing.transport import AsyncTransport

        return AsyncTransport(self._service, skip=skip)

    @contextmanager
    def port(self, number: int = 0) -> Generator[str]:
        """Serve on a port of this machine for the length of the block, and give the base URL.

        Args:
            number: the port; 0 takes any free one.
        """
        from openft.testing.port import Port

        with Port(self._service, number) as served:
            yield served.url

    @property
    def now(self) -> float:
        """The API's time, in Unix seconds."""
        return self._world.now

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0) -> None:
        """Let time pass, and with it the jobs go on."""
        with self._world.lock:
            self._world.clock.advance(seconds + 60 * minutes + 3600 * hours)
            self._world.touch()
            self._world.settle()

    def advance_to_end(self, job_id: str) -> FakeJob:
        """Let time pass until a job has ended, and return it.

        Raises:
            ValueError: it is paused and would never end.
        """
        with self._world.lock:
            job = self.job(job_id)
            if job.paused_at is not None:
                raise ValueError(f"{job_id} is paused; resume it first")
            if job.plan:
                self._world.clock.advance_to(job.plan[-1][0])
            return self.job(job_id)

    def every_job(self, **script: Unpack[Script]) -> None:
        """Say what becomes of the jobs that are created from now on."""
        self._world.life = self._world.life.scripted(**script)

    def next_job(self, **script: Unpack[Script]) -> None:
        """Say what becomes of the next job alone; calls one after the other speak of the jobs after it."""
        self._world.next_lives.append(self._world.life.scripted(**script))

    def change(self, job_id: str, **script: Unpack[Script]) -> None:
        """Say what becomes of a job that is at work."""
        with self._world.lock:
            job = self._unfinished(job_id)
            lifecycle.plan(job, job.life.scripted(**script), now=self.now)
            self._world.expect(job)

    def end(self, job_id: str, **script: Unpack[Script]) -> FakeJob:
        """End a job now, and return it."""
        with self._world.lock:
            job = self._unfinished(job_id)
            job.paused_at = None
            lifecycle.plan(job, job.life.scripted(**script), now=self.now, at_once=True)
            self._world.expect(job)
            return self.job(job_id)

    def add_jobs(self, count: int, *, wire: WireName = "current", **script: Unpack[Script]) -> list[FakeJob]:
        """Put jobs into the list that ended a month ago, and return them."""
        with self._world.lock:
            return seeding.add_jobs(self._world, count, wire, self._world.life.scripted(**script))

    def answer_with(self, answers: Answers) -> None:
        """Say what models answer: prompts and answers, or a function from one to the other.

        A conversation's prompt is its last message. What is not found is answered from the training file.
        """
        if not isinstance(answers, Mapping) and not callable(answers):
            raise TypeError(f"answers are a mapping or a function, not {answers!r}")
        self._world.answers = answers

    def grade_with(self, grade: Grade) -> None:
        """Say what graders give: a function of the grader's settings, the item and the model's answer."""
        self._world.grade = grade

    def files_take(self, seconds: float) -> None:
        """Say how long files that are uploaded from now on take to be processed."""
        self._world.file_seconds = seconds

    def retire(self, model: str, on: date | float | str) -> None:
        """Say when a model stops: clients warn, and its entry and those of models trained from it have the date.

        It answers all the same, also behind that day.

        Args:
            model: a base.
            on: the day, or what hosts send: Unix seconds, or ISO text.

        Raises:
            ValueError: there is no such base.
        """
        with self._world.lock:
            if self._world.base_of(model) is None:
                raise ValueError(f"there is no model {model!r} here; FakeAPI(bases=…) says which there are")
            self._world.shutdowns[model] = (
                on.isoformat() if isinstance(on, date) else on if isinstance(on, str) else int(on)
            )

    def fail_next(
        self, fault: Fault, *, method: str | None = None, path: str = "*", times: int = 1, after: int = 0
    ) -> Scripted:
        """Let something go wrong, and return what counts how often it has.

        Args:
            fault: Status, Refused, Dropped, Lost, Cut, Slow or Altered.
            method: of the requests that it hits; None is any.
            path: likewise, without ``/v1``; ``*`` stands for anything, as in ``/fine_tuning/jobs/*``.
            times: how many requests it hits.
            after: how many of them pass before the first is hit.

        Raises:
            ValueError: there is no such path.
        """
        if not isinstance(fault, Fault):  # pyright: ignore[reportUnnecessaryIsInstance] - as Status, or 503
            raise TypeError(f"a fault is Status(503), Lost() or another of openft.testing, not {fault!r}")
        if method is not None and method.upper() not in METHODS:
            raise ValueError(f"no request has the method {method!r}; {', '.join(METHODS)} are those of this API")
        place = "/" + path.removeprefix("/v1").removeprefix("/") if path != "*" else path
        if not TABLE.has(place):
            raise ValueError(f"nothing answers at {place}, so nothing can go wrong there; {TABLE.meant(place)}")
        scripted = Scripted(fault, None if method is None else method.upper(), place, times, after)
        self._service.faults.append(scripted)
        return scripted

    def webhook(self, job_id: str) -> Webhook:
        """Return what a host sends when a job has ended, signed so that ``client.webhooks.unwrap`` takes it.

        Raises:
            ValueError: it has not ended.
        """
        job = self.job(job_id)
        if not job.finished:
            raise ValueError(f"{job_id} is {job.status}; hosts tell of ends only")
        return webhook(job, self.now)

    @property
    def requests(self) -> list[Asked]:
        """What was asked, in order."""
        return self._service.requests

    def forget_requests(self) -> None:
        """Empty ``requests`` and add nothing to it from now on, as in a run of hours."""
        self._service.remembers = False
        self._service.requests.clear()

    @property
    def jobs(self) -> list[FakeJob]:
        """All jobs, as they were created."""
        with self._world.lock:
            self._world.settle()
            return [job for job in self._world.order if job is not None]

    @property
    def files(self) -> list[FakeFile]:
        """All files that are there, results among them."""
        with self._world.lock:
            self._world.settle()
            return [file for file in self._world.files.values() if self._world.has_file(file)]

    @property
    def models(self) -> list[FakeModel]:
        """All fine-tuned models."""
        with self._world.lock:
            self._world.settle()
            return [model for model in self._world.models.values() if model.listed]

    def job(self, job_id: str) -> FakeJob:
        """Return a job by its id on either wire.

        Raises:
            KeyError: there is none.
        """
        with self._world.lock:
            self._world.settle()
            try:
                return self._world.job(job_id)
            except Refusal:
                raise KeyError(f"there is no job {job_id}; api.jobs has them all") from None

    def _unfinished(self, job_id: str) -> FakeJob:
        job = self.job(job_id)
        if job.finished:
            raise ValueError(f"{job_id} has already {job.status}")
        return job
