"""The completions resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, Unpack, overload

from openft._async.resource import AsyncResource
from openft._async.stream import AsyncStream, streamed
from openft._core.completion_options import CompletionOptions
from openft._core.options import divided
from openft._core.request import Request, path
from openft.types import Completion

Prompt: TypeAlias = str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]] | None
"""Text, texts, token ids, or lists of token ids; None begins a new document."""

LIMIT = 600.0
"""Seconds that a completion may take where nobody says otherwise."""


class AsyncCompletions(AsyncResource):
    """Answers of a model: ``client.completions``."""

    @overload
    async def create(
        self,
        *,
        model: str,
        prompt: Prompt = None,
        stream: Literal[False] | None = None,
        **options: Unpack[CompletionOptions],
    ) -> Completion: ...

    @overload
    async def create(
        self, *, model: str, prompt: Prompt = None, stream: Literal[True], **options: Unpack[CompletionOptions]
    ) -> AsyncStream[Completion]: ...

    async def create(
        self, *, model: str, prompt: Prompt = None, stream: bool | None = None, **options: Unpack[CompletionOptions]
    ) -> Completion | AsyncStream[Completion]:
        """Return the model's answer, or with ``stream=True`` a stream of its pieces.

        A model that is still loading is waited for.

        Args:
            model: a base or a fine-tuned model.
            prompt: what to complete; several prompts are answered in one go.
            stream: whether the answer comes in pieces.
            **options: see CompletionOptions and RequestOptions.

        Raises:
            NotFoundError: there is no such model.
            BadRequestError: a parameter is wrong; ``param`` names it.
            RateLimitError: the model was not loaded in time (``code`` is ``model_not_ready``).
        """
        body, rest = divided(options)
        body |= {"model": model, "prompt": prompt, "stream": stream or None}
        request = Request("POST", path("completions"), Completion, json=body, timeout=LIMIT)
        if not stream:
            return await self._transport.send(request, rest)
        return await streamed(self._transport, request, Completion, rest)
