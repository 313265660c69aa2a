"""The models resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from openft._async.resource import AsyncResource
from openft._core.options import RequestOptions
from openft._core.request import Request, path
from openft.types import Model

if TYPE_CHECKING:
    from openft._async.pager import AsyncPager
    from openft.types import ModelDeleted


class AsyncModels(AsyncResource):
    """Bases and fine-tuned models: ``client.models``."""

    def list(self, **options: Unpack[RequestOptions]) -> AsyncPager[Model]:
        """Return all models that the key may use."""
        from openft._async.pager import AsyncPager
        from openft.types.page import Page

        return AsyncPager(self._transport, Request("GET", path("models"), Page[Model]), options)

    async def retrieve(self, model: str, **options: Unpack[RequestOptions]) -> Model:
        """Return one model by its name.

        Raises:
            NotFoundError: there is no such model.
        """
        return await self._transport.send(Request("GET", path("models", model), Model), options)

    async def delete(self, model: str, **options: Unpack[RequestOptions]) -> ModelDeleted:
        """Delete a fine-tuned model; the job that made it stays.

        Raises:
            PermissionDeniedError: the key is not an owner's.
            NotFoundError: there is no such model.
        """
        from openft.types import ModelDeleted

        where = path("models", model)
        gone = ModelDeleted(id=model, deleted=True)
        return await self._transport.send(Request("DELETE", where, ModelDeleted, gone=gone), options)

    async def wait(self, model: str, *, timeout: float | None = None, poll: float = 5.0) -> Model:
        """Return a model once it exists and answers; each look asks it for one token.

        A model that exists and takes neither prompts nor conversations is returned, too.

        Args:
            model: its name, as in a job's ``fine_tuned_model``.
            timeout: seconds after which to give up; None waits for ever.
            poll: seconds between two looks.

        Raises:
            WaitTimeout: it is not there, or still being loaded, after ``timeout`` seconds.
            APIConnectionError: the server could not be reached for ten minutes.
        """
        from openft._async.ready import ready

        return await ready(self._transport, model, timeout=timeout, poll=poll)
