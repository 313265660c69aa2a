"""Completions: what a model answered."""

from __future__ import annotations

from typing import ClassVar

from openft.types._answer import Answer


class Logprobs(Answer):
    """Log-probabilities (natural logarithm), one entry a token."""

    tokens: list[str] = []
    """The tokens' text; ``bytes:\\xNN…`` for a token that is no whole text of its own."""
    token_logprobs: list[float | None] = []
    """Of each token; None for the first token of an echoed prompt, which nothing precedes."""
    top_logprobs: list[dict[str, float] | None] | None = None
    """The most likely tokens at each place, the chosen one always among them."""
    text_offset: list[int] = []
    """Where each token begins, in characters from the start of the prompt."""


class CompletionChoice(Answer):
    """One of the ``n`` answers to one prompt."""

    __shown__: ClassVar[tuple[str, ...]] = ("text", "index", "finish_reason", "logprobs")

    text: str
    index: int = 0
    """Position among all choices: prompt number times ``n`` plus answer number."""
    logprobs: Logprobs | None = None
    finish_reason: str | None = None
    """``stop``, ``length`` or ``content_filter``, None while the answer is still streaming."""


class PromptTokensDetails(Answer):
    """What the tokens read were, where the host tells them apart."""

    cached_tokens: int | None = None
    """Known from an earlier request."""
    cache_write_tokens: int | None = None
    """Kept for a later one."""
    text_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class CompletionTokensDetails(Answer):
    """What the tokens written were, where the host tells them apart."""

    reasoning_tokens: int | None = None
    """Thought, not said."""
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    """Of a prediction that did not come true; written all the same."""
    text_tokens: int | None = None
    audio_tokens: int | None = None


class CompletionUsage(Answer):
    """Tokens read and written."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None


class Completion(Answer):
    """The answer to a completion request, or one piece of a streamed one."""

    __shown__: ClassVar[tuple[str, ...]] = ("id", "model", "choices.0.text", "choices", "usage", "created")

    id: str
    object: str = "text_completion"
    created: int = 0
    """Unix seconds."""
    model: str = ""
    choices: list[CompletionChoice] = []
    usage: CompletionUsage | None = None
    system_fingerprint: str | None = None
