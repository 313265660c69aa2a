"""Saves what a walk comes across: each thing once, on the disk and in the manifest before it counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from openft.archive.crew import Crew, Task
from openft.archive.decoding import decoded, is_encoded
from openft.archive.disk import Written, hidden_in, reveal, write
from openft.archive.host import Host, Stopped, state_of
from openft.archive.manifest import Entry, Manifest, now
from openft.archive.meter import Meter
from openft.archive.names import Names, portable
from openft.archive.tables import CHECKPOINTS, csv_lines, json_line, newest_last
from openft.archive.walk import PAGE
from openft.display import words
from openft.errors import APIConnectionError, APIError, AuthenticationError, ConfigError
from openft.types import File, FineTune, FineTuningJob, Model

LATE = 600.0
"""Seconds after a job's end in which events of it may still appear."""


class Saver:
    """What a run writes with.

    Args:
        host: where things come from.
        manifest: of the folder.
        crew: who fetches.
        meter: who counts.
    """

    def __init__(self, host: Host, manifest: Manifest, crew: Crew, meter: Meter) -> None:
        self.listed: list[Model] = []
        """The models of this run."""
        self.troubles: list[Entry] = []
        """What has failed though an older state of it is saved."""
        self.new: list[Entry] = []
        """What this run has saved."""
        self._host, self._manifest, self._crew, self._meter = host, manifest, crew, meter
        self._owner: dict[str, str] = {}
        self._begun = False
        self._names = Names()
        for entry in manifest.entries.values():
            room, _, rest = (entry.path or "").partition("/")
            if "/" in rest:
                self._names.note(room, rest.partition("/")[0], entry.id)

    def owner(self, told: Mapping[str, str]) -> None:
        """Refuse the folder of another account, else make it this one's."""
        self._manifest.claim(self._host.address, {**self._owner, **told})
        if told.items() - self._owner.items():
            self._owner.update(told)
            self._begun = False

    def begin(self) -> None:
        """Make the folder this account's; not before the host has answered as an account does."""
        if not self._begun:
            self._manifest.begin(self._host.address, self._owner)
            self._begun = True

    def models(self, models: list[Model]) -> None:
        """Keep the models for the tables."""
        self.listed = models

    def listing(self, name: str, source: str, error: APIError | None) -> None:
        """Note a list that did not come."""
        if error is not None:
            self.begin()
            self._unsaved("list", name, source, error)
        elif self._manifest.entry("list", name) is not None:
            self._manifest.add(self._entry("list", name, source))

    def job(self, job: FineTuningJob) -> None:
        """Save a job, its events and its checkpoints."""
        self.begin()
        folder = self._names.folder("jobs", job.id)
        source = f"/fine_tuning/jobs/{job.id}"
        self.put("job", job.id, f"{folder}/job.json", source, job.to_json().encode() + b"\n")
        is_old = job.finished and time.time() - (job.finished_at or 0) > LATE
        jobs = self._host.client.fine_tuning.jobs

        def events() -> Iterator[bytes]:
            listed = self._host.items(lambda: jobs.list_events(job.id, limit=PAGE), counted=True)
            return newest_last(map(json_line, listed))

        def checkpoints() -> Iterator[bytes]:
            listed = list(self._host.items(lambda: jobs.checkpoints.list(job.id, limit=PAGE), counted=True))
            table = b"".join(csv_lines(CHECKPOINTS, (one.to_dict() for one in reversed(listed))))
            self.put("checkpoint table", job.id, f"{folder}/checkpoints.csv", f"{folder}/checkpoints.jsonl", table)
            return map(json_line, reversed(listed))

        parts = (("events", events), ("checkpoints", checkpoints))
        self._give(
            partial(self._lines, what, job.id, f"{folder}/{what}.jsonl", f"{source}/{what}", make, settled=is_old)
            for what, make in parts
            if not self._manifest.is_settled(what, job.id)
        )

    def fine_tune(self, job: FineTune) -> None:
        """Save a job of the 2023 API and its events."""
        self.begin()
        folder = self._names.folder("fine-tunes", job.id)
        source = f"/fine-tunes/{job.id}"
        about = job.to_json().encode() + b"\n"
        self.put("fine-tune", job.id, f"{folder}/fine-tune.json", source, about)
        is_old = job.finished and time.time() - job.updated_at > LATE

        def events() -> Iterator[bytes]:
            return map(json_line, self._host.ask(lambda: self._host.client.fine_tunes.list_events(job.id)))

        path = f"{folder}/events.jsonl"
        what = "fine-tune events"
        if not self._manifest.is_settled(what, job.id):
            self._give([partial(self._lines, what, job.id, path, f"{source}/events", events, settled=is_old)])

    def file(self, file: File, *, is_result: bool) -> None:
        """Save a file's record and its content."""
        self.begin()
        folder = self._names.folder("files", file.id)
        self.put("file", file.id, f"{folder}/file.json", f"/files/{file.id}", file.to_json().encode() + b"\n")
        if not self.has_content(file.id):
            self._give([partial(self._content, file, folder, is_result=is_result)], file.bytes)

    def unlisted(self, id: str, *, is_result: bool) -> None:
        """Ask for a file that no list has, and save it, or that it is gone."""
        self.begin()
        entry = self._manifest.entry("file", id)
        if not (entry and entry.settled) and not (self._manifest.has("file", id) and self.has_content(id)):
            self._give([partial(self._look_for, id, is_result=is_result)])

    def has_content(self, id: str) -> bool:
        """Return whether nothing of a file's content is left to be fetched."""
        has_table = self._manifest.entry("table", id) is None or self._manifest.has("table", id)
        return self._manifest.is_settled("content", id) and has_table

    def put(self, what: str, id: str, path: str, source: str, content: bytes, rows: int | None = None) -> None:
        """Write a small file unless it is there as it is to be."""
        entry = self._manifest.entry(what, id)
        digest = sha256(content).hexdigest()
        if entry is None or entry.sha256 != digest or not self._manifest.has(what, id):
            self._saved(what, id, path, source, write(self._manifest.folder / path, [content]), rows=rows)

    def _give(self, tasks: Iterator[Task] | list[Task], bytes: int = 0) -> None:
        parts = list(tasks)

        def work() -> None:
            for part in parts:
                part()
            self._meter.done()

        if parts:
            self._meter.plan(bytes)
            self._crew.give(work)

    def _lines(
        self, what: str, id: str, path: str, source: str, make: Callable[[], Iterator[bytes]], *, settled: bool
    ) -> None:
        rows = 0

        def counted() -> Iterator[bytes]:
            nonlocal rows
            for line in make():
                rows += 1
                yield line

        try:
            written = write(self._manifest.folder / path, counted())
        except (APIError, ConfigError) as error:
            self._unsaved(what, id, source, error)
        else:
            self._saved(what, id, path, source, written, rows=rows, settled=settled)

    def _look_for(self, id: str, *, is_result: bool) -> None:
        try:
            file = self._host.ask(lambda: self._host.client.files.retrieve(id))
        except (APIError, ConfigError) as error:
            self._unsaved("file", id, f"/files/{id}", error)
            return
        folder = self._names.folder("files", id)
        self.put("file", id, f"{folder}/file.json", f"/files/{id}", file.to_json().encode() + b"\n")
        self._content(file, folder, is_result=is_result)

    def _content(self, file: File, folder: str, *, is_result: bool) -> None:
        name = portable(file.filename or file.id)
        path = f"{folder}/{'_' if name.casefold() == 'file.json' else ''}{name}"
        source = f"/files/{file.id}/content"
        hidden = hidden_in(self._manifest.folder / folder)
        try:
            try:
                written = self._host.ask(lambda: self._download(file.id, hidden))
            except (APIError, ConfigError) as error:
                self._unsaved("content", file.id, source, error)
                return
            entries: list[Entry] = []
            if is_result and is_encoded(hidden):
                table = f"{path.rpartition('.')[0] or path}.decoded.csv"
                made = write(self._manifest.folder / table, decoded(hidden))
                entries.append(self._entry("table", file.id, path, table, made, settled=True))
            reveal(hidden, self._manifest.folder / path)
            entries.append(self._entry("content", file.id, source, path, written, settled=True))
            self._manifest.add(*entries)
            self.new += entries
        finally:
            hidden.unlink(missing_ok=True)

    def _download(self, id: str, to: Path) -> Written:
        size, digest = 0, sha256()

        def watch(chunk: bytes) -> None:
            nonlocal size
            if self._host.over.is_set():
                raise Stopped
            size += len(chunk)
            digest.update(chunk)
            self._meter.passed(len(chunk))

        try:
            self._host.client.files.download(id, to, watch=watch)
        except BaseException:
            self._meter.passed(-size)
            raise
        return Written(size, digest.hexdigest())

    def _saved(
        self,
        what: str,
        id: str,
        path: str,
        source: str,
        written: Written,
        *,
        rows: int | None = None,
        settled: bool = False,
    ) -> None:
        entry = self._entry(what, id, source, path, written, rows=rows, settled=settled)
        self._manifest.add(entry)
        self.new.append(entry)

    def _entry(
        self,
        what: str,
        id: str,
        source: str,
        path: str | None = None,
        written: Written | None = None,
        *,
        rows: int | None = None,
        settled: bool = False,
    ) -> Entry:
        where = f"{self._host.address}{source}" if source.startswith("/") else source
        size, digest = written or (0, None)
        return Entry(what, id, "saved", where, path, size, digest, rows, now(), None, settled)

    def _unsaved(self, what: str, id: str, source: str, error: APIError | ConfigError) -> None:
        """Note what could not be saved; what is saved of it stays."""
        if isinstance(error, APIConnectionError | AuthenticationError):
            self._host.still_there()
        state = state_of(error) if isinstance(error, APIError) else "forbidden"
        where = f"{self._host.address}{source}"
        reason = words(str(error), 300)
        entry = Entry(what, id, state, where, when=now(), reason=reason, settled=state == "gone")
        if not self._manifest.has(what, id):
            self._manifest.add(entry)
        elif state == "failed":
            self.troubles.append(entry)
