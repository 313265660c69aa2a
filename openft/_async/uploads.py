"""The uploads resource."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias, Unpack

from openft._async.chunked import AsyncChunks, How
from openft._async.resource import AsyncResource
from openft._core import parts
from openft._core.lasting import lasting
from openft._core.options import RequestOptions, key_of
from openft._runtime.uploads import part, whole
from openft.types import Upload, UploadPart
from openft.types.files import ExpiresAfterParam

PartInput: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO | tuple[str, bytes | BinaryIO]
WholeFile: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO


class AsyncUploads(AsyncResource):
    """Large files, in parts: ``client.uploads``."""

    @lasting
    def parts(self) -> AsyncParts:
        """The parts of an upload."""
        return AsyncParts(self._client)

    async def create(
        self,
        *,
        bytes: int,
        filename: str,
        mime_type: str,
        purpose: str,
        expires_after: ExpiresAfterParam | None = None,
        **options: Unpack[RequestOptions],
    ) -> Upload:
        """Announce a file and return its upload, which takes parts for an hour.

        Args:
            bytes: exact size of the whole file, 8 GB at most.
            filename: the name that the file will have.
            mime_type: ``text/jsonl`` for training data.
            purpose: ``fine-tune`` for training data.
            expires_after: when the host is to remove the file; None keeps it.
            **options: see RequestOptions.
        """
        body = {
            "bytes": bytes,
            "filename": filename,
            "mime_type": mime_type,
            "purpose": purpose,
            "expires_after": expires_after,
        }
        return await self._create(parts.begin(body), options)

    async def cancel(self, upload_id: str, **options: Unpack[RequestOptions]) -> Upload:
        """Give an upload up and return it; it takes no more parts.

        Raises:
            BadRequestError: it is completed already.
            NotFoundError: there is no such upload.
        """
        return await self._transport.send(parts.cancel(upload_id), options)

    async def complete(
        self, upload_id: str, *, part_ids: Sequence[str], md5: str | None = None, **options: Unpack[RequestOptions]
    ) -> Upload:
        """Make a file of the parts and return the completed upload, whose ``file`` is the file.

        Args:
            upload_id: the upload.
            part_ids: the parts, in the order of the file; together they have the size that was announced.
            md5: of the whole file, in hexadecimal, for the host to compare.
            **options: see RequestOptions.

        Raises:
            BadRequestError: the parts are not the file that was announced.
            NotFoundError: there is no such upload.
        """
        return await self._create(parts.complete(upload_id, part_ids, md5), options)

    async def upload_file_chunked(
        self,
        *,
        file: WholeFile,
        mime_type: str,
        purpose: str,
        filename: str | None = None,
        bytes: int | None = None,
        part_size: int | None = None,
        md5: str | None = None,
        resume: str | os.PathLike[str] | None = None,
        parallel: int = 4,
        **options: Unpack[RequestOptions],
    ) -> Upload:
        """Upload a file in parts and return the completed upload, whose ``file`` is the file.

        Parts are read from disk as they are sent, and each is repeated alone where it is lost, which at worst leaves a
        part behind that no file uses. Nothing is sent twice after a crash where ``resume`` says what is there already.

        Args:
            file: a path, bytes, or an open binary file.
            mime_type: ``text/jsonl`` for training data.
            purpose: ``fine-tune`` for training data.
            filename: the name that the file will have, by default its own.
            bytes: its size, only to be compared.
            part_size: bytes of a part (64 MiB, the most that OpenAI takes).
            md5: of the whole file, in hexadecimal; by default it is computed on the way.
            resume: a path at which the upload keeps what it has done, without keys, until it is completed; called again
                with the same path and file, also by a new process, it goes on from there within the upload's hour.
            parallel: how many parts are sent at a time.
            **options: see RequestOptions; ``timeout`` is for all parts together, and there is none by default.

        Raises:
            DataError: the file cannot be read, or changes while it is sent.
            Unsupported: the host takes no uploads in parts.
            APIError: a part, or the whole, was refused or is lost; the message says how many parts are there.
        """
        sent = whole(file, filename, bytes)
        name = parts.announced(sent.filename)
        body = {"bytes": sent.size, "filename": name, "mime_type": mime_type, "purpose": purpose}
        how = How(part_size, md5, None if resume is None else Path(resume), parallel)
        return await AsyncChunks(self._transport, sent, body, how, options).send()


class AsyncParts(AsyncResource):
    """The parts of an upload: ``client.uploads.parts``."""

    async def create(self, upload_id: str, *, data: PartInput, **options: Unpack[RequestOptions]) -> UploadPart:
        """Send a part of an upload, 64 MiB at most, and return it. Parts can be sent in any order, several at a time.

        A part is repeated where its answer was lost, on every host: at worst one is left behind that no file uses.

        Args:
            upload_id: the upload.
            data: bytes, an open binary file, a path or a (name, content) pair.
            **options: see RequestOptions.

        Raises:
            BadRequestError: the upload takes no more parts.
            DataError: the part cannot be read.
        """
        return await self._transport.send(parts.add(upload_id, part(data), key_of(options)), options)
