"""Puts things into the folder and into the manifest, in this order, and notes what could not be had."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from openft.archive.disk import Written, write
from openft.archive.host import Host, Task, state_of, wants_rest
from openft.archive.manifest import Entry, Manifest, now
from openft.archive.meter import Meter
from openft.archive.names import Names
from openft.crew import Crew
from openft.display import words
from openft.errors import APIConnectionError, APIError, AuthenticationError, ConfigError

REASON = 300
"""Characters of what a host says."""


class Shelf:
    """What a run writes with.

    Args:
        host: where things come from.
        manifest: of the folder.
        crew: who fetches.
        meter: who counts.
    """

    def __init__(self, host: Host, manifest: Manifest, crew: Crew[Task], meter: Meter) -> None:
        self.host: Host = host
        self.manifest: Manifest = manifest
        self.meter: Meter = meter
        self.troubles: list[Entry] = []
        """What did not come though an older state of it is saved."""
        self.new: list[Entry] = []
        """What this run has saved."""
        self.names: Names = Names()
        self._crew = crew
        self._owner: dict[str, str] = {}
        self._begun = False
        for entry in manifest.entries.values():
            room, _, rest = (entry.path or "").partition("/")
            if "/" in rest:
                self.names.note(room, rest.partition("/")[0], entry.id)

    @property
    def folder(self) -> Path:
        """Where all is written."""
        return self.manifest.folder

    def owned(self, told: Mapping[str, str]) -> None:
        """Refuse the folder of another account; of what one run is told about its owner, the first word counts."""
        news = {name: value for name, value in told.items() if name not in self._owner}
        if news:
            self.manifest.claim(self.host.address, news)
            self._owner |= news
            self._begun = False

    def begin(self) -> None:
        """Make the folder this account's; not before the host has answered as an account does."""
        if not self._begun:
            self.manifest.begin(self.host.address, self._owner)
            self._begun = True

    def give(self, parts: Sequence[Task], size: int = 0) -> None:
        """Have the parts of one thing fetched, if there are any."""

        def work() -> None:
            for part in parts:
                part()
            self.meter.done()

        if parts:
            self.meter.plan(size)
            self._crew.hand(work)

    def put(self, what: str, id: str, path: str, source: str, content: bytes) -> None:
        """Write a small file unless it is there as it is to be."""
        entry = self.manifest.entry(what, id)
        digest = sha256(content).hexdigest()
        if entry is None or entry.sha256 != digest or not self.manifest.has(what, id):
            self.note(self.entry(what, id, source, path, write(self.folder / path, [content])))

    def lines(
        self, what: str, id: str, path: str, source: str, make: Callable[[], Iterator[bytes]], *, settled: bool
    ) -> None:
        """Write a list as lines, or note why it could not be had."""
        rows = 0

        def counted() -> Iterator[bytes]:
            nonlocal rows
            for line in make():
                rows += 1
                yield line

        try:
            written = write(self.folder / path, counted())
        except (APIError, ConfigError) as error:
            self.unsaved(what, id, source, error)
        else:
            self.note(self.entry(what, id, source, path, written, rows=rows, settled=settled))

    def note(self, *entries: Entry) -> None:
        """Note what is saved."""
        before = [self.manifest.entry(entry.what, entry.id) for entry in entries]
        self.manifest.add(*entries)
        pairs = zip(entries, before, strict=True)
        self.new += [entry for entry, known in pairs if known is None or known.sha256 != entry.sha256]

    def entry(
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
        """Return the entry for something that is saved."""
        where = f"{self.host.address}{source}" if source.startswith("/") else source
        size, digest = written or (0, None)
        return Entry(what, id, "saved", where, path, size, digest, rows, now(), None, settled)

    def unsaved(
        self, what: str, id: str, source: str, error: APIError | ConfigError, *, is_listed: bool = True
    ) -> None:
        """Note what could not be saved; what is saved of it stays.

        Args:
            what: a kind of thing.
            id: the host's word for it.
            source: where it was asked for.
            error: what came instead.
            is_listed: whether a list has it, or may have it.

        Raises:
            APIConnectionError: the host cannot be reached any more.
            AuthenticationError: the key is no good any more.
            RateLimitError: the host is to be left alone.
        """
        if isinstance(error, APIError) and wants_rest(error):
            raise error
        if isinstance(error, APIConnectionError | AuthenticationError):
            self.host.still_there()
        state = state_of(error, what, is_listed=is_listed) if isinstance(error, APIError) else "forbidden"
        where, reason = f"{self.host.address}{source}", words(str(error), REASON)
        entry = Entry(what, id, state, where, when=now(), reason=reason, settled=state == "gone")
        known = self.manifest.entry(what, id)
        if known is None or not self.manifest.has(what, id):
            self.manifest.add(entry)
        elif known.reason and entry.settled:  # what is there of it is all that there will be
            self.manifest.add(replace(known, settled=True))
        else:
            self.troubles.append(entry)

    def is_whole(self, what: str, id: str) -> bool:
        """Return whether a file that was made of another is there, if there ever was one."""
        return self.manifest.entry(what, id) is None or self.manifest.has(what, id)
