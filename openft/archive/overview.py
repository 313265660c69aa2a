"""The tables over all things that are saved, made from what is in the folder, so that nothing leaves them again."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from openft.archive import report
from openft.archive.disk import write
from openft.archive.endings import Models
from openft.archive.manifest import Entry, Manifest, now
from openft.archive.tables import FILES, FINE_TUNES, JOBS, MODELS, csv_lines
from openft.errors import DataError
from openft.types import Model

ROOMS: tuple[tuple[str, str, Sequence[str]], ...] = (
    ("job", "jobs", JOBS),
    ("fine-tune", "fine-tunes", FINE_TUNES),
    ("file", "files", FILES),
)


def write_tables(manifest: Manifest, listed: Sequence[Model]) -> Models:
    """Write all tables, and return the models that are in them."""
    models = Models()
    for what, name, columns in ROOMS:
        saved = [entry for entry in manifest.all(what) if manifest.has(what, entry.id)]
        if saved:
            _write(manifest, f"{name}.jsonl", _json(_things(manifest.folder, saved)))
            _write(manifest, f"{name}.csv", csv_lines(columns, _things(manifest.folder, saved)))
        if what != "file":
            for thing in _things(manifest.folder, saved):
                models.trained(thing.get("fine_tuned_model"), thing.get("model"))
    known = _models(manifest.folder, listed)
    if known:
        _write(manifest, "models.jsonl", _json(known.values()))
        _write(manifest, "models.csv", csv_lines(MODELS, known.values()))
    for name, model in known.items():
        models.add(name, model.get("shutdown_date"))
    return models


def read_models(manifest: Manifest) -> Models:
    """Return the models that the tables have, as far as they can be read."""
    models = Models()
    with suppress(DataError):
        for name, model in _models(manifest.folder, ()).items():
            models.add(name, model.get("shutdown_date"))
    for entry in (*manifest.all("job"), *manifest.all("fine-tune")):
        with suppress(DataError):
            thing = _read(manifest.folder / (entry.path or ""))
            models.trained(thing.get("fine_tuned_model"), thing.get("model"))
    return models


def unfinished(manifest: Manifest) -> list[str]:
    """Return the jobs that had not ended when they were last listed, as far as they can be read."""
    found: list[str] = []
    for entry in (*manifest.all("job"), *manifest.all("fine-tune")):
        with suppress(DataError):
            found += report.unfinished(entry.id, _read(manifest.folder / (entry.path or "")).get("status"))
    return found


def note(manifest: Manifest, name: str, content: bytes) -> None:
    """Write a file of openft's own, and note it."""
    _write(manifest, name, [content])


def _write(manifest: Manifest, name: str, pieces: Iterable[bytes]) -> None:
    written = write(manifest.folder / name, pieces)
    entry = manifest.entry("made", name)
    if entry is None or entry.sha256 != written.sha256:
        manifest.add(Entry("made", name, "saved", "openft", name, written.bytes, written.sha256, when=now()))


def _json(things: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for thing in things:
        yield json.dumps(thing, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _things(folder: Path, entries: list[Entry]) -> Iterator[dict[str, Any]]:
    """Yield what the host has said about each thing, in the order in which they were found."""
    for entry in entries:
        yield _read(folder / (entry.path or ""))


def _read(path: Path) -> dict[str, Any]:
    with _readable(path):
        return _object(path.read_bytes())


def _models(folder: Path, listed: Sequence[Model]) -> dict[str, dict[str, Any]]:
    """Return all models by name: those of earlier runs stay, with when they were last listed."""
    known: dict[str, dict[str, Any]] = {}
    path = folder / "models.jsonl"
    if path.exists():
        with _readable(path):
            for line in path.read_bytes().splitlines():
                told = _object(line)
                known[str(told["id"])] = told
    for model in listed:
        known[model.id] = {**model.to_dict(), "last_listed": now()[:10]}
    return known


def _object(content: bytes) -> dict[str, Any]:
    told = json.loads(content)
    if not isinstance(told, dict):
        raise TypeError("it is no JSON object")
    return cast("dict[str, Any]", told)


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise DataError(f"cannot be read ({problem}); remove it and run again", file=str(path)) from problem
