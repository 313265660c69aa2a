"""Webhooks: events that the host sends to an address of yours."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from openft.types._answer import Answer

OF_A_JOB = "fine_tuning.job."


class WebhookData(Answer):
    """What an event is about."""

    id: str = ""
    """Of the job, where the event is about one."""


class WebhookEvent(Answer):
    """Something happened on the host; ask the API for the state itself."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "type", "data", "created_at")

    id: str
    """The same for every delivery of this event; keep it to handle the event once."""
    object: str = "event"
    created_at: int = 0
    """Unix seconds."""
    type: str = ""
    """``fine_tuning.job.succeeded``, ``….failed`` or ``….cancelled``, or something that is about no job."""
    data: WebhookData = Field(default_factory=WebhookData)

    @property
    def job_id(self) -> str | None:
        """The fine-tuning job that it is about, None when it is about something else."""
        return self.data.id or None if self.type.startswith(OF_A_JOB) else None
