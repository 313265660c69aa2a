"""Saves what a walk comes across, each thing once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from openft.archive.contents import Contents
from openft.archive.host import Task
from openft.archive.manifest import Entry, now
from openft.archive.shelf import Shelf
from openft.archive.tables import CHECKPOINTS, csv_lines, document, json_line, newest_last
from openft.archive.walk import FILES, FINE_TUNES, JOBS, PAGE
from openft.errors import APIError
from openft.types import File, FineTune, FineTuningJob, Model, ModelLimits

LATE = 600.0
"""Seconds after a job's end in which events of it may still appear."""
LISTED_AT = {"events": JOBS, "checkpoints": JOBS, "fine-tune events": FINE_TUNES}
"""The list that has the job of a thing."""


class Saver:
    """What a walk is shown to.

    Args:
        shelf: where things are put.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.listed: list[Model] = []
        """The models of this run."""
        self._shelf = shelf
        self._contents = Contents(shelf)
        self._seen: set[str] = set()
        """Jobs and files."""
        self._read: set[str] = set()
        """Lists that came, by their paths."""
        self._young: set[str] = set()
        """Files that jobs have named which may have ended just now; a host may list them later."""

    def owner(self, told: Mapping[str, str]) -> None:
        """Refuse the folder of another account."""
        self._shelf.owned(told)

    def models(self, models: list[Model]) -> None:
        """Keep the models for the tables."""
        self.listed = models

    def listing(self, name: str, source: str, error: APIError | None, *, was_read: bool) -> None:
        """Note a list that did not come."""
        if was_read:
            self._read.add(source)
        if error is not None:
            self._shelf.begin()
            self._shelf.unsaved("list", name, source, error)
        elif self._shelf.manifest.entry("list", name) is not None:
            self._shelf.begin()
            self._shelf.note(self._shelf.entry("list", name, source))

    def limits(self, limits: ModelLimits) -> None:
        """Save what may still be fine-tuned."""
        self._shelf.begin()
        source = "/fine_tuning/model_limits"
        self._shelf.put("limits", "model_limits", "model_limits.json", source, document(limits))

    def job(self, job: FineTuningJob) -> None:
        """Save a job, its events and its checkpoints."""
        self._begin(job.id)
        folder = self._shelf.names.folder("jobs", job.id)
        source = f"/fine_tuning/jobs/{job.id}"
        self._shelf.put("job", job.id, f"{folder}/job.json", source, document(job))
        is_old = job.finished and time.time() - (job.finished_at or 0) > LATE
        self._young.update(() if is_old else job.result_files)
        host = self._shelf.host
        jobs = host.client.fine_tuning.jobs

        def events() -> Iterator[bytes]:
            listed = host.items(lambda page: jobs.list_events(job.id, limit=page), page=PAGE, counted=True)
            return newest_last(listed)

        def checkpoints() -> Iterator[bytes]:
            found = host.items(lambda page: jobs.checkpoints.list(job.id, limit=page), page=PAGE, counted=True)
            listed = list(found)
            listed.reverse()
            listed.sort(key=lambda one: one.step_number)  # a host may list the oldest first
            table = b"".join(csv_lines(CHECKPOINTS, (one.to_dict() for one in listed)))
            path = f"{folder}/checkpoints"
            self._shelf.put("checkpoint table", job.id, f"{path}.csv", f"{path}.jsonl", table)
            return map(json_line, listed)

        parts: dict[str, Callable[[], Iterator[bytes]]] = {"events": events, "checkpoints": checkpoints}
        left = [what for what in parts if not self._is_done(what, job.id)]
        self._shelf.give([self._story(what, job.id, folder, source, parts[what], is_old) for what in left])

    def fine_tune(self, job: FineTune) -> None:
        """Save a job of the 2023 API and its events."""
        self._begin(job.id)
        folder = self._shelf.names.folder("fine-tunes", job.id)
        source = f"/fine-tunes/{job.id}"
        self._shelf.put("fine-tune", job.id, f"{folder}/fine-tune.json", source, document(job))
        is_old = job.finished and time.time() - job.updated_at > LATE
        self._young.update(() if is_old else (file.id for file in job.result_files))
        host = self._shelf.host

        def events() -> Iterator[bytes]:
            return map(json_line, host.ask(lambda: host.client.fine_tunes.list_events(job.id)))

        if not self._is_done("fine-tune events", job.id):
            self._shelf.give([self._story("fine-tune events", job.id, folder, source, events, is_old)])

    def file(self, file: File, *, is_result: bool) -> None:
        """Save a file."""
        self._begin(file.id)
        self._contents.listed(file, is_result=is_result)

    def unlisted(self, id: str, *, is_result: bool) -> None:
        """Save a file that a job names, or that it is gone."""
        self._begin(id)
        self._look_for(id, is_result=is_result)

    def rest(self) -> None:
        """Look after what has failed in earlier runs and is in no list any more."""
        failed = [entry for entry in self._shelf.manifest.unsaved() if entry.state == "failed"]
        for entry in (one for one in failed if one.id not in self._seen):
            if entry.what in ("file", "content"):
                self.unlisted(entry.id, is_result=False)
            elif LISTED_AT.get(entry.what) in self._read:
                self._begin(entry.id)
                self._shelf.manifest.add(_gone(entry))

    def _look_for(self, id: str, *, is_result: bool) -> None:
        is_listed = FILES not in self._read or id in self._young
        self._contents.unlisted(id, is_result=is_result, is_listed=is_listed)

    def _story(
        self, what: str, id: str, folder: str, source: str, make: Callable[[], Iterator[bytes]], is_old: bool
    ) -> Task:
        name = what.rpartition(" ")[2]
        path = f"{folder}/{name}.jsonl"
        return partial(self._shelf.lines, what, id, path, f"{source}/{name}", make, settled=is_old)

    def _begin(self, id: str) -> None:
        self._shelf.begin()
        self._seen.add(id)

    def _is_done(self, what: str, id: str) -> bool:
        is_whole = what != "checkpoints" or self._shelf.is_whole("checkpoint table", id)
        return self._shelf.manifest.is_settled(what, id) and is_whole


def _gone(entry: Entry) -> Entry:
    return replace(entry, state="gone", when=now(), reason="the host lists it no longer", settled=True)
