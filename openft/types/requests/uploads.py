"""The bodies of the uploads API (source: OpenAI API description 2.3.0)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openft.types.requests._body import Body

LARGEST = 8 * 1024**3


class ExpiresAfter(Body):
    """When the host removes a file."""

    anchor: Literal["created_at"]
    seconds: int = Field(ge=3600, le=2592000)


class UploadCreate(Body):
    """What ``POST /uploads`` takes."""

    filename: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
    bytes: int = Field(ge=1, le=LARGEST)
    """Of the whole file."""
    mime_type: str
    expires_after: ExpiresAfter | None = None


class UploadComplete(Body):
    """What ``POST /uploads/{id}/complete`` takes."""

    part_ids: list[str] = Field(min_length=1)
    """In the order of the file."""
    md5: str | None = None
    """Of the whole file, in hexadecimal."""
