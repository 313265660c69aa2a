"""``/v1/uploads``: files in parts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from openft.testing import current
from openft.testing.asking import parse
from openft.testing.http import Asked, Refusal, Wire
from openft.testing.naming import new_stem
from openft.testing.records import FakeUpload
from openft.testing.routes.files import PURPOSES, take_in
from openft.testing.routes.table import Route
from openft.types.requests import UploadComplete, UploadCreate

if TYPE_CHECKING:
    from openft.testing.world import World

LIFE = 3600
"""Seconds until an upload that is not complete is given up."""
LARGEST_PART = 64 * 1024 * 1024


def create(world: World, asked: Asked) -> Wire:
    """Begin an upload."""
    body = parse(UploadCreate, asked.body)
    if body.purpose not in PURPOSES:
        raise Refusal(400, f"unknown purpose: {body.purpose}; use fine-tune for training data", param="purpose")
    upload = FakeUpload(
        id=f"upload_{new_stem()}",
        filename=body.filename,
        purpose=body.purpose,
        size=body.bytes,
        created_at=world.now,
        expires_at=world.now + LIFE,
        lasts=body.expires_after.seconds if body.expires_after else None,
    )
    world.uploads[upload.id] = upload
    return current.upload(upload, world.now)


def add_part(world: World, asked: Asked, upload_id: str) -> Wire:
    """Take a part in."""
    upload = _pending(world, upload_id)
    sent = asked.form.files.get("data")
    if sent is None:
        raise Refusal(400, "there is no part; send it in the form field data", param="data")
    if len(sent.content) > LARGEST_PART:
        raise Refusal(400, f"the part is larger than {LARGEST_PART} bytes; send smaller ones", param="data")
    part_id = f"part_{new_stem()}"
    upload.parts[part_id] = sent.content
    return {"id": part_id, "object": "upload.part", "created_at": int(world.now), "upload_id": upload_id}


def complete(world: World, asked: Asked, upload_id: str) -> Wire:
    """Make a file of the parts."""
    upload = _pending(world, upload_id)
    body = parse(UploadComplete, asked.body)
    unknown = [part_id for part_id in body.part_ids if part_id not in upload.parts]
    if unknown:
        raise Refusal(400, f"no such part: {unknown[0]}", param="part_ids", code="invalid_value")
    content = b"".join(upload.parts[part_id] for part_id in body.part_ids)
    if len(content) != upload.size:
        message = f"the parts have {len(content)} bytes, not the {upload.size} that were announced"
        raise Refusal(400, message, param="part_ids", code="invalid_value")
    if body.md5 is not None and body.md5 != hashlib.md5(content, usedforsecurity=False).hexdigest():
        raise Refusal(400, "the md5 is not that of the parts", param="md5", code="invalid_value")
    upload.file = take_in(world, upload.filename, content, upload.purpose, upload.lasts)
    upload.status = "completed"
    upload.parts.clear()
    return current.upload(upload, world.now)


def cancel(world: World, asked: Asked, upload_id: str) -> Wire:
    """Give an upload up."""
    upload = _pending(world, upload_id)
    upload.status = "cancelled"
    upload.parts.clear()
    return current.upload(upload, world.now)


def _pending(world: World, upload_id: str) -> FakeUpload:
    upload = world.uploads.get(upload_id)
    if upload is None:
        raise Refusal(404, f"no such upload: {upload_id}", param="upload_id")
    status = current.upload(upload, world.now)["status"]
    if status != "pending":
        raise Refusal(400, f"the upload {upload_id} is {status}; begin a new one", param="upload_id")
    return upload


ROUTES = (
    Route("POST", "/uploads", create, once=True, body=UploadCreate),
    Route("POST", "/uploads/*/parts", add_part, once=True),
    Route("POST", "/uploads/*/complete", complete, once=True, body=UploadComplete),
    Route("POST", "/uploads/*/cancel", cancel, once=True),
)
