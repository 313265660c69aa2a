"""An upload on its way to disk: written, hashed, counted and checked while it passes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import anyio
from starlette.requests import Request

from openft.data.upload import Checked, UploadCheck
from openft.errors import DataError
from openft.server.http.forms import FormReader, Part, Writer
from openft.server.http.refusal import Refusal
from openft.server.limits import body_of, declared_length
from openft.server.settings import Settings

FINE_TUNE = "fine-tune"
_FIELDS = ("purpose", "model")
_FIELD_BYTES = 1024
_ROOM_FOR_FIELDS = 64 * 1024
_FEED_BYTES = 256 * 1024


@dataclass(frozen=True)
class Received:
    """An upload that is complete and on disk, under a temporary name."""

    fields: dict[str, str]
    filename: str
    bytes: int
    sha256: str
    checked: Checked | DataError | None
    """What it is as a training file, or why it is none; None if another purpose was given before the file."""


async def receive(request: Request, path: Path, settings: Settings) -> Received:
    """Write the request's file to a path and return what came with it.

    Raises:
        Refusal: 413, it is too large; 408, it is too slow; 400, it is no form with one file.
    """
    limit = settings.max_upload_bytes
    if declared_length(request) > limit + _ROOM_FOR_FIELDS:
        raise _too_large(limit)
    held, total = bytearray(), 0
    with Upload(request.headers.get("content-type"), path, limit) as upload:
        async for chunk in body_of(request, settings.patience_seconds):
            held += chunk
            total += len(chunk)
            if total > limit + _ROOM_FOR_FIELDS:
                raise _too_large(limit)
            if len(held) >= _FEED_BYTES:
                await anyio.to_thread.run_sync(upload.feed, bytes(held))
                held.clear()
        await anyio.to_thread.run_sync(upload.feed, bytes(held))
        return await anyio.to_thread.run_sync(upload.finish)


class Upload:
    """Sorts a form's fields and its file; call it off the event loop."""

    def __init__(self, content_type: str | None, path: Path, limit: int) -> None:
        self._form = FormReader(content_type, self._begin)
        self._path = path
        self._limit = limit
        self._fields: dict[str, bytearray] = {}
        self._filename = ""
        self._sink: _Sink | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._sink:
            self._sink.close()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        self._form.feed(data)

    def finish(self) -> Received:
        """Return what arrived, once it is on disk."""
        self._form.finish()
        if self._sink is None:
            raise Refusal(400, "there is no file; send one in the form field file", param="file")
        size, digest, checked = self._sink.finish()
        fields = {name: bytes(raw).decode(errors="replace") for name, raw in self._fields.items()}
        return Received(fields, self._filename, size, digest, checked)

    def _begin(self, part: Part) -> Writer:
        if part.name == "file":
            if self._sink:
                raise Refusal(400, "there is more than one file; send each in a request of its own", param="file")
            self._filename = part.filename or "file"
            check = bytes(self._fields.get("purpose", FINE_TUNE.encode())) == FINE_TUNE.encode()
            self._sink = _Sink(self._path, self._limit, check=check)
            return self._sink.write
        if part.name not in _FIELDS:
            raise Refusal(400, f"unknown field: {part.name[:80]}; remove it", param=part.name[:80])
        if part.name in self._fields:  # whether a file is checked follows from the purpose before it
            raise Refusal(400, f"the field {part.name} is there more than once; send it once", param=part.name)
        field = self._fields[part.name] = bytearray()
        return lambda data: _append(field, data, part.name)


class _Sink:
    """A file being written."""

    def __init__(self, path: Path, limit: int, *, check: bool) -> None:
        self._file: BinaryIO = path.open("xb")
        self._limit = limit
        self._size = 0
        self._hash = hashlib.sha256()
        self._check = UploadCheck() if check else None
        self._fault: DataError | None = None

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise _too_large(self._limit)
        self._file.write(data)
        self._hash.update(data)
        if self._check and not self._fault:
            try:
                self._check.feed(data)
            except DataError as error:
                # told at the end: the purpose may still come, and old clients do not read while they send
                self._fault = error

    def finish(self) -> tuple[int, str, Checked | DataError | None]:
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._size, self._hash.hexdigest(), self._fault or self._finish_check()

    def close(self) -> None:
        self._file.close()

    def _finish_check(self) -> Checked | DataError | None:
        try:
            return self._check.finish() if self._check else None
        except DataError as error:
            return error


def _append(field: bytearray, data: bytes, name: str) -> None:
    field += data
    if len(field) > _FIELD_BYTES:
        raise Refusal(400, f"the field {name} is longer than {_FIELD_BYTES} bytes; shorten it", param=name)


def _too_large(limit: int) -> Refusal:
    message = f"the file is larger than the {limit} bytes this server takes; split it"
    return Refusal(413, message, param="file", code="file_too_large")
