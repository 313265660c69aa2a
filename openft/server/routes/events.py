"""`/v1/fine-tunes/{id}/events`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import anyio
from starlette.requests import Request
from starlette.responses import Response

from openft.server.http.gateway import ANY, Call, Route
from openft.server.http.refusal import Refusal
from openft.server.http.rendering import answer
from openft.server.http.sse import DONE, EventStream, frame
from openft.server.routes.fine_tunes import find_job
from openft.server.service import Service
from openft.server.shapes import legacy
from openft.server.store import events
from openft.server.store.records import EventRecord

_LOOK_AGAIN_SECONDS = 5.0
_YES, _NO = ("true", "1", "yes"), ("", "false", "0", "no")


class Events:
    """Handlers of a fine-tune's events."""

    def __init__(self, service: Service) -> None:
        self._world = service.world

    def routes(self) -> list[Route]:
        """Return where the handlers are found."""
        return [Route("GET", ("v1", "fine-tunes", ANY, "events"), self.list)]

    async def list(self, call: Call) -> Response:
        """Answer with the events so far, or with a stream of them that ends with the job."""
        job_id, after = call.parts[0], _position(call.request)
        told, _ = await anyio.to_thread.run_sync(self._read, job_id, after)  # refused here, the answer is JSON
        if not _wants_stream(call.request):
            return await answer(lambda: legacy.listing(legacy.event(event) for event in told))
        return EventStream(self._frames(job_id, after), ping=self._world.settings.ping_seconds)

    async def _frames(self, job_id: str, after: int) -> AsyncGenerator[bytes, None]:
        changes = self._world.changes
        while not changes.closing.is_set():
            bell = changes.bell  # before looking: what happens meanwhile rings it
            try:
                told, over = await anyio.to_thread.run_sync(self._read, job_id, after)
            except Refusal:
                return  # the job was deleted
            for event in told:
                after = event.position or after
                yield frame(legacy.event(event), id=after)
            if over:
                yield DONE
                return
            with anyio.move_on_after(_LOOK_AGAIN_SECONDS):
                await bell.wait()

    def _read(self, job_id: str, after: int) -> tuple[Sequence[EventRecord], bool]:
        with self._world.database.read() as connection:
            job = find_job(connection, job_id)
            return events.messages(connection, job.stem, after=after), not job.active


def _position(request: Request) -> int:
    """Return behind which event to begin: `after=`, or what a reconnecting client saw last."""
    given = request.query_params.get("after") or request.headers.get("last-event-id") or "0"
    if not (given.isdecimal() and len(given) < 16):
        raise Refusal(400, f"after: {given[:80]!r} is no event's number; use the id of an event", param="after")
    return int(given)


def _wants_stream(request: Request) -> bool:
    given = request.query_params.get("stream", "").lower()
    if given not in (*_YES, *_NO):
        raise Refusal(400, f"stream: {given[:80]!r} is neither true nor false", param="stream")
    return given in _YES
