"""What both job APIs offer beside their own calls: waiting, following, results, and files given as paths."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeAlias, Unpack, cast

from openft._async.foretell import foretell, told_too, untold
from openft._async.resource import AsyncResource
from openft._async.waiting import AsyncCompleted, wait
from openft._async.watch import AsyncWatch
from openft._core import checked as check
from openft._core.options import RequestOptions, key_of, with_key
from openft._core.polling import SHORTEST, Waiter, deadline
from openft._core.request import Request, path
from openft._core.wire import E, J, S, Wire
from openft._runtime import aio
from openft._runtime.aio_turns import Own
from openft.errors import ConfigError, Unsupported
from openft.types import Results

if TYPE_CHECKING:
    from openft._async.client import AsyncClient

TrainingFile: TypeAlias = str | os.PathLike[str]
"""The id of an uploaded file, or a path."""
ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".txt", ".gz")
"""Of training data on disk."""
PART = 4
"""The question for a model takes at most this part of a call's time: a fourth."""
ADDRESS = re.compile("[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
"""How an address begins; a drive has one letter."""


class AsyncJobs(AsyncResource, Generic[J, S, E]):
    """Fine-tuning jobs on either API."""

    def __init__(self, client: AsyncClient, wire: Wire[J, S, E]) -> None:
        super().__init__(client)
        self._wire = wire
        self._watches: Own[AsyncWatch[J, S, E]] = Own(lambda: AsyncWatch(self._transport, wire))

    async def _foretold(self, model: object, options: RequestOptions) -> float:
        """Return the seconds that it took to ask whether a model is about to stop, and to warn; before it is used."""
        transport, spent = self._transport, self._transport.settings.clock.spent
        if not untold(transport, model):
            return 0.0
        began = spent()
        await foretell(transport, model, self._whole(options, inf) / PART)
        return spent() - began

    async def _started(self, request: Request[J], options: RequestOptions, spent: float) -> J:
        """Return the job that a request makes, in what is left of the call's time."""
        if spent:
            options = {**options, "timeout": max(self._whole(options, request.timeout) - spent, SHORTEST)}
        made = await self._create(request, options)
        told_too(self._transport, (request.json or {}).get("model"), made.model)
        return made

    def _whole(self, options: RequestOptions, default: float) -> float:
        """Return the seconds that a call has."""
        given = (options.get("timeout"), self._transport.settings.timeout, default)
        return check.seconds(next(value for value in given if value is not None))

    async def wait(self, id: str, *, timeout: float | None = None, poll: float = 5.0) -> S:
        """Return the job once it has its model; a lost connection is borne for ten minutes.

        All waits of a client share one poller: a thousand of them ask for pages of the list, not for each job.

        Args:
            id: the job.
            timeout: seconds after which to give up; None waits for ever.
            poll: seconds between two looks.

        Raises:
            JobFailed: it has failed.
            JobCancelled: it was cancelled.
            WaitTimeout: it has not ended after ``timeout`` seconds; the message says how far it is.
            APIResponseValidationError: the host does not say how far it is.

        Warns:
            ShutdownWarning: its model is about to stop answering; the wait goes on, also where warnings are errors.
        """
        return await wait(self._transport, self._wire, self._watches.get(), id, timeout=timeout, poll=poll)

    def as_completed(
        self, ids: Iterable[str], *, timeout: float | None = None, poll: float = 5.0
    ) -> AsyncCompleted[J, S, E]:
        """Return an iterator over the jobs as they end, each once, failed and cancelled ones included.

        Args:
            ids: the jobs; one that is named twice comes once.
            timeout: seconds after which the iterator raises WaitTimeout; None waits for ever.
            poll: seconds between two looks.

        Raises:
            ConfigError: an id cannot be one.
        """
        if isinstance(ids, str):
            raise ConfigError(f"as_completed takes several ids, not one; pass [{ids[:100]!r}], or use wait")
        if not isinstance(ids, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without a type checker
            raise ConfigError(f"as_completed takes the ids of jobs, not {type(ids).__name__}")
        until = deadline(self._transport.settings.clock.now(), timeout, poll)
        waiter: Waiter[J] = Waiter({checked(id) for id in ids}, poll, until, noun=self._wire.noun)
        return AsyncCompleted(self._watches.get, waiter, self._wire.noun, timeout)

    def notify(self, id: str) -> None:
        """Look at a job now if anybody waits for it or follows it: for whoever has just heard of it by a webhook.

        Raises:
            ConfigError: the id cannot be one.
        """
        checked(id)
        for watch in self._watches.all():
            watch.notify(id)

    async def results(self, id: str, **options: Unpack[RequestOptions]) -> Results:
        """Return the step metrics of a job that has succeeded.

        Raises:
            Unsupported: it has no results file; the message says why.
        """
        job = await self._transport.send(Request("GET", path(*self._wire.root, id), self._wire.job), options)
        files = self._wire.result_files(job)
        if not files:
            raise Unsupported(self._wire.without_results(job))
        from openft._core.results import step_metrics

        content = await self._client.files.content(files[0], **options)
        return Results(step_metrics(content.content, files[0]), content.content, files[0])

    async def _looked_over(self, **files: TrainingFile | None) -> None:
        """Check those that are paths.

        Raises:
            ConfigError: one of them is a path as a text, which would be sent as an id.
            DataError: one of them does not lead to a good training file.
        """
        from openft._async.files import encoded, look_over
        from openft._runtime.uploads import upload

        for name, file in files.items():
            if isinstance(file, str):
                refuse_path(name, file)
        for file in files.values():
            if file is not None and not isinstance(file, str):
                await aio.blocking(look_over, upload(as_path(file), encoded))

    async def _uploaded(self, file: TrainingFile | None, field: str, options: RequestOptions) -> str | None:
        """Return the file's id, after uploading it if it is a path."""
        if file is None or isinstance(file, str):
            return file
        key = key_of(options)
        own = with_key(options, key and f"{key}-{field}")
        own.pop("extra_body", None)
        return (await self._client.files.create(file=as_path(file), purpose="fine-tune", check=False, **own)).id


def checked(id: str) -> str:
    """Return the id if it can be one.

    Raises:
        ConfigError: it cannot.
    """
    path(id)
    return id


def as_path(file: object) -> Path:
    """Return the path that a training file was given as.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(file, os.PathLike):
        raise ConfigError(f"a training file is a file id (a str) or a Path, not {type(file).__name__}")
    return Path(cast("os.PathLike[str]", file))


def refuse_path(name: str, file: str) -> None:
    """Refuse an id that is a path; ids with slashes and addresses are there on some hosts.

    Raises:
        ConfigError: it is one.
    """
    if not file:
        raise ConfigError(f"{name} is empty; pass the id of a file or a Path")
    if file.lstrip().startswith(("{", "[")) or "\n" in file:
        raise ConfigError(f"{name} is the id of a file or a Path, not the data; upload it with client.files.create")
    begins, ends = file.startswith(("/", "./", "../", "~")), file.lower().endswith(ENDINGS)
    if (begins or ends or "\\" in file) and not ADDRESS.match(file):
        raise ConfigError(
            f"{name} {file[:200]!r} looks like a path; pass Path({file[:200]!r}) to upload it, or the id of a file"
        )
