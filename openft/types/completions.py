"""Completions: what a model answered."""

from __future__ import annotations

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

    text: str
    index: int = 0
    """Position among all choices: prompt number times ``n`` plus answer number."""
    logprobs: Logprobs | None = None
    finish_reason: str | None = None
    """``stop``, ``length``, or None while the answer is still streaming."""


class CompletionUsage(Answer):
    """Tokens read and written."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Completion(Answer):
    """The answer to a completion request, or one piece of a streamed one."""

    id: str
    object: str = "text_completion"
    created: int = 0
    """Unix seconds."""
    model: str = ""
    choices: list[CompletionChoice] = []
    usage: CompletionUsage | None = None
    system_fingerprint: str | None = None
