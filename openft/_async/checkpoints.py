"""Checkpoints of today's job API: those of a job, and who may use one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from openft._async.pager import AsyncPager
from openft._async.resource import AsyncResource
from openft._core.lasting import lasting
from openft._core.options import RequestOptions
from openft._core.request import Request, path
from openft.types import CheckpointPermission, FineTuningJobCheckpoint
from openft.types.deleted import CheckpointPermissionDeleted
from openft.types.page import Page


class AsyncJobCheckpoints(AsyncResource):
    """A job's checkpoints: ``client.fine_tuning.jobs.checkpoints``."""

    def list(
        self,
        fine_tuning_job_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncPager[FineTuningJobCheckpoint]:
        """Return a job's checkpoints, newest first: models as they stood at the end of its last epochs."""
        where = path("fine_tuning", "jobs", fine_tuning_job_id, "checkpoints")
        request = Request("GET", where, Page[FineTuningJobCheckpoint], query={"after": after, "limit": limit})
        return AsyncPager(self._transport, request, options)


class AsyncCheckpoints(AsyncResource):
    """Checkpoints beyond their job: ``client.fine_tuning.checkpoints``."""

    @lasting
    def permissions(self) -> AsyncPermissions:
        """Which projects may use a checkpoint."""
        return AsyncPermissions(self._client)


class AsyncPermissions(AsyncResource):
    """Which projects may use a checkpoint; needs an admin key: ``client.fine_tuning.checkpoints.permissions``."""

    async def create(
        self, fine_tuned_model_checkpoint: str, *, project_ids: Sequence[str], **options: Unpack[RequestOptions]
    ) -> AsyncPager[CheckpointPermission]:
        """Let projects use a checkpoint and return the permissions made, which are one page.

        Raises:
            PermissionDeniedError: the key is not an administrator's.
        """
        body = {"project_ids": list(project_ids)}
        where = _permissions(fine_tuned_model_checkpoint)
        request = Request("POST", where, Page[CheckpointPermission], json=body, creates=True)
        made = Page(data=(await self._create(request, options)).data, has_more=False)
        return AsyncPager(self._transport, request, options, made)

    def list(
        self,
        fine_tuned_model_checkpoint: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        order: Literal["ascending", "descending"] | None = None,
        project_id: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncPager[CheckpointPermission]:
        """Return the permissions of a checkpoint."""
        query = {"after": after, "limit": limit, "order": order, "project_id": project_id}
        where = _permissions(fine_tuned_model_checkpoint)
        return AsyncPager(self._transport, Request("GET", where, Page[CheckpointPermission], query=query), options)

    async def delete(
        self, permission_id: str, *, fine_tuned_model_checkpoint: str, **options: Unpack[RequestOptions]
    ) -> CheckpointPermissionDeleted:
        """Take a permission back.

        Raises:
            NotFoundError: there is no such permission.
        """
        where = _permissions(fine_tuned_model_checkpoint) + path(permission_id)
        gone = CheckpointPermissionDeleted(id=permission_id, deleted=True)
        return await self._transport.send(Request("DELETE", where, CheckpointPermissionDeleted, gone=gone), options)


def _permissions(checkpoint: str) -> str:
    return path("fine_tuning", "checkpoints", checkpoint, "permissions")
