"""``/v1/files``."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from openft.data.upload import UploadCheck
from openft.errors import DataError
from openft.testing import current
from openft.testing.asking import deleted, page, parse
from openft.testing.http import Answer, Asked, Refusal, Wire
from openft.testing.naming import new_stem
from openft.testing.records import FakeFile
from openft.testing.routes.table import Route
from openft.types.requests.uploads import ExpiresAfter

if TYPE_CHECKING:
    from openft.testing.world import World

FIELDS = frozenset({"purpose", "model", "expires_after[anchor]", "expires_after[seconds]"})
PURPOSES = frozenset(
    (
        *("fine-tune", "answers", "assistants", "batch", "classifications", "evals", "fine-tune-train", "search"),
        *("user_data", "vision"),
    )
)


def create(world: World, asked: Asked) -> Wire:
    """Take a file in."""
    if not asked.form.whole:
        raise Refusal(400, "the body is not a form; send multipart/form-data with the fields purpose and file")
    unknown = asked.form.fields.keys() - FIELDS
    if unknown:
        name = min(unknown)
        near = get_close_matches(name[:80], FIELDS, n=1)
        remedy = f"did you mean {near[0]}?" if near else "remove it"
        raise Refusal(400, f"unknown field: {name}; {remedy}", param=name)
    sent = asked.form.files.get("file")
    if sent is None:
        raise Refusal(400, "there is no file; send one in the form field file", param="file")
    fields = asked.form.fields
    file = take_in(world, sent.filename, sent.content, fields.get("purpose", ""), _lasts(fields))
    return current.file(file, world.now)


def take_in(world: World, filename: str, content: bytes, purpose: str, lasts: int | None) -> FakeFile:
    """Return the file that some content is, if it may become one.

    Raises:
        Refusal: 400, the purpose or the content is wrong.
    """
    if not purpose:
        raise Refusal(400, "purpose is missing; send the form field purpose, usually fine-tune", param="purpose")
    if purpose not in PURPOSES:
        raise Refusal(400, f"unknown purpose: {purpose[:80]}; use fine-tune for training data", param="purpose")
    if not content:
        raise Refusal(400, "the file is empty; write one JSON object per line", param="file")
    now = world.now
    file = FakeFile(
        id=f"file-{new_stem()}",
        content=content,
        filename=filename,
        purpose=purpose,
        created_at=now,
        expires_at=None if lasts is None else now + lasts,
        ready_at=now + world.file_seconds,
    )
    if purpose == "fine-tune":
        _look_over(file)
    world.files[file.id] = file
    return file


def _look_over(file: FakeFile) -> None:
    check = UploadCheck()
    try:
        check.feed(file.content)
        found = check.finish()
    except DataError as error:
        place = f"line {error.line}: " if error.line else ""
        raise Refusal(400, f"{place}{error.reason}", param="file", code="invalid_training_file") from error
    file.rows, file.kind = found.rows, found.kind


def _lasts(fields: dict[str, str]) -> int | None:
    """Return the seconds that a file is to be kept, from a form's bracketed fields."""
    given: dict[str, Any] = {
        name: fields[f"expires_after[{name}]"] for name in ("anchor", "seconds") if f"expires_after[{name}]" in fields
    }
    if not given:
        return None
    if given.get("seconds", "").isdecimal():
        given["seconds"] = int(given["seconds"])
    try:
        return parse(ExpiresAfter, given).seconds
    except Refusal as refusal:
        raise Refusal(400, f"expires_after: {refusal}", param="expires_after", code="invalid_value") from refusal


def listing(world: World, asked: Asked) -> Wire:
    """Return files, the newest first."""
    order = asked.query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise Refusal(400, f"order: {order!r} is neither asc nor desc", param="order", code="invalid_value")
    wanted = asked.query.get("purpose")
    rows = [file for file in world.files.values() if wanted in (None, file.purpose) and world.has_file(file)]
    return page(
        asked, rows[::-1] if order == "desc" else rows, lambda file: current.file(file, world.now),
        default=10_000, most=10_000,
    )  # fmt: skip


def retrieve(world: World, asked: Asked, file_id: str) -> Wire:
    """Return a file's record."""
    return current.file(world.file(file_id), world.now)


def delete(world: World, asked: Asked, file_id: str) -> Wire:
    """Delete a file; its record stays within the jobs that used it."""
    world.file(file_id).deleted = True
    return deleted("file", file_id)


def content(world: World, asked: Asked, file_id: str) -> Answer:
    """Return a file's bytes."""
    return Answer(200, world.file(file_id).content, "application/octet-stream")


ROUTES = (
    Route("GET", "/files", listing),
    Route("POST", "/files", create, once=True),
    Route("GET", "/files/*", retrieve),
    Route("DELETE", "/files/*", delete),
    Route("GET", "/files/*/content", content),
)
