"""What can be known of a model."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict


class _Fact(BaseModel):
    """Something that was true when it was read."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    date: str
    """Of the text that was read; the day it was read where the text has none."""
    source: str


class Limit(_Fact):
    """How long an example may be."""

    tokens: int


class Price(_Fact):
    """What training costs."""

    per_million: float
    currency: str


class LastDay(_Fact):
    """When anybody could start a job for the last time."""

    day: str


class Rate(BaseModel):
    """How fast the embedded server trains a base, as measured on one machine."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    tokens_per_second: float
    start_seconds: float
    """From the start of a job to its first step, and from its last step to its end."""
    machine: str
    date: str


class Model(BaseModel):
    """A model of a host."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    host: str
    """Who trains it for money."""
    encoding: str
    """Its tokenizer, by tiktoken's name."""
    api: Literal["current", "legacy"]
    learns: Literal["conversations", "pairs"]
    """What its rows are: conversations of any kind, or prompts with completions."""
    until: LastDay | None
    limit: Limit | None
    price: Price | None


class Encoding(BaseModel):
    """The file that a tokenizer is made of."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    file: str
    sha256: str


class Known(BaseModel):
    """All that is known."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    models: dict[str, Model]
    encodings: dict[str, Encoding]
    embedded: dict[str, Rate]
