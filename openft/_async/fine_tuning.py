"""The fine_tuning resource: today's job API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from openft._async.fine_tuning_jobs import AsyncFineTuningJobs
from openft._async.resource import AsyncResource
from openft._core.lasting import lasting
from openft._core.options import RequestOptions
from openft._core.request import Request, path

if TYPE_CHECKING:
    from openft._async.checkpoints import AsyncCheckpoints
    from openft._async.graders import AsyncAlpha
    from openft.types import ModelLimits


class AsyncFineTuning(AsyncResource):
    """Today's job API: ``client.fine_tuning``."""

    @lasting
    def jobs(self) -> AsyncFineTuningJobs:
        """Fine-tuning jobs."""
        return AsyncFineTuningJobs(self._client)

    @lasting
    def checkpoints(self) -> AsyncCheckpoints:
        """Who may use a checkpoint."""
        from openft._async.checkpoints import AsyncCheckpoints

        return AsyncCheckpoints(self._client)

    async def model_limits(self, **options: Unpack[RequestOptions]) -> ModelLimits:
        """Return what the organisation may still fine-tune, in the host's own words.

        Raises:
            NotFoundError: the host does not say it.
        """
        from openft.types import ModelLimits

        where = path("fine_tuning", "model_limits")
        return await self._transport.send(Request("GET", where, ModelLimits), options)

    @lasting
    def alpha(self) -> AsyncAlpha:
        """What the API calls alpha: graders."""
        from openft._async.graders import AsyncAlpha

        return AsyncAlpha(self._client)
