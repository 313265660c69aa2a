"""The files resource."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from openft._async.pager import AsyncPager
from openft._async.resource import AsyncResource
from openft._core.creation import creation
from openft._core.interrupts import Curtly
from openft._core.multipart import Form, Section, Upload
from openft._core.options import RequestOptions, refuse_unknown
from openft._core.parts import LARGE, PURPOSES, announced, mime_type
from openft._core.polling import SHORTEST, deadline
from openft._core.request import Request, path
from openft._runtime import aio
from openft._runtime.disk import replacing
from openft._runtime.uploads import FileInput, upload
from openft.errors import APIError, APIResponseValidationError, ConfigError, Unsupported, WaitTimeout
from openft.types import File, FileDeleted, TrainingRecord
from openft.types.content import FileContent
from openft.types.files import ExpiresAfterParam
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.body import AsyncBody

log = logging.getLogger("openft")
DONE = frozenset({"processed", "error", "deleted"})
SMALL = 50_000_000
"""Bytes up to which all of a file is checked without being asked for."""
FIRST = 1000
"""Rows of a larger one that are checked."""


class AsyncFiles(AsyncResource):
    """Training files and results: ``client.files``."""

    async def create(
        self,
        *,
        file: FileInput,
        purpose: str = "fine-tune",
        expires_after: ExpiresAfterParam | None = None,
        check: bool | Literal["all"] = True,
        resume: str | os.PathLike[str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> File:
        """Upload a file and return its record. Content is streamed; files of any size use little memory.

        From 128 MiB on a file goes up in parts, four at a time and each repeated alone, where the host has uploads and
        takes the purpose in parts; see ``uploads.upload_file_chunked``.

        Args:
            file: a path, bytes, an open binary file, a (name, content) pair, or training records.
            purpose: ``fine-tune`` for training data.
            expires_after: when the host is to remove the file; None leaves that to the host.
            check: look at training data before anything is sent, so that a bad line costs no upload: True for all of a
                file up to 50 MB and the first 1,000 rows of a larger one, ``"all"`` for the whole of any file, False
                for nothing. A list of records is looked at in full, an iterator of them while they are sent; what can
                be read only once, such as a pipe, is left to the server. An event loop is not held up.
            resume: a path at which an upload in parts keeps what it has done, so that a new process goes on with it;
                nothing is kept by default, nor of a file that goes up as a whole.
            **options: see RequestOptions.

        Raises:
            DataError: the file cannot be read, or a line of it is not a training record; nothing was sent.
            ConfigError: this is nothing that can be uploaded, or ``check`` is something else.
            BadRequestError: the server refuses the file; ``param`` is ``file`` and the message has the line.
        """
        refuse_unknown(options, self.create)
        if check not in (True, False, "all"):
            raise ConfigError(f"check is {check!r}; use True, False or 'all'")
        sent = upload(file, encoded)
        if check and purpose == "fine-tune":
            await aio.blocking(look_over, sent, whole=check == "all")
        when = {f"expires_after[{name}]": str(value) for name, value in (expires_after or {}).items()}
        form = Form({"purpose": purpose, **when}, "file", sent)
        request = Request("POST", path("files"), File, form=form, creates=True)
        if purpose in PURPOSES and (sent.size or 0) >= LARGE:
            try:
                return await self._create_in_parts(request, sent, expires_after, resume, options)
            except Unsupported:
                log.info("the host takes no uploads in parts; the file is sent as a whole")
        return await self._create(request, options)

    def list(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        order: str | None = None,
        purpose: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncPager[File]:
        """Return all files, fetched page by page where the server has pages."""
        query = {"after": after, "limit": limit, "order": order, "purpose": purpose}
        return AsyncPager(self._transport, Request("GET", path("files"), Page[File], query=query), options)

    async def retrieve(self, file_id: str, **options: Unpack[RequestOptions]) -> File:
        """Return a file's record.

        Raises:
            NotFoundError: there is no such file.
        """
        return await self._transport.send(Request("GET", path("files", file_id), File), options)

    async def delete(self, file_id: str, **options: Unpack[RequestOptions]) -> FileDeleted:
        """Delete a file.

        Raises:
            NotFoundError: there is no such file.
        """
        where = path("files", file_id)
        gone = FileDeleted(id=file_id, deleted=True)
        return await self._transport.send(Request("DELETE", where, FileDeleted, gone=gone), options)

    async def content(self, file_id: str, **options: Unpack[RequestOptions]) -> FileContent:
        """Return a file's content, all of it in memory; see download for large files."""
        body = await self._open(file_id, options)
        return FileContent(await body.whole())

    async def download(
        self,
        file_id: str,
        to: str | os.PathLike[str],
        *,
        watch: Callable[[bytes], None] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Path:
        """Write a file's content to ``to`` and return the path; the file is there in full or not at all.

        Args:
            file_id: the file.
            to: where it is written.
            watch: called with each piece that has come; what it raises ends the download.
            **options: see RequestOptions.

        Raises:
            APIConnectionError: the transfer broke; nothing was left behind.
            DataError: ``to`` cannot be written.
        """
        target = Path(to)
        with replacing(target) as file:
            async with await self._open(file_id, options) as body:
                async for chunk in body:
                    if watch is not None:
                        watch(chunk)
                    await aio.blocking(file.write, chunk)
        return target

    async def wait_for_processing(
        self,
        id: str,
        *,
        poll_interval: float = 5.0,
        max_wait_seconds: float = 30 * 60,
        **options: Unpack[RequestOptions],
    ) -> File:
        """Return the file once the server has processed it, whether it found it good or not.

        Raises:
            WaitTimeout: it has not after ``max_wait_seconds``.
        """
        now = self._transport.settings.clock.now
        until = deadline(now(), max_wait_seconds, poll_interval, ("max_wait_seconds", "poll_interval"))
        pause = max(poll_interval, SHORTEST)
        with Curtly():
            while True:
                file = await self.retrieve(id, **options)
                if file.status is None or file.status in DONE:
                    return file
                if now() + pause > until:
                    message = f"file {id} is still {file.status} after {max_wait_seconds:g} s; wait longer"
                    raise WaitTimeout(message, ids=[id])
                await self._transport.sleep(pause)

    async def _create_in_parts(
        self,
        request: Request[File],
        sent: Upload,
        expires_after: ExpiresAfterParam | None,
        resume: str | os.PathLike[str] | None,
        options: RequestOptions,
    ) -> File:
        from openft._async.chunked import AsyncChunks, How

        body = {
            "bytes": sent.size,
            "filename": announced(sent.filename),
            "mime_type": mime_type(sent.filename),
            "purpose": request.form.fields["purpose"] if request.form else None,
            "expires_after": expires_after,
        }
        asked = creation(request, self._transport.settings.clock.wall())
        try:
            how = How(resume=None if resume is None else Path(resume))
            done = await AsyncChunks(self._transport, sent, body, how, options).send()
        except APIError as error:
            error.creation = asked
            raise
        if done.file is None:
            raise APIResponseValidationError(f"upload {done.id} is {done.status} and has no file; see files.list")
        return done.file

    async def _open(self, file_id: str, options: RequestOptions) -> AsyncBody:
        request = Request("GET", path("files", file_id, "content"), object, headers={"accept": "*/*"})
        body = await self._transport.open(request, options)
        body.must_move()
        return body


def encoded(records: Iterable[TrainingRecord]) -> Iterator[bytes]:
    """Yield training records as the lines of a file."""
    from openft.data.jsonl import encode_records

    return encode_records(records)


def look_over(sent: Upload, *, whole: bool = False) -> None:
    """Check the lines of an upload that can be read twice, of a large one the first unless ``whole``.

    Raises:
        DataError: one of them is not a training record.
    """
    from openft.data.upload import check_file

    content = sent.content
    first = None if whole or (sent.size or 0) <= SMALL else FIRST
    if isinstance(content, bytes):
        check_file(BytesIO(content), name=sent.filename, first=first)
    elif isinstance(content, Path):
        check_file(content, first=first)
    elif not callable(content) and not isinstance(content, Section) and sent.repeatable:
        check_file(content, name=sent.filename, first=first)
    elif callable(content) and sent.repeatable:
        for _ in content():
            pass
