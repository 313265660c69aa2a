"""``save``: an account into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import openft
from openft.archive import overview, readme
from openft.archive.disk import alone, sweep, write
from openft.archive.host import GRACE, Host
from openft.archive.manifest import Entry, Manifest, now
from openft.archive.meter import Meter, OnProgress
from openft.archive.plan import Plan
from openft.archive.report import Held, Report
from openft.archive.saver import Saver
from openft.archive.shelf import Shelf
from openft.archive.walk import Walk
from openft.crew import Crew
from openft.errors import ConfigError
from openft.patience import Stopped
from openft.shutdowns import service_dates
from openft.types import Model

KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("jobs", ("job",)),
    ("fine-tunes", ("fine-tune",)),
    ("files", ("content",)),
)
LINES = (("events", ("events", "fine-tune events")), ("checkpoints", ("checkpoints",)))


def save(
    client: openft.Client,
    folder: str | os.PathLike[str],
    *,
    dry_run: bool = False,
    concurrency: int = 8,
    attempts: int = 8,
    on_progress: OnProgress | None = None,
) -> Report:
    """Save all that an account has of fine-tuning into a folder, and return what was saved and what was not.

    What is there already is not fetched again; killed at any moment, the next run goes on. Whatever ends a run, what it
    has saved stays. What is gone, forbidden or keeps failing is told in the report and stops nothing.

    Args:
        client: of the account.
        folder: a new one, or one that was saved from the same account.
        dry_run: only look what there is, and write nothing.
        concurrency: requests under way at the same time; fewer where the host refuses so many.
        attempts: how often a request is sent before it counts as failed.
        on_progress: called while it goes on, one call at a time, from any thread; what it raises ends the run.

    Raises:
        AuthenticationError: the key is no good.
        APIConnectionError: the host cannot be reached, or no longer.
        RateLimitError: the host wants no request for more than two minutes.
        ConfigError: the folder belongs to another account or to something else, or another run is at work in it.
        DataError: the folder cannot be written.
    """
    if not isinstance(client, openft.Client):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a type checker
        raise ConfigError("save takes an openft.Client; an async service runs it in a thread, with a Client of its own")
    if concurrency < 1 or attempts < 1:
        raise ConfigError("concurrency and attempts are numbers from 1 on")
    target = Path(folder)
    host = Host(client, places=concurrency, attempts=attempts)
    if dry_run:
        return _planned(host, Manifest(target))
    Manifest(target).claim(host.address, {})
    with alone(target):
        manifest = Manifest(target)
        sweep(target)
        meter = Meter(on_progress)
        crew = Crew(host.work, concurrency, "openft archive")
        shelf = Shelf(host, manifest, crew, meter)
        saver = Saver(shelf)
        try:
            manifest.claim(host.address, {})
            walk = Walk(host, saver)
            with suppress(Stopped):  # the crew tells why
                walk.go()
            crew.finish()
            meter.finish()
            shelf.begin()
            return _finished(shelf, saver.listed, walk.absent)
        finally:
            host.over.set()
            crew.stop(GRACE)
            manifest.close()


def _planned(host: Host, manifest: Manifest) -> Report:
    plan = Plan(host, manifest)
    walk = Walk(host, plan)
    walk.go()
    return Report(
        folder=str(manifest.folder),
        host=host.address,
        owner=dict(manifest.owner),
        when=now(),
        did="planned",
        held=plan.held(),
        unsaved=plan.unsaved,
        endings=plan.models_seen.endings(host.address),
        undated=plan.models_seen.undated(host.address),
        bases=plan.models_seen.bases(),
        dates=service_dates(host.address),
        unfinished=plan.unfinished,
        ended=manifest.run != "begun",
        notes=absences(walk.absent),
    )


def _finished(shelf: Shelf, listed: Sequence[Model], absent: Sequence[str]) -> Report:
    manifest = shelf.manifest
    models = overview.write_tables(manifest, listed)
    report = Report(
        folder=str(manifest.folder),
        host=manifest.host,
        owner=dict(manifest.owner),
        when=now(),
        did="saved",
        held=held(manifest, shelf.new, len(models.listed)),
        unsaved=[*manifest.unsaved(), *shelf.troubles],
        endings=models.endings(manifest.host),
        undated=models.undated(manifest.host),
        bases=models.bases(),
        dates=service_dates(manifest.host),
        unfinished=overview.unfinished(manifest),
        notes=absences(absent),
    )
    overview.note(manifest, "README.txt", readme.text(manifest).encode())
    overview.note(manifest, "report.txt", (report.text(most=1000) + "\n").encode("utf-8", "backslashreplace"))
    overview.note(manifest, "report.json", report.to_json().encode() + b"\n")
    overview.note(manifest, "report.html", report.html().encode("utf-8", "backslashreplace"))
    saved = sorted(
        (entry.path, entry.sha256) for entry in manifest.entries.values() if entry.state == "saved" and entry.path
    )
    write(manifest.folder / "SHA256SUMS", (f"{digest}  {path}\n".encode() for path, digest in saved))
    manifest.end()
    return report


def held(manifest: Manifest, new: Sequence[Entry], models: int) -> list[Held]:
    """Return how much of each kind is in an archive."""
    found: list[Held] = []
    for name, whats in KINDS:
        kept, come = _saved(manifest.entries.values(), whats), _saved(new, whats)
        found.append(Held(name, len(kept), _size(kept), len({entry.id for entry in come}), _size(come)))
    for name, whats in LINES:
        kept, come = _saved(manifest.entries.values(), whats), _saved(new, whats)
        found.append(Held(name, _rows(kept), _size(kept), _rows(come), _size(come)))
    return [*found, Held("models", models, 0, 0, None)]


def absences(absent: Sequence[str]) -> list[str]:
    """Return in words which lists a host has not."""
    return [f"the host has no {name}" for name in absent]


def _saved(entries: Iterable[Entry], whats: tuple[str, ...]) -> list[Entry]:
    return [entry for entry in entries if entry.state == "saved" and entry.what in whats]


def _size(entries: Sequence[Entry]) -> int:
    return sum(entry.size for entry in entries)


def _rows(entries: Sequence[Entry]) -> int:
    return sum(entry.rows or 0 for entry in entries)
