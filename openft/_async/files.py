"""The files resource."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Unpack

from openft._async.pager import AsyncPager
from openft._async.resource import AsyncResource
from openft._core.multipart import Form, Upload
from openft._core.options import RequestOptions
from openft._core.request import Request, path
from openft._runtime import aio
from openft._runtime.disk import replacing
from openft._runtime.uploads import FileInput, upload
from openft.errors import WaitTimeout
from openft.types import File, FileDeleted, TrainingRecord
from openft.types.content import FileContent
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncBody

DONE = frozenset({"processed", "error", "deleted"})


class AsyncFiles(AsyncResource):
    """Training files and results: ``client.files``."""

    async def create(
        self, *, file: FileInput, purpose: str = "fine-tune", check: bool = True, **options: Unpack[RequestOptions]
    ) -> File:
        """Upload a file and return its record. Content is streamed; files of any size use little memory.

        Args:
            file: a path, bytes, an open binary file, a (name, content) pair, or training records.
            purpose: ``fine-tune`` for training data.
            check: look at every line of training data before anything is sent.
            **options: see RequestOptions.

        Raises:
            DataError: the file cannot be read, or a line of it is not a training record; nothing was sent.
            BadRequestError: the server refuses the file; ``param`` is ``file`` and the message has the line.
        """
        sent = upload(file, encoded)
        if check and purpose == "fine-tune":
            await aio.blocking(look_over, sent)
        form = Form({"purpose": purpose}, "file", sent)
        return await self._transport.send(Request("POST", path("files"), File, form=form, creates=True), options)

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
        gone = FileDeleted(id=file_id, deleted=True)
        return await self._transport.send(Request("DELETE", path("files", file_id), FileDeleted, gone=gone), options)

    async def content(self, file_id: str, **options: Unpack[RequestOptions]) -> FileContent:
        """Return a file's content, all of it in memory; see download for large files."""
        body = await self._open(file_id, options)
        return FileContent(await body.whole())

    async def download(self, file_id: str, to: str | os.PathLike[str], **options: Unpack[RequestOptions]) -> Path:
        """Write a file's content to ``to`` and return the path; the file is there in full or not at all.

        Raises:
            APIConnectionError: the transfer broke; nothing was left behind.
            DataError: ``to`` cannot be written.
        """
        target = Path(to)
        with replacing(target) as file:
            async with await self._open(file_id, options) as body:
                async for chunk in body:
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
        until = monotonic() + max_wait_seconds
        while True:
            file = await self.retrieve(id, **options)
            if file.status is None or file.status in DONE:
                return file
            if monotonic() + poll_interval > until:
                raise WaitTimeout(f"file {id} is still {file.status} after {max_wait_seconds:g} s; wait longer")
            await aio.sleep(poll_interval)

    async def _open(self, file_id: str, options: RequestOptions) -> AsyncBody:
        request = Request("GET", path("files", file_id, "content"), object, headers={"accept": "*/*"})
        body = await self._transport.open(request, options)
        body.must_move()
        return body


def encoded(records: Iterable[TrainingRecord]) -> Iterator[bytes]:
    """Yield training records as the lines of a file."""
    from openft.data.jsonl import encode_records

    return encode_records(records)


def look_over(sent: Upload) -> None:
    """Check the lines of an upload that is at hand in full.

    Raises:
        DataError: one of them is not a training record.
    """
    from openft.data.check import check_file

    if isinstance(sent.content, bytes):
        check_file(BytesIO(sent.content), name=sent.filename)
    elif isinstance(sent.content, Path):
        check_file(sent.content)
    elif not callable(sent.content) and sent.repeatable:
        check_file(sent.content, name=sent.filename)
    elif callable(sent.content) and sent.repeatable:
        for _ in sent.content():
            pass
