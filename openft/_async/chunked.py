"""One file on its way up in parts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openft._core import parts
from openft._core.multipart import Upload as Content
from openft._core.options import KEY_HEADER, RequestOptions, key_of, with_key
from openft._core.parts import Begun, Plan
from openft._core.request import Request, path
from openft._runtime import aio
from openft._runtime.resume import Memory
from openft._runtime.sections import Digest, Source
from openft.errors import APIError, APIStatusError, ConfigError, Unsupported
from openft.types import File, Upload
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.transport import AsyncTransport

log = logging.getLogger("openft")


@dataclass(frozen=True)
class How:
    """What the caller has asked for."""

    part_size: int | None = None
    md5: str | None = None
    resume: Path | None = None
    parallel: int = 4

    def check(self, source: Source) -> None:
        """Raise ConfigError where it makes no sense."""
        if self.resume is not None and source.path is None:
            raise ConfigError("only a file given as a path can be resumed; pass its path, or leave resume= out")
        for name, number in (("part_size", self.part_size), ("parallel", self.parallel)):
            if number is not None and number < 1:
                raise ConfigError(f"{name} must be at least 1, not {number}")


class AsyncChunks:
    """An upload in parts, several of them at a time, each repeated alone."""

    def __init__(
        self,
        transport: AsyncTransport,
        sent: Content,
        body: Mapping[str, Any],
        how: How,
        options: RequestOptions,
    ) -> None:
        self._source = Source(sent)
        how.check(self._source)
        self._transport = transport
        self._how = how
        self._options = options
        self._body = body
        self._plan = Plan(
            host=transport.settings.base_url,
            file="" if self._source.path is None else parts.spelt(self._source.path.absolute()),
            modified=self._source.modified,
            part_size=how.part_size or parts.PART_SIZE,
            body=dict(body),
        )
        self._digest = Digest(self._source) if how.md5 is None else None
        self._memory = Memory(how.resume)
        self._spent = transport.settings.clock.spent
        self._latest = self._spent()
        """When the last part was there; a task or thread that begins later may not know of what passed until then."""
        limit = options.get("timeout")
        self._until = None if limit is None else self._latest + limit

    async def send(self) -> Upload:
        """Return the upload when it is completed.

        Raises:
            Unsupported: the host has no uploads.
            DataError: the file cannot be read, or changes meanwhile.
            APIError: a part, or all of it, was refused or is lost.
        """
        key = key_of(self._options)
        known = await aio.blocking(self._memory.recall, self._plan)
        begun = known or await self._begin(key)
        done = await self._finish(begun, may_be_over=known is not None or key is not None)
        if done is None:
            log.warning("the host takes no more for upload %s; the file is sent anew", begun.upload_id)
            begun = await self._begin(f"{key}-{begun.upload_id}" if key else None)
            done = await self._finish(begun, may_be_over=False)
        if done is None:
            raise AssertionError("a new upload that is refused is an error")
        await aio.blocking(self._memory.forget)
        return done

    async def _begin(self, key: str | None) -> Begun:
        options = self._options_now(key)
        if "extra_body" in self._options:
            options["extra_body"] = self._options["extra_body"]
        try:
            upload = await self._transport.send(parts.begin(self._body), options)
        except APIStatusError as error:
            if error.status_code not in parts.MISSING:
                raise
            raise Unsupported("the host takes no uploads in parts; send the file with files.create") from error
        begun = Begun(plan=self._plan, upload_id=upload.id, created_at=upload.created_at, expires_at=upload.expires_at)
        await aio.blocking(self._memory.keep, begun)
        return begun

    async def _finish(self, begun: Begun, *, may_be_over: bool) -> Upload | None:
        """Send what is missing and return the completed upload, None where an old one was over before that."""
        missing = begun.missing
        try:
            await aio.gather(self._how.parallel, (partial(self._send, begun, number) for number in missing))
            may_be_over = may_be_over and not missing
            return await self._complete(begun, await self._md5())
        except APIError as error:
            refused = error.status_code in parts.CLOSED
            over = refused and may_be_over
            unclear = begun.missing == [] and (over or not refused or error.attempts > 1)
            file = await self._look_for(begun) if unclear else None
            done = None if file is None else await self._made_sure(begun, file, refused)
            if done is not None or over:
                return done
            parts.advise(error, begun, self._memory.place, file)
            raise

    async def _made_sure(self, begun: Begun, file: File, refused: bool) -> Upload | None:
        """Return the completed upload, None where it may not be over, so that the file may be another's."""
        try:
            return parts.completed(begun, file) if refused else await self._complete(begun, await self._md5())
        except APIError as error:
            return parts.completed(begun, file) if error.status_code in parts.CLOSED else None

    async def _send(self, begun: Begun, number: int) -> None:
        """Send one part."""
        start, size = self._plan.run(number)
        unknown = max(self._latest - self._spent(), 0.0)
        request = parts.add(begun.upload_id, self._source.part(start, size), f"{begun.upload_id}-{start}-{size}")
        part = await self._transport.send(request, self._options_now())
        self._latest = max(self._latest, self._spent() + unknown)
        await aio.blocking(self._memory.note, begun, number, part.id)
        await self._hash(start + size)

    async def _hash(self, until: int) -> None:
        if self._digest is not None:
            while not await aio.blocking(self._digest.advance, until):
                aio.going_on()

    async def _md5(self) -> str | None:
        """Return the MD5 of the file, which is the one that was announced."""
        await self._hash(self._plan.size)
        await aio.blocking(self._source.check)
        return self._how.md5 if self._digest is None else self._digest.text()

    async def _complete(self, begun: Begun, md5: str | None) -> Upload:
        """Make a file of the parts. Asked twice, a host makes it once, and may refuse the second time."""
        key = f"{begun.upload_id}-complete"
        request = parts.complete(begun.upload_id, begun.in_order(), md5)
        return await self._transport.send(
            request._replace(creates=False, headers={KEY_HEADER: key}), self._options_now()
        )

    async def _look_for(self, begun: Begun) -> File | None:
        """Return the file that an upload has become, where the answer that told so was lost."""
        query: dict[str, str | int | None] = {"purpose": str(self._body["purpose"]), "order": "desc", "limit": 100}
        request = Request("GET", path("files"), Page[File], query=query)
        try:
            page = await self._transport.send(request, self._options_now())
        except APIError:
            return None
        found = [file for file in page.data if begun.became(file)]
        return found[0] if len(found) == 1 else None

    def _options_now(self, key: str | None = None) -> RequestOptions:
        """Return the options for one of the requests, which has the time that is left for all."""
        options = with_key(self._options, key)
        options.pop("extra_body", None)
        if self._until is not None:
            options["timeout"] = max(self._until - max(self._latest, self._spent()), 0.001)
        return options
