"""Chat completions: what a model answered to a conversation, whole or in chunks."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from openft.types._answer import Answer
from openft.types.completions import CompletionUsage


class TopLogprob(Answer):
    """A token that could have stood at a place, and how likely it was there."""

    token: str = ""
    logprob: float = 0.0
    """Natural logarithm; -9999 for what is very unlikely."""
    bytes: list[int] | None = None
    """The token in UTF-8, of which it may be a part only; None where it has no text."""


class ChatCompletionTokenLogprob(TopLogprob):
    """A token that was chosen."""

    top_logprobs: list[TopLogprob] = []
    """The likeliest tokens at its place."""


class ChoiceLogprobs(Answer):
    """Log-probabilities, one entry a token."""

    content: list[ChatCompletionTokenLogprob] | None = None
    refusal: list[ChatCompletionTokenLogprob] | None = None


class FunctionCall(Answer):
    """A function that the model wants to be called."""

    name: str = ""
    arguments: str = ""
    """JSON as the model wrote it, which need not be valid."""


class CustomToolCall(Answer):
    """A tool of free form that the model wants to be called."""

    name: str = ""
    input: str = ""


class ChatCompletionMessageToolCall(Answer):
    """One tool that the model wants to be called; its result is a message of the role ``tool``."""

    id: str = ""
    """What the result's ``tool_call_id`` must be."""
    type: str = "function"
    """``function`` or ``custom``."""
    function: FunctionCall | None = None
    custom: CustomToolCall | None = None


class AnnotationURLCitation(Answer):
    """A page that a part of the message comes from."""

    url: str = ""
    title: str = ""
    start_index: int = 0
    """Of the first character of that part."""
    end_index: int = 0
    """Of its last character."""


class Annotation(Answer):
    """A note on a part of the message."""

    type: str = "url_citation"
    url_citation: AnnotationURLCitation | None = None


class ChatCompletionAudio(Answer):
    """A message as it is spoken; the pieces of a stream have parts of it."""

    id: str | None = None
    data: str | None = None
    """Base64."""
    expires_at: int | None = None
    """Unix seconds after which the host no longer knows it."""
    transcript: str | None = None


class ChatCompletionMessage(Answer):
    """What the model said; it can be put among the ``messages`` of the next request as it is."""

    __shown__: ClassVar[tuple[str, ...]] = (
        *("role", "content", "refusal", "annotations", "audio", "function_call", "tool_calls"),
    )

    role: str = "assistant"
    content: str | None = None
    """None where it only calls tools, or refuses."""
    refusal: str | None = None
    """Why it does not answer."""
    annotations: list[Annotation] | None = None
    audio: ChatCompletionAudio | None = None
    function_call: FunctionCall | None = None
    """The older form of ``tool_calls``."""
    tool_calls: list[ChatCompletionMessageToolCall] | None = None


class ChatCompletionChoice(Answer):
    """One of the ``n`` answers."""

    index: int = 0
    message: ChatCompletionMessage = Field(default_factory=ChatCompletionMessage)
    finish_reason: str | None = None
    """``stop``, ``length``, ``tool_calls``, ``content_filter`` or ``function_call``."""
    logprobs: ChoiceLogprobs | None = None


class ChatCompletion(Answer):
    """The answer to a conversation."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "model", "choices.0.message.content", "choices", "usage", "created")

    id: str
    object: str = "chat.completion"
    created: int = 0
    """Unix seconds."""
    model: str = ""
    choices: list[ChatCompletionChoice] = []
    usage: CompletionUsage | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    metadata: dict[str, str] | None = None
    """What the request had, where the host keeps the answer."""
    moderation: dict[str, Any] | None = None
    """What the host's moderation says of question and answer."""


class ChoiceDeltaFunctionCall(Answer):
    """A piece of a function call; the texts of all pieces, put together, are the call."""

    name: str | None = None
    arguments: str | None = None


class ChoiceDeltaToolCall(Answer):
    """A piece of a tool call."""

    index: int = 0
    """Which call it belongs to, among those of its message."""
    id: str | None = None
    """In the first piece of a call."""
    type: str | None = None
    function: ChoiceDeltaFunctionCall | None = None


class ChoiceDelta(Answer):
    """A piece of a message; the texts of all pieces, put together, are the message."""

    __shown__: ClassVar[tuple[str, ...]] = ("role", "content", "refusal", "audio", "function_call", "tool_calls")

    role: str | None = None
    """In the first piece."""
    content: str | None = None
    refusal: str | None = None
    audio: ChatCompletionAudio | None = None
    function_call: ChoiceDeltaFunctionCall | None = None
    tool_calls: list[ChoiceDeltaToolCall] | None = None


class ChatCompletionChunkChoice(Answer):
    """A piece of one of the ``n`` answers."""

    index: int = 0
    delta: ChoiceDelta = Field(default_factory=ChoiceDelta)
    finish_reason: str | None = None
    """None in all but the last piece."""
    logprobs: ChoiceLogprobs | None = None


class ChatCompletionChunk(Answer):
    """One piece of a streamed answer to a conversation; all pieces have one ``id``."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "model", "choices.0.delta.content", "choices", "usage", "created")

    id: str
    object: str = "chat.completion.chunk"
    created: int = 0
    """Unix seconds."""
    model: str = ""
    choices: list[ChatCompletionChunkChoice] = []
    """Empty in the piece that has the usage, which comes last where it was asked for."""
    usage: CompletionUsage | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    moderation: dict[str, Any] | None = None
    obfuscation: str | None = None
    """Noise that makes all pieces equally long on the wire."""
