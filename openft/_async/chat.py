"""The chat resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias, Unpack, overload

from pydantic import BaseModel

from openft._async.resource import AsyncResource
from openft._async.stream import AsyncStream, streamed
from openft._core.chat_options import ChatOptions
from openft._core.lasting import lasting
from openft._core.options import divided
from openft._core.request import Request, path
from openft.types import ChatCompletion, ChatCompletionChunk

Message: TypeAlias = Mapping[str, object] | BaseModel
"""A dict with ``role`` and ``content``; a message of an earlier answer or of a training example, as it is."""

LIMIT = 600.0
"""Seconds that an answer may take where nobody says otherwise."""


class AsyncChatCompletions(AsyncResource):
    """Answers of a model to conversations: ``client.chat.completions``."""

    @overload
    async def create(
        self,
        *,
        messages: Iterable[Message],
        model: str,
        stream: Literal[False] | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletion: ...

    @overload
    async def create(
        self, *, messages: Iterable[Message], model: str, stream: Literal[True], **options: Unpack[ChatOptions]
    ) -> AsyncStream[ChatCompletionChunk]: ...

    async def create(
        self, *, messages: Iterable[Message], model: str, stream: bool | None = None, **options: Unpack[ChatOptions]
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]:
        """Return the model's answer to a conversation, or with ``stream=True`` a stream of its pieces.

        A model that is still loading is waited for.

        Args:
            messages: the conversation so far, oldest message first.
            model: a base or a fine-tuned model.
            stream: whether the answer comes in pieces.
            **options: see ChatOptions and RequestOptions.

        Raises:
            NotFoundError: there is no such model.
            BadRequestError: a parameter is wrong; ``param`` names it.
            RateLimitError: the model was not loaded in time (``code`` is ``model_not_ready``).
        """
        body, rest = divided(options)
        body |= {"messages": messages, "model": model, "stream": stream or None}
        request = Request("POST", path("chat", "completions"), ChatCompletion, json=body, timeout=LIMIT)
        if not stream:
            return await self._transport.send(request, rest)
        return await streamed(self._transport, request, ChatCompletionChunk, rest)


class AsyncChat(AsyncResource):
    """Answers to conversations: ``client.chat``."""

    @lasting
    def completions(self) -> AsyncChatCompletions:
        """Answers of a model to conversations."""
        return AsyncChatCompletions(self._client)
