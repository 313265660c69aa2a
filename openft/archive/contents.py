"""Saves files: what the host says about each, and its content."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from openft.archive.decoding import decoded, is_encoded
from openft.archive.disk import Written, hidden_in, reveal, write
from openft.archive.names import portable
from openft.archive.shelf import Shelf
from openft.archive.tables import document
from openft.errors import APIError, ConfigError
from openft.patience import Stopped
from openft.types import File

RECORD = "file.json"
RESULTS = "fine-tune-results"
"""A purpose."""


class Contents:
    """The files of an account.

    Args:
        shelf: where they are put.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._manifest = shelf.manifest

    def listed(self, file: File, *, is_result: bool) -> None:
        """Save a file."""
        folder = self._record(file)
        if not self._has_content(file.id):
            self._shelf.give([partial(self._content, file, folder, is_result=is_result)], file.bytes)

    def unlisted(self, id: str, *, is_result: bool, is_listed: bool) -> None:
        """Ask for a file, and save it, or that it is gone, which is believed where no list can have it."""
        if not self._manifest.is_gone(id) and not (self._manifest.has("file", id) and self._has_content(id)):
            self._shelf.give([partial(self._look_for, id, is_result=is_result, is_listed=is_listed)])

    def _record(self, file: File) -> str:
        folder = self._shelf.names.folder("files", file.id)
        self._shelf.put("file", file.id, f"{folder}/{RECORD}", f"/files/{file.id}", document(file))
        return folder

    def _has_content(self, id: str) -> bool:
        return self._manifest.is_settled("content", id) and self._shelf.is_whole("table", id)

    def _look_for(self, id: str, *, is_result: bool, is_listed: bool) -> None:
        try:
            file = self._shelf.host.ask(lambda: self._shelf.host.client.files.retrieve(id))
        except (APIError, ConfigError) as error:
            what = "content" if self._manifest.has("file", id) else "file"
            self._shelf.unsaved(what, id, f"/files/{id}", error, is_listed=is_listed)
        else:
            is_result = is_result or file.purpose == RESULTS
            self._content(file, self._record(file), is_result=is_result)

    def _content(self, file: File, folder: str, *, is_result: bool) -> None:
        source = f"/files/{file.id}/content"
        hidden = hidden_in(self._shelf.folder / folder)
        try:
            written = self._shelf.host.ask(lambda: self._download(file.id, hidden))
            self._keep(file, hidden, written, folder, source, is_result=is_result)
        except (APIError, ConfigError) as error:
            self._shelf.unsaved("content", file.id, source, error)
        finally:
            hidden.unlink(missing_ok=True)

    def _keep(self, file: File, hidden: Path, written: Written, folder: str, source: str, *, is_result: bool) -> None:
        """Give a content its name, beside the table that it is in base64."""
        name = portable(file.filename or file.id)
        path = f"{folder}/{'_' if name.casefold() == RECORD else ''}{name}"
        is_whole = is_result or written.bytes >= file.bytes  # what is sent of results may be another form of them
        entry = self._shelf.entry("content", file.id, source, path, written, settled=is_whole)
        entries = [entry if is_whole else replace(entry, reason=f"only {written.bytes:,} of {file.bytes:,} bytes came")]
        if is_result and is_encoded(hidden):
            table = f"{path.removesuffix('.csv')}.decoded.csv"
            made = write(self._shelf.folder / table, decoded(hidden))
            entries.append(self._shelf.entry("table", file.id, path, table, made, settled=True))
        reveal(hidden, self._shelf.folder / path)
        self._shelf.note(*entries)

    def _download(self, id: str, to: Path) -> Written:
        size, digest = 0, sha256()

        def watch(chunk: bytes) -> None:
            nonlocal size
            if self._shelf.host.over.is_set():
                raise Stopped
            size += len(chunk)
            digest.update(chunk)
            self._shelf.meter.passed(len(chunk))

        try:
            self._shelf.host.client.files.download(id, to, watch=watch)
        except BaseException:
            self._shelf.meter.passed(-size)
            raise
        return Written(size, digest.hexdigest())
