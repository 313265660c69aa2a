"""The manifest: what was saved and what could not be, one JSON line each, the last one about a thing counts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from openft.archive.disk import failing
from openft.data.writing import sync_folder
from openft.errors import ConfigError, DataError

NAME = "manifest.jsonl"
FORMAT = 1
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of the machine that this runs on."""
State: TypeAlias = Literal["saved", "gone", "forbidden", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one thing."""

    what: str
    """``job``, ``events``, ``content`` and others."""
    id: str
    """The host's word for it; of what openft has made itself the name."""
    state: State
    source: str = ""
    """The address it came from; for what was made here, the file it was made from."""
    path: str | None = None
    """Below the folder, with slashes; None where there is no file."""
    size: int = 0
    sha256: str | None = None
    rows: int | None = None
    """Of lines and tables."""
    when: str = ""
    """When it first came as it is, or was found missing for this reason, UTC."""
    reason: str | None = None
    """Why it is not saved, or not all of it."""
    settled: bool = False
    """Whether another run need not ask again."""

    def line(self) -> bytes:
        """Return the entry as its line of the manifest."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, "", False)}
        return json.dumps(told).encode() + b"\n"


class Manifest:
    """All entries of a folder; adding one returns when it is on the disk.

    Args:
        folder: where the archive is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder: Path = folder
        self.host: str = ""
        """The base URL it was saved from; empty where there is no archive yet."""
        self.owner: dict[str, str] = {}
        """What the host calls the account."""
        self.run: Literal["", "begun", "ended"] = ""
        """What the last run has said of itself; nothing where an openft wrote last that says none of it."""
        self.entries: dict[tuple[str, str], Entry] = {}
        self._file: BinaryIO | None = None
        self._turn = Lock()
        self._whole = 0
        for number, line in enumerate(self._lines(), 1):
            self._take(line, number)

    def entry(self, what: str, id: str) -> Entry | None:
        """Return what is known of a thing."""
        return self.entries.get((what, id))

    def unsaved(self) -> list[Entry]:
        """Return what is not there, or not whole, though it was there to be asked for."""
        found = [entry for entry in self.entries.values() if entry.state != "saved" or entry.reason]
        return [
            replace(entry, state="gone" if entry.settled else "failed") if entry.state == "saved" else entry
            for entry in found
        ]

    def all(self, kind: str) -> list[Entry]:
        """Return all entries of one kind, or in one state."""
        return [entry for entry in list(self.entries.values()) if kind in (entry.what, entry.state)]

    def has(self, what: str, id: str) -> bool:
        """Return whether a thing is saved and its file still there, as long as it was."""
        entry = self.entry(what, id)
        if entry is None or entry.state != "saved" or entry.path is None:
            return False
        try:
            return (self.folder / entry.path).stat().st_size == entry.size
        except OSError:
            return False

    def is_settled(self, what: str, id: str) -> bool:
        """Return whether a thing is saved for good."""
        entry = self.entry(what, id)
        return entry is not None and entry.settled and self.has(what, id)

    def is_gone(self, id: str) -> bool:
        """Return whether a file that no list has need not be asked for again."""
        found = (self.entry("file", id), self.entry("content", id))
        return any(entry is not None and entry.state == "gone" and entry.settled for entry in found)

    def claim(self, host: str, owner: Mapping[str, str]) -> None:
        """Refuse a folder that is another account's, or that has something else in it.

        Raises:
            ConfigError: it is.
        """
        if self.host and self.host != host:
            raise ConfigError(f"{self.folder} is an archive of {self.host}, not of {host}; {_advice(self.host, host)}")
        if not self.host and _is_used(self.folder):
            raise ConfigError(f"{self.folder} has files in it and is no archive; name a new folder")
        for name, value in owner.items():
            if self.owner.get(name, value) != value:
                mine = f"{self.folder} is the archive of {name} {self.owner[name]}"
                raise ConfigError(f"{mine}, and this key belongs to {value}; name another folder")

    def begin(self, host: str, owner: Mapping[str, str]) -> None:
        """Go on, or begin a new manifest, with a head that says so; afterwards entries can be added."""
        self.claim(host, owner)
        path = self.folder / NAME
        with self._turn, failing(path):
            is_first = self._file is None
            if self._file is None:
                self._file = path.open("ab")
                self._file.truncate(self._whole)  # a line that a kill has cut off
            if is_first or owner.items() - self.owner.items():
                self.owner.update(owner)
                self.host = host
                self._mark("begun")
                sync_folder(self.folder)

    def end(self) -> None:
        """Note that the run has come to its end; whatever it could not have, it has noted."""
        with self._turn, failing(self.folder / NAME):
            self._mark("ended")

    def add(self, *entries: Entry) -> None:
        """Note what became of things, unless the last line about one says it already."""
        with self._turn, failing(self.folder / NAME):
            news = [entry for entry in entries if not self._is_known(entry)]
            if news:
                self._append(b"".join(entry.line() for entry in news))
            for entry in news:
                self.entries[entry.what, entry.id] = entry

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):  # of a line that could not be written, which was told
                self._file.close()

    def _is_known(self, entry: Entry) -> bool:
        known = self.entries.get((entry.what, entry.id))
        return known is not None and replace(entry, when=known.when) == known

    def _mark(self, run: Literal["begun", "ended"]) -> None:
        head = {"archive": FORMAT, "host": self.host, "owner": self.owner, "when": now(), "run": run}
        self._append(json.dumps(head).encode() + b"\n")
        self.run = run

    def _append(self, content: bytes) -> None:
        if self._file is None:
            raise AssertionError("begin() comes before add()")
        self._file.write(content)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _lines(self) -> Iterator[bytes]:
        try:
            with (self.folder / NAME).open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):
                        self._whole += len(line)
                        yield line
        except FileNotFoundError:
            return
        except NotADirectoryError as problem:
            raise DataError("is a file; name a folder", file=str(self.folder)) from problem
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise DataError(f"cannot be read: {reason}", file=str(self.folder / NAME)) from problem

    def _take(self, line: bytes, number: int) -> None:
        try:
            told = cast("dict[str, Any]", json.loads(line))
            if "archive" in told:
                _refuse_other(told["archive"])
                self.host, self.owner = str(told["host"]), dict(told["owner"])
                self.run = told.get("run", "")
            else:
                entry = Entry(**told)
                self.run = "" if self.run == "ended" else self.run
                self.entries[entry.what, entry.id] = entry
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            reason = f"is no line of a manifest ({problem}); restore it from a copy, or name a new folder"
            raise DataError(reason, file=str(self.folder / NAME), line=number) from problem


def _advice(begun_with: str, host: str) -> str:
    """Return what to do about another address; what answers at another name of a machine may be something else."""
    ours, theirs = urlsplit(begun_with), urlsplit(host)
    is_same = (ours.scheme, ours.port, ours.path) == (theirs.scheme, theirs.port, theirs.path)
    if is_same and {ours.hostname, theirs.hostname} <= HERE:
        names = f"{ours.hostname} and {theirs.hostname}"
        return f"{names} are names of this machine; use the one that the archive was begun with"
    return "name another folder"


def _refuse_other(format: object) -> None:
    if format != FORMAT:
        raise ValueError(f"it has format {format}, and this openft knows {FORMAT}")


def now() -> str:
    """Return the time, as the manifest writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_used(folder: Path) -> bool:
    try:
        return any(not each.name.startswith(".") and each.name != NAME for each in folder.iterdir())
    except OSError:
        return False
