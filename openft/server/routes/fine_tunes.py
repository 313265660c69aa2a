"""`/v1/fine-tunes`."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
from sqlalchemy import Connection
from starlette.responses import Response

from openft.server.http.gateway import ANY, Call, Route
from openft.server.http.parsing import parse
from openft.server.http.refusal import Refusal, not_found
from openft.server.http.rendering import JsonAnswer, answer
from openft.server.idempotency import Once
from openft.server.jobs import lifecycle, submission, upkeep
from openft.server.limits import parsed
from openft.server.naming import stem_of
from openft.server.service import Service
from openft.server.shapes import legacy
from openft.server.store import events, files, jobs
from openft.server.store.records import EventRecord, FileRecord, JobRecord
from openft.types.requests import FineTuneCreate


class FineTunes:
    """Handlers of the fine-tunes resource, but for its events."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._world = service.world

    def routes(self) -> list[Route]:
        """Return where the handlers are found."""
        one = ("v1", "fine-tunes", ANY)
        return [
            Route("GET", ("v1", "fine-tunes"), self.list),
            Route("POST", ("v1", "fine-tunes"), self.create),
            Route("GET", one, self.retrieve),
            Route("DELETE", one, self.delete),
            Route("POST", (*one, "cancel"), self.cancel),
        ]

    async def list(self, call: Call) -> Response:
        """Answer with all fine-tunes, oldest first, without events."""
        return await answer(self._list)

    async def create(self, call: Call) -> Response:
        """Put a job in the queue."""
        with self._service.desk.once(call.request, call.who, "POST /fine-tunes") as once:
            request = await parsed(call.request, self._world.settings, lambda fields: parse(FineTuneCreate, fields))
            body = await anyio.to_thread.run_sync(self._create, request, once)
        self._service.runner.wake()
        return JsonAnswer(body)

    async def retrieve(self, call: Call) -> Response:
        """Answer with one fine-tune and its events."""
        return await answer(self._retrieve, call.parts[0])

    async def cancel(self, call: Call) -> Response:
        """End a job that waits or runs."""
        scope = f"POST /fine-tunes/{call.parts[0]}/cancel"
        with self._service.desk.once(call.request, call.who, scope) as once:
            body = await anyio.to_thread.run_sync(self._cancel, call.parts[0], once)
        self._service.runner.wake()
        self._world.changes.ring()
        return JsonAnswer(body)

    async def delete(self, call: Call) -> Response:
        """Remove a finished job's record; its model and its result file stay."""
        await anyio.to_thread.run_sync(self._delete, call.parts[0])
        self._world.changes.ring()
        return JsonAnswer(legacy.deleted("fine-tune", call.parts[0]))

    def _list(self) -> legacy.Wire:
        with self._world.database.read() as connection:
            return legacy.listing(self._shapes(connection, jobs.every(connection)))

    def _create(self, request: FineTuneCreate, once: Once) -> legacy.Wire:
        with self._world.database.read() as connection:
            if (told := once.recall(connection, request.model_dump())) is not None:
                return told
        drafted = submission.draft(self._world, request)
        with self._world.database.write() as connection:
            submission.still_there(self._world, connection, drafted)
            job = lifecycle.enqueue(connection, drafted)
            return once.keep(connection, self._shape(connection, job))

    def _retrieve(self, job_id: str) -> legacy.Wire:
        with self._world.database.read() as connection:
            return self._shape(connection, find_job(connection, job_id))

    def _cancel(self, job_id: str, once: Once) -> legacy.Wire:
        with self._world.database.write() as connection:
            if (told := once.recall(connection, {})) is not None:
                return told
            job = find_job(connection, job_id)
            if not job.active:
                message = f"fine-tune {job_id} has already {_ENDS[job.status]}; only waiting and running ones can be"
                raise Refusal(400, f"{message} cancelled", param="id", code="already_finished")
            lifecycle.cancel(connection, job.stem)
            lifecycle.move_queue(connection)
            return once.keep(connection, self._shape(connection, find_job(connection, job_id)))

    def _delete(self, job_id: str) -> None:
        with self._world.database.write() as connection:
            job = find_job(connection, job_id)
            if job.active:
                raise Refusal(
                    400, f"fine-tune {job_id} is {job.status}; cancel it first", param="id", code="not_finished"
                )
            jobs.remove(connection, job.stem)
        upkeep.release(self._world.home, self._world.database, job)

    def _shape(self, connection: Connection, job: JobRecord) -> legacy.Wire:
        told = events.messages(connection, job.stem)
        return self._shapes(connection, [job], told)[0]

    def _shapes(
        self, connection: Connection, records: Sequence[JobRecord], told: Sequence[EventRecord] | None = None
    ) -> Sequence[legacy.Wire]:
        known = _files_of(connection, records)
        organization = f"org-{self._world.settings.organization}"
        return [legacy.fine_tune(job, known, organization, told) for job in records]


_ENDS = {"succeeded": "succeeded", "failed": "failed", "cancelled": "been cancelled"}


def find_job(connection: Connection, job_id: str) -> JobRecord:
    """Return a job by its id on either API.

    Raises:
        Refusal: 404, there is none.
    """
    stem = stem_of(job_id)
    job = jobs.find(connection, stem) if stem else None
    if job is None:
        raise not_found(f"fine-tune: {job_id}", "GET /v1/fine-tunes lists all", param="id")
    return job


def _files_of(connection: Connection, records: Sequence[JobRecord]) -> dict[str, FileRecord]:
    named = {name for job in records for name in (job.training_file, job.validation_file, job.result_file) if name}
    return files.by_id(connection, named)
