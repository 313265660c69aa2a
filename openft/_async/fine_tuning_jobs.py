"""The fine_tuning.jobs resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Unpack

from openft._async.jobs import AsyncJobs, TrainingFile
from openft._async.pager import AsyncPager
from openft._core import checked
from openft._core.creation import keyed_metadata
from openft._core.current import CURRENT
from openft._core.lasting import lasting
from openft._core.options import RequestOptions, key_of, refuse_unknown
from openft._core.request import Request, path
from openft.errors import APIError
from openft.types import FineTuningJob, FineTuningJobEvent, SucceededJob
from openft.types.page import Page
from openft.types.params import HyperparametersParam, IntegrationParam, MethodParam

if TYPE_CHECKING:
    from openft._async.checkpoints import AsyncJobCheckpoints
    from openft._async.client import AsyncClient
    from openft._async.follow import AsyncFollow


class AsyncFineTuningJobs(AsyncJobs[FineTuningJob, SucceededJob, FineTuningJobEvent]):
    """Fine-tuning jobs of today's API (``/v1/fine_tuning/jobs``): ``client.fine_tuning.jobs``."""

    def __init__(self, client: AsyncClient) -> None:
        super().__init__(client, CURRENT)

    @lasting
    def checkpoints(self) -> AsyncJobCheckpoints:
        """Models as they stood at the end of an epoch."""
        from openft._async.checkpoints import AsyncJobCheckpoints

        return AsyncJobCheckpoints(self._client)

    async def create(
        self,
        *,
        model: str,
        training_file: TrainingFile,
        hyperparameters: HyperparametersParam | None = None,
        integrations: Iterable[IntegrationParam] | None = None,
        metadata: Mapping[str, str] | None = None,
        method: MethodParam | None = None,
        seed: int | None = None,
        suffix: str | None = None,
        validation_file: TrainingFile | None = None,
        **options: Unpack[RequestOptions],
    ) -> FineTuningJob:
        """Start a job and return it as it stands in the queue.

        Args:
            model: a base, or a fine-tuned model to go on from.
            training_file: the id of an uploaded file (a str), or a Path, which is uploaded first.
            hyperparameters: of supervised training; ``method`` is today's place for them.
            integrations: services that the host reports metrics to.
            metadata: up to 16 texts by name, to find the job by.
            method: ``supervised`` (the default), ``dpo`` or ``reinforcement``, with its hyperparameters.
            seed: the same seed and request train alike.
            suffix: up to 64 characters that become part of the model's name.
            validation_file: likewise a file; measured on, never trained on.
            **options: see RequestOptions. An ``idempotency_key`` also covers the uploads. A host that keeps no keys
                gets it in the job's metadata, where it is looked for before a job is started.

        Raises:
            BadRequestError: a parameter or the file is wrong; ``param`` names it.
            ConflictError: the ``idempotency_key`` belongs to another job.
            DataError: a Path does not lead to a good training file; nothing was sent.

        Warns:
            ShutdownWarning: its model is about to stop answering. It is told before anything is sent; where warnings
                are errors it is logged instead, and the job is made.
        """
        from openft._async.once import made_after, made_with

        refuse_unknown(options, self.create)
        await self._looked_over(training_file=training_file, validation_file=validation_file)
        asked: dict[str, object] = {
            "model": model,
            "hyperparameters": hyperparameters,
            "method": method,
            "seed": seed,
            "suffix": suffix,
            "metadata": metadata,
            "integrations": None if integrations is None else list(integrations),
        }
        spent = await self._foretold(model, options)
        files = {"training_file": training_file, "validation_file": validation_file}
        asked |= {name: file for name, file in files.items() if file is None or isinstance(file, str)}
        key = key_of(options)
        made = await made_with(self._transport, self, key, asked, options) if key else None
        if made is not None:
            return made
        in_metadata = key if not self._transport.knows_keys else None
        body = {
            **asked,
            "training_file": await self._uploaded(training_file, "training_file", options),
            "metadata": keyed_metadata(metadata, in_metadata) if in_metadata else metadata,
            "validation_file": await self._uploaded(validation_file, "validation_file", options),
        }
        request = Request("POST", path(*CURRENT.root), FineTuningJob, json=body, creates=True)
        try:
            made = await self._started(request, options, spent)
        except APIError as error:
            made = await made_after(self._transport, self, error, in_metadata, asked, options) if in_metadata else None
            if made is None:
                raise
        return made

    def list(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        metadata: Mapping[str, str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncPager[FineTuningJob]:
        """Return all jobs, newest first, fetched page by page.

        Args:
            after: the id of a job, to begin behind it.
            limit: jobs in a page (20).
            metadata: only jobs that have these.
            **options: see RequestOptions.
        """
        query = {
            "after": after,
            "limit": limit,
            **{f"metadata[{name}]": value for name, value in checked.mapping("metadata", metadata).items()},
        }
        return AsyncPager(
            self._transport, Request("GET", path(*CURRENT.root), Page[FineTuningJob], query=query), options
        )

    async def retrieve(self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]) -> FineTuningJob:
        """Return the job as it stands now.

        Raises:
            NotFoundError: there is no such job.
        """
        request = Request("GET", path(*CURRENT.root, fine_tuning_job_id), FineTuningJob)
        return await self._transport.send(request, options)

    async def cancel(self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]) -> FineTuningJob:
        """Cancel a job, in the queue or at work, and return it.

        Raises:
            BadRequestError: it has finished already.
            NotFoundError: there is no such job.
        """
        return await self._told(fine_tuning_job_id, "cancel", options)

    async def pause(self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]) -> FineTuningJob:
        """Let a job rest and return it.

        Raises:
            BadRequestError: it is not running.
            NotFoundError: there is no such job.
        """
        return await self._told(fine_tuning_job_id, "pause", options)

    async def resume(self, fine_tuning_job_id: str, **options: Unpack[RequestOptions]) -> FineTuningJob:
        """Let a paused job go on and return it.

        Raises:
            BadRequestError: it is not paused.
            NotFoundError: there is no such job.
        """
        return await self._told(fine_tuning_job_id, "resume", options)

    def list_events(
        self,
        fine_tuning_job_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncPager[FineTuningJobEvent]:
        """Return the job's events so far, newest first; ``follow`` gives them as they happen, oldest first."""
        where = path(*CURRENT.root, fine_tuning_job_id, "events")
        request = Request("GET", where, Page[FineTuningJobEvent], query={"after": after, "limit": limit})
        return AsyncPager(self._transport, request, options)

    def follow(
        self, id: str, *, after: str | None = None, **options: Unpack[RequestOptions]
    ) -> AsyncFollow[FineTuningJob, FineTuningJobEvent]:
        """Return an iterator over the job's events as they happen, oldest first, to its end.

        Args:
            id: the job.
            after: the ``cursor`` of the last event that was seen before. Where the host has no such event, or no
                longer, it begins with the oldest that there is: rather an event twice than one never.
            **options: see RequestOptions.
        """
        from openft._async.follow import AsyncFollow
        from openft._async.paged_story import AsyncPagedStory

        return AsyncFollow(self._transport, AsyncPagedStory(self._transport, self._watches.get, id, after, options))

    async def _told(self, id: str, what: str, options: RequestOptions) -> FineTuningJob:
        request = Request("POST", path(*CURRENT.root, id, what), FineTuningJob, creates=True)
        return await self._transport.send(request, options)
