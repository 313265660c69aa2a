"""`/v1/files`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import BinaryIO

import anyio
from starlette.responses import Response, StreamingResponse

from openft.errors import DataError
from openft.server.home import put_in_place, remove
from openft.server.http.gateway import ANY, Call, Route
from openft.server.http.refusal import Refusal, not_found
from openft.server.http.rendering import JsonAnswer, answer
from openft.server.http.uploads import FINE_TUNE, Received, receive
from openft.server.idempotency import Once
from openft.server.jobs import lifecycle
from openft.server.naming import new_stem
from openft.server.service import Service
from openft.server.shapes import legacy
from openft.server.store import files, jobs
from openft.server.store.records import FileRecord

PURPOSES = (
    FINE_TUNE,
    *("answers", "assistants", "batch", "classifications", "evals", "fine-tune-train", "search", "user_data", "vision"),
)
_CHUNK = 256 * 1024


class Files:
    """Handlers of the files resource."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._world = service.world

    def routes(self) -> list[Route]:
        """Return where the handlers are found."""
        one = ("v1", "files", ANY)
        return [
            Route("GET", ("v1", "files"), self.list),
            Route("POST", ("v1", "files"), self.create),
            Route("GET", one, self.retrieve),
            Route("DELETE", one, self.delete),
            Route("GET", (*one, "content"), self.content),
        ]

    async def list(self, call: Call) -> Response:
        """Answer with all files."""
        return await answer(self._list)

    async def create(self, call: Call) -> Response:
        """Take an upload and answer with its file, which stays from then on."""
        with self._service.uploads.enter(), self._service.desk.once(call.request, call.who, "POST /files") as once:
            path = self._world.home.temporary()
            try:
                received = await receive(call.request, path, self._world.settings)
                return await answer(self._create, received, path, once)
            finally:
                path.unlink(missing_ok=True)

    async def retrieve(self, call: Call) -> Response:
        """Answer with one file."""
        return await answer(lambda: legacy.file(self._find(call.parts[0])))

    async def delete(self, call: Call) -> Response:
        """Delete a file; jobs at work keep its content until they end."""
        await anyio.to_thread.run_sync(self._delete, call.parts[0])
        return JsonAnswer(legacy.deleted("file", call.parts[0]))

    async def content(self, call: Call) -> Response:
        """Answer with a file's bytes."""
        file, opened = await anyio.to_thread.run_sync(self._open, call.parts[0])
        headers = {"content-length": str(file.bytes)}
        return StreamingResponse(_chunks(opened), headers=headers, media_type="application/octet-stream")

    def _list(self) -> legacy.Wire:
        with self._world.database.read() as connection:
            return legacy.listing(legacy.file(file) for file in files.every(connection))

    def _create(self, received: Received, path: Path, once: Once) -> legacy.Wire:
        fields = {**received.fields, "filename": received.filename, "sha256": received.sha256}
        with self._world.database.read() as connection:
            if (told := once.recall(connection, fields)) is not None:
                return told
        record = _record(received)
        final = self._world.home.file(record.id)
        try:
            put_in_place(path, final)
            with self._world.database.write() as connection:
                files.add(connection, record)
                return once.keep(connection, legacy.file(record))
        except BaseException:
            final.unlink(missing_ok=True)  # a client that tries again on a full disk must not fill it further
            raise

    def _find(self, file_id: str) -> FileRecord:
        with self._world.database.read() as connection:
            file = files.find(connection, file_id)
        if file is None:
            raise not_found(f"file: {file_id}", "GET /v1/files lists all", param="id")
        return file

    def _delete(self, file_id: str) -> None:
        with self._world.database.write() as connection:
            if files.find(connection, file_id) is None:
                raise not_found(f"file: {file_id}", "GET /v1/files lists all", param="id")
            files.mark_deleted(connection, file_id, lifecycle.now())
            needed = jobs.using_file(connection, file_id)
        if not needed:
            remove([self._world.home.file(file_id)])

    def _open(self, file_id: str) -> tuple[FileRecord, BinaryIO]:
        file = self._find(file_id)
        try:
            return file, self._world.home.file(file_id).open("rb")
        except FileNotFoundError:
            self._find(file_id)  # a 404 if it was deleted a moment ago
            raise


async def _chunks(opened: BinaryIO) -> AsyncGenerator[bytes, None]:
    with opened:
        while chunk := await anyio.to_thread.run_sync(opened.read, _CHUNK):
            yield chunk


def _record(received: Received) -> FileRecord:
    purpose = received.fields.get("purpose")
    if not purpose:
        raise Refusal(400, "purpose is missing; send the form field purpose, usually fine-tune", param="purpose")
    if purpose not in PURPOSES:
        raise Refusal(400, f"unknown purpose: {purpose[:80]}; use one of {', '.join(PURPOSES)}", param="purpose")
    if received.bytes == 0:
        raise Refusal(400, "the file is empty; write one JSON object per line", param="file")
    checked = received.checked if purpose == FINE_TUNE else None
    if isinstance(checked, DataError):
        place = f"line {checked.line}: " if checked.line else ""
        raise Refusal(400, f"{place}{checked.reason}", param="file", code="invalid_training_file")
    return FileRecord(
        id=f"file-{new_stem()}",
        bytes=received.bytes,
        created_at=lifecycle.now(),
        filename=received.filename,
        purpose=purpose,
        sha256=received.sha256,
        rows=checked.rows if checked else None,
        kind=checked.kind if checked else None,
    )
