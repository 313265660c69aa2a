"""Training records: what one line of a training file may be."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Objects: TypeAlias = Annotated[
    list[dict[str, Any]], Field(fail_fast=True)
]  # a list of a million errors takes seconds to make


class Record(BaseModel):
    """Base of the training records: checked when made, frozen after."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class PromptCompletion(Record):
    """A prompt and the completion to learn (the 2023 guide's format)."""

    prompt: str
    """What the model will be shown; ends with the separator. Empty for open-ended generation."""
    completion: str = Field(min_length=1)
    """What it should answer; by convention begins with a space."""


class ChatMessage(BaseModel):
    """One message of a chat example."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    role: str
    """``system``, ``developer``, ``user``, ``assistant``, ``tool`` or ``function``."""
    content: str | Objects | None = None
    """Text, or parts; None where an assistant only calls tools."""
    weight: int | None = Field(default=None, ge=0, le=1)
    """Assistant messages only: 0 leaves it out of the loss."""


Messages: TypeAlias = Annotated[list[ChatMessage], Field(min_length=1, fail_fast=True)]


class ChatExample(Record):
    """A conversation whose assistant messages are learnt."""

    messages: Messages
    tools: Objects | None = None
    parallel_tool_calls: bool | None = None
    functions: Objects | None = None


class PreferenceInput(Record):
    """What both answers of a preference example reply to."""

    messages: Messages
    tools: Objects | None = None
    parallel_tool_calls: bool | None = None


class PreferenceExample(Record):
    """Two answers to one conversation, of which the first is better."""

    input: PreferenceInput
    preferred_output: Messages
    non_preferred_output: Messages


class ReinforcementExample(BaseModel):
    """A conversation to be answered and graded; every further key reaches the grader as ``item.key``."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    messages: Messages
    tools: Objects | None = None


TrainingRecord: TypeAlias = PromptCompletion | ChatExample | PreferenceExample | ReinforcementExample
"""Any line of a training file."""
