"""``verify``: whether everything in a folder is as it was saved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from openft.archive import overview
from openft.archive.disk import LOCK, hash_of
from openft.archive.manifest import NAME, Manifest, now
from openft.archive.report import Damage, Report
from openft.archive.saving import held
from openft.errors import ConfigError
from openft.shutdowns import service_dates

SUMS = "SHA256SUMS"
OWN = frozenset({NAME, LOCK, SUMS})


def verify(folder: str | os.PathLike[str]) -> Report:
    """Compare every file of an archive with the manifest, and return which are missing, changed, or not in it.

    An archive whose last run has not come to its end is not ``ok`` either: nobody knows what it lacks.

    Raises:
        ConfigError: there is no archive.
        DataError: its manifest cannot be read.
    """
    root = Path(folder)
    manifest = Manifest(root)
    if not manifest.host:
        raise ConfigError(f"{root} is no archive; it has no {NAME}, or an empty one")
    models = overview.read_models(manifest)
    return Report(
        folder=str(root),
        host=manifest.host,
        owner=dict(manifest.owner),
        when=now(),
        did="verified",
        held=held(manifest, (), len(models.listed)),
        unsaved=manifest.unsaved(),
        damage=list(_damage(manifest)),
        endings=models.endings(manifest.host),
        undated=models.undated(manifest.host),
        bases=models.bases(),
        dates=service_dates(manifest.host),
        unfinished=overview.unfinished(manifest),
        ended=_has_ended(manifest),
    )


def _damage(manifest: Manifest) -> Iterator[Damage]:
    known: set[str] = set(OWN)
    for entry in manifest.entries.values():
        if entry.path is not None and entry.state == "saved":
            known.add(entry.path)
            state = _state(manifest.folder / entry.path, entry.size, entry.sha256)
            if state:
                yield Damage(entry.path, state)
    if not {name for _, name in _summed(manifest.folder)} <= known:
        yield Damage(NAME, "changed")
    for path in sorted(manifest.folder.rglob("*")):
        name = path.relative_to(manifest.folder).as_posix()
        if name not in known and not path.is_dir():
            yield Damage(name, "extra")


def _has_ended(manifest: Manifest) -> bool:
    """Return whether the last run came to its end; one that does not say did if it has summed up all that is saved."""
    if manifest.run:
        return manifest.run == "ended"
    saved = {(entry.sha256, entry.path) for entry in manifest.all("saved") if entry.path}
    return (manifest.folder / SUMS).exists() and saved == _summed(manifest.folder)


def _summed(folder: Path) -> set[tuple[str | None, str]]:
    """Return the hashes and files that a whole run has listed; what a manifest does not name of them it has lost."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    return {(digest, name) for digest, _, name in (line.partition("  ") for line in lines)}


def _state(path: Path, size: int, digest: str | None) -> str | None:
    try:
        return None if hash_of(path) == (size, digest) else "changed"
    except OSError:
        return "missing"
