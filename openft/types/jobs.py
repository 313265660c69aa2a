"""What every fine-tuning job has, whichever API it came from."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from openft.types._answer import Answer

FINISHED = frozenset({"succeeded", "failed", "cancelled"})
"""Words that a status can no longer leave; any other means that the job goes on."""


class JobError(Answer):
    """Why a job failed."""

    __shown__: ClassVar[tuple[str, ...]] = ("code", "message", "param")

    code: str | None = None
    message: str | None = None
    param: str | None = None


class Job(Protocol):
    """A fine-tuning job on either API; helpers know only this."""

    @property
    def id(self) -> str:
        """The job's identifier."""
        ...

    @property
    def model(self) -> str:
        """The base it is trained from."""
        ...

    @property
    def status(self) -> str:
        """The server's word; unknown words mean that it is not finished."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the status can no longer change."""
        ...

    @property
    def succeeded(self) -> bool:
        """Whether there is a model."""
        ...

    @property
    def fine_tuned_model(self) -> str | None:
        """The model's name once there is one."""
        ...

    @property
    def error(self) -> JobError | None:
        """Why it failed, None when it did not."""
        ...


class JobEvent(Protocol):
    """One line of a job's story on either API."""

    @property
    def created_at(self) -> int:
        """Unix seconds."""
        ...

    @property
    def level(self) -> str:
        """``info``, ``warn`` or ``error``."""
        ...

    @property
    def message(self) -> str:
        """The line."""
        ...

    @property
    def data(self) -> dict[str, Any] | None:
        """Structured values beside the message."""
        ...

    @property
    def cursor(self) -> str | None:
        """Where it stands in the story."""
        ...
