"""How a job ends, each way in one transaction, so that a server killed in between does it again."""

from __future__ import annotations

import hashlib
import logging
import signal

from openft.server.home import copy_in_place
from openft.server.jobs import lifecycle, upkeep
from openft.server.jobs.attempt import Attempt, last_words, outcome_in
from openft.server.jobspec import LEGACY_RESULTS, MODEL, Outcome
from openft.server.naming import model_name
from openft.server.store import jobs, models
from openft.server.store.records import FileRecord, JobRecord, ModelRecord
from openft.server.world import World

logger: logging.Logger = logging.getLogger("openft.server")

TRIES = 3
TRIES_WHEN_KILLED = 30  # an end from outside says little about the job; a lack of memory comes back, though
RESULTS_NAME = "compiled_results.csv"
RESULTS_PURPOSE = "fine-tune-results"


class Finisher:
    """Ends jobs."""

    def __init__(self, world: World) -> None:
        self._world = world

    def conclude(self, attempt: Attempt, code: int, *, blame: bool) -> None:
        """End the job of an attempt that is over, or leave it for another attempt.

        Args:
            attempt: what is over.
            code: what its process ended with; negative for a signal.
            blame: whether a missing outcome is the worker's fault; it is not when the server is stopping.
        """
        job = attempt.job
        if outcome := outcome_in(attempt.folder):
            self.finish(job, outcome)
        elif attempt.progressed:
            self._count(job, 0)
        elif blame:
            failures = self._failures(job) + 1
            logger.warning("job %s: worker ended early with code %d, the %d. time in a row", job.stem, code, failures)
            if failures < (TRIES_WHEN_KILLED if code in (-signal.SIGKILL, -signal.SIGTERM) else TRIES):
                self._count(job, failures)
            else:
                self.finish(job, _gave_up(failures, last_words(attempt.folder)))

    def finish(self, job: JobRecord, outcome: Outcome) -> None:
        """End a job as its worker says."""
        if outcome.status == "succeeded" and not (self._world.home.job(job.stem) / MODEL).is_dir():
            outcome = Outcome(status="failed", code="server_error", message="the worker left no model; try again")
        results = self._copy_results(job) if outcome.status == "succeeded" else None
        with self._world.database.write() as connection:
            if jobs.is_active(connection, job.stem):
                if outcome.status == "succeeded":
                    name = model_name(
                        job.base,
                        self._world.settings.organization,
                        job.suffix,
                        lifecycle.now(),
                        lambda name: models.taken(connection, name),
                    )
                    model = ModelRecord(name=name, base=job.base, job=job.stem, created_at=lifecycle.now())
                    lifecycle.succeed(connection, job.stem, model, results, outcome.trained_tokens)
                else:
                    lifecycle.fail(connection, job.stem, outcome)
                lifecycle.move_queue(connection)
        upkeep.release(self._world.home, self._world.database, job)
        self._world.changes.ring()

    def _copy_results(self, job: JobRecord) -> FileRecord | None:
        """Put the results among the files; the database learns of it later, or the next start removes it.

        They always have the same name, so that trying again on a full disk does not fill it further.
        """
        source = self._world.home.job(job.stem) / LEGACY_RESULTS
        if not source.is_file():
            return None
        file_id = f"file-{job.stem}"
        content = source.read_bytes()
        copy_in_place(source, self._world.home.temporary(), self._world.home.file(file_id))
        return FileRecord(
            id=file_id,
            bytes=len(content),
            created_at=lifecycle.now(),
            filename=RESULTS_NAME,
            purpose=RESULTS_PURPOSE,
            sha256=hashlib.sha256(content).hexdigest(),
        )

    def _failures(self, job: JobRecord) -> int:
        with self._world.database.read() as connection:
            found = jobs.find(connection, job.stem)
        return found.failures if found else 0

    def _count(self, job: JobRecord, failures: int) -> None:
        with self._world.database.write() as connection:
            jobs.change(connection, job.stem, failures=failures)


def _gave_up(failures: int, words: str) -> Outcome:
    said = f"; its last words: {words}" if words else ""
    return Outcome(
        status="failed",
        code="server_error",
        message=f"the worker ended {failures} times without getting further{said}",
    )
