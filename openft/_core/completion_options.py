"""The keywords of a completion request, written once for both forms of ``create``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openft._core.options import RequestOptions


class CompletionOptions(RequestOptions, total=False):
    """What a completion can be asked; left out or None means the server's default."""

    best_of: int | None
    """Candidates made on the server, of which the best ``n`` come back."""
    echo: bool | None
    """Repeat the prompt before the answer."""
    frequency_penalty: float | None
    """-2 to 2."""
    logit_bias: Mapping[str, int] | None
    """Token id to a bias of -100 to 100."""
    logprobs: int | None
    """0 to 5: log-probabilities of so many likely tokens, and of the chosen one."""
    max_tokens: int | None
    """Tokens to generate at most (16)."""
    n: int | None
    """Answers to each prompt (1)."""
    presence_penalty: float | None
    """-2 to 2."""
    seed: int | None
    """The same seed and request give the same answer."""
    stop: str | Sequence[str] | None
    """Up to four sequences before which the answer ends."""
    stream_options: Mapping[str, bool] | None
    """``{"include_usage": True}`` ends a stream with its usage, where the host knows that."""
    suffix: str | None
    """What follows the inserted text."""
    temperature: float | None
    """0 (always the likeliest token) to 2 (1)."""
    top_p: float | None
    """Sample from the likeliest tokens that have this probability together (1)."""
    user: str | None
    """Names the end user to the host."""
