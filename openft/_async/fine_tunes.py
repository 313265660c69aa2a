"""The fine_tunes resource: jobs of the 2023 API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, Unpack

from openft._async.jobs import AsyncJobs, TrainingFile
from openft._async.pager import AsyncPager
from openft._core.legacy import LEGACY, placed
from openft._core.options import RequestOptions, refuse_unknown
from openft._core.request import Request, path
from openft.types import FineTune, FineTuneDeleted, FineTuneEvent, SucceededFineTune
from openft.types.page import Page

if TYPE_CHECKING:
    from openft._async.client import AsyncClient
    from openft._async.follow import AsyncFollow

Events: TypeAlias = list[FineTuneEvent]


class AsyncFineTunes(AsyncJobs[FineTune, SucceededFineTune, FineTuneEvent]):
    """Fine-tuning jobs of the 2023 API (``/v1/fine-tunes``): ``client.fine_tunes``."""

    def __init__(self, client: AsyncClient) -> None:
        super().__init__(client, LEGACY)

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

        Warns:
            ShutdownWarning: its model is about to stop answering. It is told before anything is sent, if the call
                names the model; where warnings are errors it is logged instead, and the job is made.
        """
        refuse_unknown(options, self.create)
        await self._looked_over(training_file=training_file, validation_file=validation_file)
        spent = await self._foretold(model, options)
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
        return await self._started(request, options, spent)

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
        where = path(*LEGACY.root, id)
        gone = FineTuneDeleted(id=id, deleted=True)
        request = Request("DELETE", where, FineTuneDeleted, gone=gone)
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
    ) -> AsyncFollow[FineTune, FineTuneEvent]:
        """Return an iterator over the fine-tune's events as they happen, to its end.

        Args:
            id: the fine-tune.
            after: the ``cursor`` of the last event that was seen before.
            **options: see RequestOptions.

        Raises:
            ConfigError: ``after`` cannot be a cursor.
        """
        from openft._async.follow import AsyncFollow
        from openft._async.streamed_story import AsyncStreamedStory

        return AsyncFollow(self._transport, AsyncStreamedStory(self._transport, id, after, options))
