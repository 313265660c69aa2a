"""`/v1/completions`, and its older form `/v1/engines/{engine}/completions`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

import anyio
from starlette.responses import Response

from openft.server.generation import Choice, Chunk, Done, Generate
from openft.server.http.gateway import ANY, Call, Route
from openft.server.http.parsing import parse
from openft.server.http.presence import unless_gone
from openft.server.http.refusal import Refusal
from openft.server.http.rendering import answer
from openft.server.http.sse import DONE, EventStream, frame
from openft.server.jobs import lifecycle
from openft.server.jobs.submission import find_model
from openft.server.jobspec import ModelRef
from openft.server.limits import parsed
from openft.server.naming import new_stem
from openft.server.prompts import generate_request
from openft.server.service import Service
from openft.server.shapes import legacy
from openft.types.requests import CompletionCreate

Replies = AsyncGenerator[Chunk | Done, None]


class Completions:
    """Handlers of the completions resource."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._world = service.world

    def routes(self) -> list[Route]:
        """Return where the handlers are found."""
        return [
            Route("POST", ("v1", "completions"), self.create),
            Route("POST", ("v1", "engines", ANY, "completions"), self.create),
        ]

    async def create(self, call: Call) -> Response:
        """Answer with a model's completions of prompts."""
        request = await parsed(call.request, self._world.settings, lambda fields: _request(fields, call.parts))
        ask = await anyio.to_thread.run_sync(self._ask, request)
        async with AsyncExitStack() as stack:
            stack.enter_context(self._service.completions.enter())
            await unless_gone(call.request, self._service.inference.load(ask.model))
            replies = await stack.enter_async_context(aclosing(self._service.inference.generate(ask)))
            if not request.stream:
                done = await unless_gone(call.request, _last(replies))
                return await answer(_Shape(ask.model).whole, done)
            return await self._stream(call, _Shape(ask.model), replies, stack)

    async def _stream(self, call: Call, shape: _Shape, replies: Replies, stack: AsyncExitStack) -> Response:
        """Answer with a stream, or with JSON if the request is refused before the stream has to begin."""
        ping = self._world.settings.ping_seconds
        first = asyncio.ensure_future(anext(replies))
        stack.push_async_callback(_settle, first)
        await unless_gone(call.request, asyncio.wait({first}, timeout=ping))
        if first.done():
            first.result()
        return EventStream(_frames(shape, first, replies), ping=ping, held=stack.pop_all())

    def _ask(self, request: CompletionCreate) -> Generate:
        with self._world.database.read() as connection:
            model = find_model(self._world, connection, request.model)
        return generate_request(request, model)


class _Shape:
    """What all pieces of one answer share."""

    def __init__(self, model: ModelRef) -> None:
        self._id = f"cmpl-{new_stem()}"
        self._created = lifecycle.now()
        self._model = model.name

    def whole(self, done: Done) -> legacy.Wire:
        return legacy.completion(self._id, self._created, self._model, done.choices, done)

    def piece(self, choice: Choice) -> legacy.Wire:
        return legacy.completion(self._id, self._created, self._model, [choice])


def _request(fields: dict[str, object], parts: tuple[str, ...]) -> CompletionCreate:
    fields.pop("timeout", None)  # old clients send their own settings along
    engine = fields.pop("engine", None)
    model = parts[0] if parts else fields.get("model") or engine
    return parse(CompletionCreate, {**fields, "model": model})


async def _last(replies: Replies) -> Done:
    return [reply async for reply in replies if isinstance(reply, Done)][-1]


async def _settle(first: asyncio.Future[Chunk | Done]) -> None:
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def _frames(shape: _Shape, first: asyncio.Future[Chunk | Done], rest: Replies) -> AsyncGenerator[bytes, None]:
    try:
        reply = await first
        if isinstance(reply, Chunk):
            yield frame(shape.piece(reply.choice))
        async for reply in rest:
            if isinstance(reply, Chunk):
                yield frame(shape.piece(reply.choice))
    except Refusal as refusal:  # too late for a status: the stream says it, and ends without [DONE]
        yield frame(refusal.body)
    else:
        yield DONE
