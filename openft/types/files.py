"""Files: what was uploaded, and what a job left behind."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypedDict

from openft.types._answer import Answer


class ExpiresAfterParam(TypedDict):
    """When the host removes a file."""

    anchor: Literal["created_at"]
    seconds: int
    """3600 (an hour) to 2592000 (30 days)."""


class File(Answer):
    """A file on the server."""

    __shown__: ClassVar[tuple[str, ...]] = (
        "id",
        "filename",
        "bytes",
        "status",
        "status_details",
        "purpose",
        "created_at",
    )

    id: str
    """``file-`` and 24 characters."""
    object: str = "file"
    bytes: int = 0
    """Exact size of the content."""
    created_at: int = 0
    """Unix seconds."""
    filename: str = ""
    """The name it was uploaded under, without folders."""
    purpose: str = ""
    """``fine-tune`` for training data, ``fine-tune-results`` for what a job wrote."""
    status: str | None = None
    """``uploaded``, ``processed`` or ``error``; ``deleted`` inside the record of an old job."""
    status_details: str | dict[str, Any] | None = None
    """Why the status is ``error``, where the host says so."""
    expires_at: int | None = None
    """Unix seconds after which the host removes it, None when it stays."""
