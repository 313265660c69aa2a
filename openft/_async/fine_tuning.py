"""The fine_tuning resource: today's job API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openft._async.fine_tuning_jobs import AsyncFineTuningJobs
from openft._async.resource import AsyncResource
from openft._core.lasting import lasting

if TYPE_CHECKING:
    from openft._async.checkpoints import AsyncCheckpoints
    from openft._async.graders import AsyncAlpha


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

    @lasting
    def alpha(self) -> AsyncAlpha:
        """What the API calls alpha: graders."""
        from openft._async.graders import AsyncAlpha

        return AsyncAlpha(self._client)
