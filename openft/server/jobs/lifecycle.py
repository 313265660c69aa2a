"""What happens to a job, from the queue to its end: each step within one transaction of the caller's."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from openft.server.jobspec import Outcome, WorkerEvent
from openft.server.store import events, files, jobs, models
from openft.server.store.records import EventRecord, FileRecord, JobRecord, ModelRecord

Level = Literal["info", "warn", "error"]


def now() -> int:
    """Return Unix seconds."""
    return int(time.time())


def enqueue(connection: Connection, job: JobRecord) -> JobRecord:
    """Add a job to the queue and return it with its place there."""
    ahead = len(jobs.active(connection))
    job = replace(job, queue_number=ahead)
    jobs.add(connection, job)
    tell(connection, job.stem, "created", f"Created fine-tune: ft-{job.stem}")
    tell(connection, job.stem, "costs", f"Fine-tune costs ${job.cost:.2f}")
    tell(connection, job.stem, "enqueued", f"Fine-tune enqueued. Queue number: {ahead}")
    return job


def move_queue(connection: Connection) -> None:
    """Tell waiting jobs that they moved up."""
    for ahead, job in enumerate(sorted(jobs.active(connection), key=lambda job: job.status == "pending")):
        if job.status == "pending" and ahead < job.queue_number:
            jobs.change(connection, job.stem, queue_number=ahead)
            tell(connection, job.stem, f"queue-{ahead}", f"Fine-tune is in the queue. Queue number: {ahead}")


def start(connection: Connection, stem: str) -> bool:
    """Let a waiting job run; return whether it was still waiting."""
    if not jobs.is_active(connection, stem):
        return False
    jobs.change(connection, stem, status="running", updated_at=now())
    tell(connection, stem, "started", "Fine-tune started")
    return True


def take_in(connection: Connection, stem: str, news: list[WorkerEvent]) -> int:
    """Add what a worker reported, each key once, and return how much of it was new."""
    added = [
        events.add(
            connection,
            EventRecord(
                job=stem,
                key=f"worker:{event.key}",
                created_at=event.created_at,
                message=event.message,
                level=event.level,
                type=event.type,
                step=event.step,
                data=event.data,
            ),
        )
        for event in news
    ]
    return sum(added)


def cancel(connection: Connection, stem: str) -> None:
    """End an active job at once; what its worker still reports is not taken in."""
    _end(connection, stem, status="cancelled")
    tell(connection, stem, "end", "Fine-tune cancelled")


def fail(connection: Connection, stem: str, outcome: Outcome) -> None:
    """End a job without a model."""
    message = outcome.message or "the work failed for an unknown reason; see the job's worker.log on the server"
    _end(
        connection,
        stem,
        status="failed",
        trained_tokens=outcome.trained_tokens,
        error_code=outcome.code or "server_error",
        error_message=message,
        error_param=outcome.param,
    )
    told = events.messages(connection, stem)
    if not told or told[-1].message != f"Error: {message}":  # a worker that could still speak has said it
        tell(connection, stem, "end", f"Error: {message}", level="error")


def succeed(
    connection: Connection, stem: str, model: ModelRecord, results: FileRecord | None, tokens: int | None
) -> None:
    """End a job with its model and its results."""
    models.add(connection, model)
    tell(connection, stem, "model", f"Uploaded model: {model.name}")
    if results:
        files.add(connection, results)
        tell(connection, stem, "results", f"Uploaded result file: {results.id}")
    _end(
        connection,
        stem,
        status="succeeded",
        fine_tuned_model=model.name,
        result_file=results.id if results else None,
        trained_tokens=tokens,
    )
    tell(connection, stem, "end", "Fine-tune succeeded")


def tell(connection: Connection, stem: str, key: str, message: str, *, level: Level = "info") -> None:
    """Add a line of the server's own to a job's story, unless it is there."""
    events.add(connection, EventRecord(job=stem, key=f"server:{key}", created_at=now(), message=message, level=level))


def _end(connection: Connection, stem: str, **values: str | int | None) -> None:
    moment = now()
    jobs.change(connection, stem, finished_at=moment, updated_at=moment, **values)
