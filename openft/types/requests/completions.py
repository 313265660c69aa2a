"""The body of ``POST /completions``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from openft.types.requests._body import Body

Texts = Annotated[list[str], Field(fail_fast=True)]
Tokens = Annotated[list[int], Field(fail_fast=True)]
TokenLists = Annotated[list[Tokens], Field(fail_fast=True)]


class CompletionCreate(Body):
    """What a completion can be asked (source: OpenAI API description 1.3.0, and ``seed`` of today's)."""

    model: str = Field(min_length=1)
    prompt: str | Texts | Tokens | TokenLists = "<|endoftext|>"
    """Text, texts, token ids, or lists of token ids."""
    suffix: str | None = None
    max_tokens: int = Field(default=16, ge=0)
    temperature: float = Field(default=1.0, ge=0, le=2, allow_inf_nan=False)
    top_p: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False)
    n: int = Field(default=1, ge=1, le=128)
    stream: bool = False
    logprobs: int | None = Field(default=None, ge=0, le=5)
    echo: bool = False
    stop: str | Texts | None = None
    """Up to four sequences; the answer ends before the first that appears."""
    presence_penalty: float = Field(default=0.0, ge=-2, le=2, allow_inf_nan=False)
    frequency_penalty: float = Field(default=0.0, ge=-2, le=2, allow_inf_nan=False)
    best_of: int = Field(default=1, ge=0, le=20)
    logit_bias: dict[str, float] | None = None
    user: str | None = None
    seed: int | None = None
    stream_options: dict[str, Any] | None = None
