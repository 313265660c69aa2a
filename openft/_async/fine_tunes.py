"""The fine_tunes resource: jobs of the 2023 API."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, Unpack, cast

from openft._async.files import encoded, look_over
from openft._async.follow import AsyncFollow
from openft._async.pager import AsyncPager
from openft._async.resource import AsyncResource
from openft._async.waiting import wait
from openft._core.options import RequestOptions
from openft._core.request import Request, path
from openft._core.results import step_metrics
from openft._core.wire import LEGACY, placed
from openft._runtime import aio
from openft._runtime.uploads import upload
from openft.errors import ConfigError, Unsupported
from openft.types import FineTune, FineTuneEvent, Results, SucceededFineTune
from openft.types.fine_tunes import FineTuneDeleted
from openft.types.page import Page

Events: TypeAlias = list[FineTuneEvent]
TrainingFile: TypeAlias = str | os.PathLike[str]


class AsyncFineTunes(AsyncResource):
    """Fine-tuning jobs of the 2023 API (``/v1/fine-tunes``): ``client.fine_tunes``."""

    async def create(
        self,
        *,
        training_file: TrainingFile,
        validation_file: TrainingFile | None = None,
        model: str | None = None,
        n_epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate_multiplier: float | None = None,
        prompt_loss_weight: float | None = None,
        compute_classification_metrics: bool | None = None,
        classification_n_classes: int | None = None,
        classification_positive_class: str | None = None,
        classification_betas: Sequence[float] | None = None,
        suffix: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> FineTune:
        """Start a fine-tune and return it as it stands in the queue.

        Args:
            training_file: the id of an uploaded file (a str), or a Path, which is uploaded first.
            validation_file: likewise; measured on, never trained on.
            model: a base, or a fine-tuned model to go on from (the server's default: ``curie``).
            n_epochs: passes over the training file (4).
            batch_size: examples in one step, 1 to 256; the server chooses by the size of the file.
            learning_rate_multiplier: factor on the base's own learning rate; the server chooses by the batch size.
            prompt_loss_weight: weight of the loss on prompt tokens, 0 to 1 (0.01).
            compute_classification_metrics: measure accuracy, F1 and more on the validation file after every epoch.
            classification_n_classes: needed for that where there are more than two classes.
            classification_positive_class: needed for that where there are two; with its leading space.
            classification_betas: F-beta scores to measure beside F1, two classes only.
            suffix: up to 40 characters that become part of the model's name.
            **options: see RequestOptions. An ``idempotency_key`` also covers the uploads.

        Raises:
            BadRequestError: a parameter or the file is wrong; ``param`` names it.
            DataError: a Path does not lead to a good training file; nothing was sent.
        """
        for file in (training_file, validation_file):
            if file is not None and not isinstance(file, str):
                await aio.blocking(look_over, upload(as_path(file), encoded))
        body = {
            "training_file": await self._uploaded(training_file, "training_file", options),
            "validation_file": await self._uploaded(validation_file, "validation_file", options),
            "model": model,
            "n_epochs": n_epochs,
            "batch_size": batch_size,
            "learning_rate_multiplier": learning_rate_multiplier,
            "prompt_loss_weight": prompt_loss_weight,
            "compute_classification_metrics": compute_classification_metrics,
            "classification_n_classes": classification_n_classes,
            "classification_positive_class": classification_positive_class,
            "classification_betas": None if classification_betas is None else list(classification_betas),
            "suffix": suffix,
        }
        request = Request("POST", path(*LEGACY.root), FineTune, json=body, creates=True)
        return await self._transport.send(request, options)

    def list(self, **options: Unpack[RequestOptions]) -> AsyncPager[FineTune]:
        """Return all fine-tunes, oldest first, without their events."""
        return AsyncPager(self._transport, Request("GET", path(*LEGACY.root), Page[FineTune]), options)

    async def retrieve(self, id: str, **options: Unpack[RequestOptions]) -> FineTune:
        """Return the fine-tune as it stands now, with its events.

        Raises:
            NotFoundError: there is no such fine-tune.
        """
        return await self._transport.send(Request("GET", path(*LEGACY.root, id), FineTune), options)

    async def cancel(self, id: str, **options: Unpack[RequestOptions]) -> FineTune:
        """Cancel a fine-tune, in the queue or at work, and return it.

        Raises:
            BadRequestError: it has finished already.
            NotFoundError: there is no such fine-tune.
        """
        request = Request("POST", path(*LEGACY.root, id, "cancel"), FineTune, creates=True)
        return await self._transport.send(request, options)

    async def delete(self, id: str, **options: Unpack[RequestOptions]) -> FineTuneDeleted:
        """Delete a finished fine-tune's record; its model stays until ``models.delete``.

        Raises:
            NotFoundError: there is no such fine-tune.
        """
        gone = FineTuneDeleted(id=id, deleted=True)
        request = Request("DELETE", path(*LEGACY.root, id), FineTuneDeleted, gone=gone)
        return await self._transport.send(request, options)

    async def list_events(self, id: str, **options: Unpack[RequestOptions]) -> Events:
        """Return the fine-tune's events so far, oldest first.

        Raises:
            NotFoundError: there is no such fine-tune.
        """
        request = Request("GET", path(*LEGACY.root, id, "events"), Page[FineTuneEvent])
        page = await self._transport.send(request, options)
        return [placed(event, number) for number, event in enumerate(page.data, 1)]

    def follow(
        self, id: str, *, after: str | None = None, **options: Unpack[RequestOptions]
    ) -> AsyncFollow[FineTune, SucceededFineTune]:
        """Return an iterator over the fine-tune's events as they happen, to its end.

        Args:
            id: the fine-tune.
            after: the ``cursor`` of the last event that was seen before.
            **options: see RequestOptions.
        """
        return AsyncFollow(self._transport, LEGACY, id, after, options)

    async def wait(self, id: str, *, timeout: float | None = None, poll: float = 5.0) -> SucceededFineTune:
        """Return the fine-tune once it has its model; a lost connection is borne for ten minutes.

        Args:
            id: the fine-tune.
            timeout: seconds after which to give up; None waits for ever.
            poll: seconds between two looks.

        Raises:
            JobFailed: it has failed.
            JobCancelled: it was cancelled.
            WaitTimeout: it is still running after ``timeout`` seconds.
        """
        return await wait(self._transport, LEGACY, id, timeout=timeout, poll=poll)

    async def results(self, id: str, **options: Unpack[RequestOptions]) -> Results:
        """Return the step metrics of a fine-tune that has succeeded.

        Raises:
            Unsupported: it has no results file, because it has not succeeded.
        """
        job = await self.retrieve(id, **options)
        if not job.result_files:
            raise Unsupported(f"fine-tune {id} has no results file: it is {job.status}; wait until it has succeeded")
        file_id = job.result_files[0].id
        content = await self._client.files.content(file_id, **options)
        return Results(step_metrics(content.content, file_id), content.content, file_id)

    async def _uploaded(self, file: TrainingFile | None, field: str, options: RequestOptions) -> str | None:
        if file is None or isinstance(file, str):
            return file
        own = options.copy()
        own.pop("extra_body", None)
        key = own.get("idempotency_key")
        if key:
            own["idempotency_key"] = f"{key}-{field}"
        return (await self._client.files.create(file=as_path(file), purpose="fine-tune", check=False, **own)).id


def as_path(file: object) -> Path:
    """Return the path that a training file was given as.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(file, os.PathLike):
        raise ConfigError(f"a training file is a file id (a str) or a Path, not {type(file).__name__}")
    return Path(cast("os.PathLike[str]", file))
