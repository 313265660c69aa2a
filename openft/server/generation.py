"""The messages between the server and its inference child: one JSON document a line, over a socket pair.

The child has the socket as its standard input, reads and writes there, and ends when it closes. Any number of
requests may be at work at once; every answer carries its request's ``id``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openft.server.jobspec import ModelRef, Value


class Load(Value):
    """Load a model, answered by Loaded (at once when it is there already) or Failed."""

    op: Literal["load"] = "load"
    id: str
    model: ModelRef


class Unload(Value):
    """Forget a model whose files are about to go; not answered."""

    op: Literal["unload"] = "unload"
    id: str
    name: str


class Abort(Value):
    """Stop the request ``id``, whose asker has gone; not answered."""

    op: Literal["abort"] = "abort"
    id: str


class Generate(Value):
    """Complete prompts, answered by Chunks (when streaming) and one Done, or by Failed."""

    op: Literal["generate"] = "generate"
    id: str
    model: ModelRef
    prompts: list[str] | list[list[int]]
    max_tokens: int
    temperature: float
    top_p: float
    n: int
    stop: list[str]
    logprobs: int | None
    echo: bool
    seed: int | None
    stream: bool


Ask = Annotated[Load | Unload | Abort | Generate, Field(discriminator="op")]


class TokenLogprobs(Value):
    """Log-probabilities as the API shows them."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


class Choice(Value):
    """One answer to one prompt, or a piece of it."""

    text: str
    index: int
    logprobs: TokenLogprobs | None = None
    finish_reason: Literal["stop", "length"] | None = None


class Loaded(Value):
    """The model is ready."""

    type: Literal["loaded"] = "loaded"
    id: str


class Chunk(Value):
    """The next piece of one choice of a streamed answer."""

    type: Literal["chunk"] = "chunk"
    id: str
    choice: Choice


class Done(Value):
    """The end of an answer; ``choices`` is empty when it was streamed."""

    type: Literal["done"] = "done"
    id: str
    choices: list[Choice]
    prompt_tokens: int
    completion_tokens: int


class Failed(Value):
    """The request cannot be carried out."""

    type: Literal["failed"] = "failed"
    id: str
    status: int
    """The HTTP status it deserves."""
    message: str
    code: str | None = None
    param: str | None = None


Reply = Annotated[Loaded | Chunk | Done | Failed, Field(discriminator="type")]
