"""Graders of today's job API: try out what will reward answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from openft._async.resource import AsyncResource
from openft._core.lasting import lasting
from openft._core.options import RequestOptions
from openft._core.request import Request, path
from openft.types import GraderRun, GraderValidation


class AsyncAlpha(AsyncResource):
    """What the API calls alpha: ``client.fine_tuning.alpha``."""

    @lasting
    def graders(self) -> AsyncGraders:
        """Try out graders."""
        return AsyncGraders(self._client)


class AsyncGraders(AsyncResource):
    """Graders: ``client.fine_tuning.alpha.graders``."""

    async def run(
        self,
        *,
        grader: Mapping[str, object],
        model_sample: str,
        item: Mapping[str, object] | None = None,
        **options: Unpack[RequestOptions],
    ) -> GraderRun:
        """Return the reward that a grader gives to an answer.

        Args:
            grader: as in a job's ``method``: ``{"type": "string_check", …}``.
            model_sample: the answer; ``{{sample.output_text}}`` in the grader's templates.
            item: the example that it answers; ``{{item.key}}`` in the templates.
            **options: see RequestOptions.

        Raises:
            BadRequestError: the grader makes no sense.
        """
        body = {"grader": grader, "model_sample": model_sample, "item": item}
        request = Request("POST", path("fine_tuning", "alpha", "graders", "run"), GraderRun, json=body)
        return await self._transport.send(request, options)

    async def validate(self, *, grader: Mapping[str, object], **options: Unpack[RequestOptions]) -> GraderValidation:
        """Return a grader as the host has understood it.

        Raises:
            BadRequestError: it makes no sense.
        """
        where = path("fine_tuning", "alpha", "graders", "validate")
        return await self._transport.send(Request("POST", where, GraderValidation, json={"grader": grader}), options)
