"""Uploads in parts, without the I/O: the requests, and what a new process must know to go on with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from mimetypes import guess_type
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from openft._core.multipart import Form
from openft._core.multipart import Upload as Content
from openft._core.options import KEY_HEADER
from openft._core.request import Request, path
from openft.errors import APIError
from openft.types import File, Upload, UploadPart

LARGE = 128 * 1024 * 1024
"""Bytes from which on ``files.create`` uploads in parts, where the host takes them."""
PART_SIZE = 64 * 1024 * 1024
"""Bytes of a part, the most that OpenAI takes."""
PURPOSES = frozenset({"assistants", "batch", "fine-tune", "vision"})
"""What a file in parts can be for (source: OpenAI API description 2.3.0)."""
CLOSED = frozenset({400, 404, 409, 410, 422})
"""Statuses by which a host says that an upload is expired, cancelled, completed or not its own."""
MISSING = frozenset({404, 405, 501})
"""Statuses by which a host says that it has no uploads."""


def begin(body: Mapping[str, Any]) -> Request[Upload]:
    """Return the request that announces a file."""
    return Request("POST", path("uploads"), Upload, json=body, creates=True)


def add(upload_id: str, content: Content, key: str | None = None) -> Request[UploadPart]:
    """Return the request that sends a part.

    It is not one that creates: doing it twice leaves a part behind that no file uses, costs nothing and goes with the
    upload. So it is repeated where the answer was lost, on hosts that keep no idempotency keys, too.
    """
    form = Form({}, "data", content)
    return Request(
        "POST", path("uploads", upload_id, "parts"), UploadPart, form=form, headers={KEY_HEADER: key or uuid4().hex}
    )


def complete(upload_id: str, part_ids: Sequence[str], md5: str | None) -> Request[Upload]:
    """Return the request that makes a file of the parts."""
    body = {"part_ids": list(part_ids), "md5": md5}
    return Request("POST", path("uploads", upload_id, "complete"), Upload, json=body, creates=True)


def cancel(upload_id: str) -> Request[Upload]:
    """Return the request that gives an upload up."""
    return Request("POST", path("uploads", upload_id, "cancel"), Upload, creates=True)


class Plan(BaseModel):
    """Which file goes where, and how; only an upload of the same plan can be gone on with."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    host: str
    """The base URL."""
    file: str
    """The whole path."""
    modified: int
    """When the file was last changed, in nanoseconds."""
    part_size: int
    body: dict[str, Any]
    """What the upload was announced with; it has the file's size."""

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return int(self.body["bytes"])

    @property
    def parts(self) -> int:
        """How many there are."""
        return -(-self.size // self.part_size)

    def run(self, number: int) -> tuple[int, int]:
        """Return where a part begins, and its size."""
        start = number * self.part_size
        return start, min(self.part_size, self.size - start)


class Begun(BaseModel):
    """An upload at work: its state file has this, and no key."""

    kind: Literal["openft upload"] = "openft upload"
    plan: Plan
    upload_id: str
    created_at: int
    expires_at: int | None
    part_ids: dict[int, str] = {}
    """By the number of the part, from 0."""

    @property
    def missing(self) -> list[int]:
        """The numbers of the parts that the host does not have yet."""
        return [number for number in range(self.plan.parts) if number not in self.part_ids]

    def became(self, file: File) -> bool:
        """Return whether a file on the host is the one that this upload was to become."""
        body = self.plan.body
        same = (file.bytes, file.filename, file.purpose) == (body["bytes"], body["filename"], body["purpose"])
        return same and file.created_at >= self.created_at > 0

    def in_order(self) -> list[str]:
        """Return the ids of all parts, in the order of the file."""
        return [self.part_ids[number] for number in range(self.plan.parts)]


def mime_type(filename: str) -> str:
    """Return the type that a file of this name is announced as."""
    if filename.lower().endswith(".jsonl"):
        return "text/jsonl"
    return guess_type(filename)[0] or "application/octet-stream"


def announced(filename: str) -> str:
    """Return a name as JSON can have it and every host takes it: a form has no such bounds."""
    return filename.encode("utf-8", "replace").decode() or "file"


def spelt(file: Path) -> str:
    """Return a path as text that any JSON document can have, also where its bytes are no valid text."""
    return str(file).encode("utf-8", "backslashreplace").decode()


def completed(begun: Begun, file: File) -> Upload:
    """Return the upload that has become a file, as its host would tell it."""
    known = begun.plan.body
    return Upload(
        id=begun.upload_id,
        bytes=begun.plan.size,
        created_at=begun.created_at,
        expires_at=begun.expires_at,
        filename=str(known["filename"]),
        purpose=str(known["purpose"]),
        status="completed",
        file=file,
    )


def advise(error: APIError, begun: Begun, state: str | None, fitting: File | None = None) -> None:
    """Add what to do now to the error that has ended an upload, where calling again can help.

    A file may fit that nobody can tell to be the one that the upload has become.
    """
    if 400 <= (error.status_code or 500) < 500 and error.status_code not in {408, 429}:
        return
    there = f"{len(begun.part_ids)} of {begun.plan.parts} parts are there"
    how = (
        f"call again with resume={state!r} to send the rest" if state else "with resume= a further call sends the rest"
    )
    perhaps = f"; file {fitting.id} fits, see whether it is this one" if fitting else ""
    error.message = f"{error.message}; {there}, {how}{perhaps}"
    error.args = (error.message,)
