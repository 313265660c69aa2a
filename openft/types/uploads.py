"""Uploads: large files on their way, part by part."""

from __future__ import annotations

from typing import ClassVar

from openft.types._answer import Answer
from openft.types.files import File


class Upload(Answer):
    """A file that is being uploaded in parts."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "status", "filename", "bytes", "purpose", "file", "expires_at")

    id: str
    """``upload_`` and what the host makes up."""
    object: str = "upload"
    bytes: int = 0
    """Exact size of the whole file, as it was announced."""
    created_at: int = 0
    """Unix seconds."""
    expires_at: int | None = None
    """Unix seconds after which the host takes no more parts, an hour after its beginning."""
    filename: str = ""
    purpose: str = ""
    status: str = "pending"
    """``pending``, ``completed``, ``cancelled`` or ``expired``."""
    file: File | None = None
    """The file, once the upload is completed."""


class UploadPart(Answer):
    """A part of a file, as the host keeps it until the upload is completed."""

    id: str
    """``part_`` and what the host makes up."""
    object: str = "upload.part"
    created_at: int = 0
    """Unix seconds."""
    upload_id: str = ""
