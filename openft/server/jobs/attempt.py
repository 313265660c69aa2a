"""One attempt at a job: what the runner reads from its folder."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from pydantic import ValidationError

from openft.server.jobs.executor import Work
from openft.server.jobspec import CHECKPOINT, EVENTS, LOG, OUTCOME, Outcome, WorkerEvent
from openft.server.store.records import JobRecord

logger: logging.Logger = logging.getLogger("openft.server")

_LOG_LINES = 5
_LOG_BYTES = 4096


class Attempt:
    """Work on a job, and how much of its report has been read."""

    def __init__(self, job: JobRecord, folder: Path, work: Work) -> None:
        self.job = job
        """As it stood when the attempt began."""
        self.folder = folder
        self.work = work
        self.news = 0
        """How many of its events were new."""
        self.offset = 0
        """Up to where its report has been taken in; from the start again in each attempt, keys tell what is new."""
        self._checkpoint = _stamp(folder / CHECKPOINT)

    def read(self) -> tuple[list[WorkerEvent], int]:
        """Return the events that are complete and not yet taken in, and where they end."""
        try:
            with (self.folder / EVENTS).open("rb") as file:
                file.seek(self.offset)
                fresh = file.read()
        except FileNotFoundError:
            return [], self.offset
        complete = fresh[: fresh.rfind(b"\n") + 1]  # the rest is still being written, or torn
        events = [event for line in complete.split(b"\n")[:-1] if (event := _event(line, self.job.stem))]
        return events, self.offset + len(complete)

    @property
    def progressed(self) -> bool:
        """Whether it got anywhere: a new event, or a new checkpoint."""
        return self.news > 0 or _stamp(self.folder / CHECKPOINT) != self._checkpoint


def outcome_in(folder: Path) -> Outcome | None:
    """Return how the work in a folder ended, None if it has not."""
    try:
        return Outcome.model_validate_json((folder / OUTCOME).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        logger.warning("ignoring %s: %s", folder / OUTCOME, error)
        return None


def last_words(folder: Path) -> str:
    """Return the end of a worker's log, on one line."""
    try:
        with (folder / LOG).open("rb") as file:
            file.seek(-min(_LOG_BYTES, os.fstat(file.fileno()).st_size), os.SEEK_END)
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return ""
    return " / ".join([line.strip() for line in lines if line.strip()][-_LOG_LINES:])


def _event(line: bytes, stem: str) -> WorkerEvent | None:
    try:
        return WorkerEvent.model_validate_json(line)
    except ValidationError:
        logger.warning("job %s: ignoring a line of its events that is none: %r", stem, line[:200])
        return None


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
