"""Doing things once: looking for what a create may have made already."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from openft._core.creation import METADATA, SKEW, Creation, creation_of, its_own, made_nothing
from openft._core.current import CURRENT
from openft._core.legacy import LEGACY
from openft._core.options import RequestOptions, with_key
from openft._core.request import path
from openft.errors import APIError, APIStatusError, BadRequestError, Unsupported
from openft.types import File, FineTune, FineTuningJob

if TYPE_CHECKING:
    from openft._async.client import AsyncClient
    from openft._async.fine_tuning_jobs import AsyncFineTuningJobs
    from openft._async.transport import AsyncTransport

PAGE = 100


async def made_with(
    transport: AsyncTransport, jobs: AsyncFineTuningJobs, key: str, asked: Mapping[str, Any], options: RequestOptions
) -> FineTuningJob | None:
    """Return the job that was started with this key, as far as its metadata tells.

    Raises:
        ConflictError: it is another job.
        APIError: the host cannot be asked.
    """
    if transport.knows_keys:
        return None
    own = with_key(options, None)
    own.pop("extra_body", None)
    try:
        return await _labelled(transport, jobs, key, asked, {METADATA: key}, own)
    except BadRequestError:  # a host that knows no such filter
        return await _labelled(transport, jobs, key, asked, None, own)


async def made_after(
    transport: AsyncTransport,
    jobs: AsyncFineTuningJobs,
    error: APIError,
    key: str,
    asked: Mapping[str, Any],
    options: RequestOptions,
) -> FineTuningJob | None:
    """Return the job that a create with this key has started though it has failed, None where that cannot be seen."""
    if made_nothing(error):
        return None
    try:
        return await made_with(transport, jobs, key, asked, options)
    except APIError:
        return None


async def _labelled(
    transport: AsyncTransport,
    jobs: AsyncFineTuningJobs,
    key: str,
    asked: Mapping[str, Any],
    metadata: Mapping[str, str] | None,
    options: RequestOptions,
) -> FineTuningJob | None:
    try:
        listed = jobs.list(limit=PAGE, metadata=metadata, **options)
        await listed.load()
        if transport.knows_keys:
            return None
        async for job in listed:
            if job.metadata.get(METADATA) == key:
                return its_own(job, key, asked)
    except APIStatusError as error:
        if error.status_code not in {404, 405}:  # a host without a list
            raise
    return None


async def reconcile(client: AsyncClient, error: APIError) -> FineTuningJob | FineTune | File | None:
    """Return what a create has made though it has failed, None where it has made nothing.

    Raises:
        ConfigError: the error is not one of a create.
        Unsupported: several objects fit, or this kind of object cannot be looked for.
    """
    asked = creation_of(error)
    if made_nothing(error):
        return None
    found = [thing for thing in await _fitting(client, asked) if thing.id not in client.transport.made]
    if len(found) > 1:
        names = ", ".join(thing.id for thing in found[:5])
        raise Unsupported(
            f"{len(found)} objects fit what was asked for ({names}); look at them, and pass a key next time"
        )
    return found[0] if found else None


async def _fitting(client: AsyncClient, asked: Creation) -> list[FineTuningJob | FineTune | File]:
    found: list[FineTuningJob | FineTune | File] = []
    if asked.path == path(*CURRENT.root):
        async for job in client.fine_tuning.jobs.list(limit=PAGE):
            if job.created_at < asked.began - SKEW:
                break
            found += [job] if asked.may_have_made(job) else []
    elif asked.path == path(*LEGACY.root):
        found += [tune async for tune in client.fine_tunes.list() if asked.may_have_made(tune)]
    elif asked.path == path("files"):
        async for file in client.files.list(order="desc"):
            found += [file] if asked.may_have_made(file) and await _same(client, file, asked) else []
    else:
        raise Unsupported(f"what POST {asked.path} makes cannot be looked for")
    return found


async def _same(client: AsyncClient, file: File, asked: Creation) -> bool:
    """Return whether a file has the content that was sent, as far as that can be read again.

    Raises:
        Unsupported: the host does not give the file's content out.
    """
    if asked.sha256 is None:
        return True
    try:
        content = await client.files.content(file.id)
    except APIStatusError as error:
        raise Unsupported(
            f"file {file.id} has the name and size of what was sent, and its content cannot be compared ({error}); "
            "use it if nobody else has sent such a file, else send yours again"
        ) from error
    return sha256(content.content).hexdigest() == asked.sha256
