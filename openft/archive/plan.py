"""Counts what a run would save, and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

from openft.archive.endings import Models
from openft.archive.host import Host, state_of
from openft.archive.manifest import Entry, Manifest, now
from openft.archive.report import Held, unfinished
from openft.archive.tables import Plain, document
from openft.errors import APIError
from openft.types import File, FineTune, FineTuningJob, Model, ModelLimits


class Plan:
    """What a dry run sees.

    Args:
        host: where it looks.
        manifest: of what is saved already.
    """

    def __init__(self, host: Host, manifest: Manifest) -> None:
        self.models_seen: Models = Models()
        self.unsaved: list[Entry] = []
        self.unfinished: list[str] = []
        self._host, self._manifest = host, manifest
        self._there: Counter[str] = Counter()
        self._new: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._new_bytes: Counter[str] = Counter()

    def owner(self, told: Mapping[str, str]) -> None:
        """Refuse the folder of another account."""
        self._manifest.claim(self._host.address, told)

    def models(self, models: list[Model]) -> None:
        """Count the models."""
        for model in models:
            self.models_seen.add(model.id, model.shutdown_date)
            self._there["models"] += 1

    def limits(self, limits: ModelLimits) -> None:
        """Nothing to count."""

    def job(self, job: FineTuningJob) -> None:
        """Count a job."""
        self.models_seen.trained(job.fine_tuned_model, job.model)
        self.unfinished += unfinished(job.id, job.status)
        has_table = self._manifest.entry("checkpoint table", job.id) is not None  # or else none was to be made
        parts = ("events", "checkpoints", *(("checkpoint table",) if has_table else ()))
        is_new = self._is_new("job", job.id, job) or any(self._lacks(what, job.id) for what in parts)
        self._count("jobs", 0, is_new=is_new)

    def fine_tune(self, job: FineTune) -> None:
        """Count a job of the 2023 API."""
        self.models_seen.trained(job.fine_tuned_model, job.model)
        self.unfinished += unfinished(job.id, job.status)
        is_new = self._is_new("fine-tune", job.id, job) or self._lacks("fine-tune events", job.id)
        self._count("fine-tunes", 0, is_new=is_new)

    def file(self, file: File, *, is_result: bool) -> None:
        """Count a file and its bytes."""
        self._count("files", file.bytes, is_new=not self._manifest.is_settled("content", file.id))

    def unlisted(self, id: str, *, is_result: bool) -> None:
        """Count a file that no list has, whose size is not known."""
        is_known = self._manifest.is_gone(id) or self._manifest.is_settled("content", id)
        self._count("unlisted files", 0, is_new=not is_known)

    def rest(self) -> None:
        """Nothing is left to count."""

    def listing(self, name: str, source: str, error: APIError | None, *, was_read: bool) -> None:
        """Note a list that did not come."""
        if error is not None:
            where = f"{self._host.address}{source}"
            self.unsaved.append(
                Entry("list", name, state_of(error, "list", is_listed=True), where, when=now(), reason=str(error))
            )

    def held(self) -> list[Held]:
        """Return what there is, and what a run would save of it."""
        return [
            Held(what, count, self._bytes[what], self._new[what], self._new_bytes[what] if what == "files" else None)
            for what, count in self._there.items()
        ]

    def _is_new(self, what: str, id: str, thing: Plain) -> bool:
        """Return whether a host says something about a thing that is not saved."""
        entry = self._manifest.entry(what, id)
        return entry is None or entry.sha256 != sha256(document(thing)).hexdigest() or self._lacks(what, id)

    def _lacks(self, what: str, id: str) -> bool:
        """Return whether something is still to be had; a story that is there and may have grown is not."""
        entry = self._manifest.entry(what, id)
        return not (entry is not None and entry.state == "gone") and not self._manifest.has(what, id)

    def _count(self, what: str, bytes: int, *, is_new: bool) -> None:
        self._there[what] += 1
        self._bytes[what] += bytes
        self._new[what] += is_new
        self._new_bytes[what] += bytes * is_new
