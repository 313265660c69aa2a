"""Removes what nothing needs any more; the database says what is needed."""

from __future__ import annotations

from pathlib import Path

from openft.server.home import Home, remove
from openft.server.jobs.submission import folder_free
from openft.server.jobspec import CHECKPOINT, MODEL
from openft.server.store import files, jobs, models
from openft.server.store.database import Database
from openft.server.store.records import JobRecord


def clean(home: Home, database: Database) -> None:
    """Remove what a server that was killed left half-done; only before this one begins to work.

    A deleted file or model that an active job still reads stays until that job ends.
    """
    with database.read() as connection:
        every = jobs.every(connection)
        active = [job for job in every if job.active]
        contents = {file.id for file in files.every(connection)}
        contents |= {name for job in active for name in (job.training_file, job.validation_file) if name}
        holders = models.needed_jobs(connection, {job.model for job in active})
    working = {job.stem for job in active}
    known = {job.stem for job in every}
    sweep(home)
    remove(home.incoming.iterdir())
    remove(path for path in home.files.iterdir() if path.name not in contents)
    for folder in home.jobs.iterdir():
        if folder.name not in known | holders:
            remove([folder])
        elif folder.name not in working:
            remove(_leftovers(folder, keep_model=folder.name in holders))


def sweep(home: Home) -> None:
    """Move to ``incoming`` what a killed worker had not yet put in place; what one at work still writes stays.

    Moved first, and then removed: nothing that is half gone can still be put in place.
    """
    folders = [path for path in home.jobs.iterdir() if path.is_dir()]
    free = [folder for folder in folders if folder_free(folder)]
    shared = [home.bases] if len(free) == len(folders) else []
    for folder in (*shared, *free, *(folder / CHECKPOINT for folder in free)):
        for half in folder.glob(".*.tmp"):
            half.rename(home.temporary())


def release(home: Home, database: Database, job: JobRecord) -> None:
    """Remove what only this job, which has ended, still needed."""
    with database.read() as connection:
        gone = [
            home.file(name)
            for name in (job.training_file, job.validation_file)
            if name and not files.find(connection, name) and not jobs.using_file(connection, name)
        ]
        source = models.find(connection, job.model, deleted=True)
        if source and source.deleted_at is not None and not jobs.using_model(connection, source.name):
            gone.append(home.job(source.job) / MODEL)
        holds_model = job.stem in models.needed_jobs(connection, set())
        if holds_model or jobs.find(connection, job.stem):
            gone += _leftovers(home.job(job.stem), keep_model=holds_model)
        else:
            gone.append(home.job(job.stem))
    remove(gone)


def _leftovers(folder: Path, *, keep_model: bool) -> list[Path]:
    return [folder / CHECKPOINT] if keep_model else [folder / CHECKPOINT, folder / MODEL]
