"""Training records: what one line of a training file may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openft.errors import DataError
from openft.types._frozen import Frozen

Objects: TypeAlias = Annotated[
    list[dict[str, Any]], Field(fail_fast=True)
]  # a list of a million errors takes seconds to make


REMEDIES = {"missing": "pass it", "extra_forbidden": "leave it out, or mend its name"}
"""What to do about pydantic's kinds of errors."""


class Made(Frozen, BaseModel):
    """What is checked when a program makes it: a wrong field is a DataError that names it."""

    if TYPE_CHECKING:
        ...  # an __init__ here would hide the fields
    else:

        def __init__(self, **fields: Any) -> None:
            try:
                super().__init__(**fields)
            except ValidationError as problem:
                error = _told(type(self).__name__, problem)
            else:
                return
            raise error

        __init__.__pydantic_base_init__ = True  # rows are read without it, and told of by who reads them


def _told(kind: str, problem: ValidationError) -> DataError:
    first = problem.errors(include_url=False, include_input=False)[0]
    where = ".".join([kind, *map(str, first["loc"])])
    return DataError(f"{where}: {first['msg'].lower()}; {REMEDIES.get(first['type'], 'pass another value')}")


class Record(Made):
    """Base of the training records: checked when made, frozen after."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class PromptCompletion(Record):
    """A prompt and the completion to learn (the 2023 guide's format)."""

    prompt: str
    """What the model will be shown; ends with the separator. Empty for open-ended generation."""
    completion: str = Field(min_length=1)
    """What it should answer; by convention begins with a space."""


class ChatMessage(Made):
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


class ReinforcementExample(Made):
    """A conversation to be answered and graded; every further key reaches the grader as ``item.key``."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    messages: Messages
    tools: Objects | None = None


TrainingRecord: TypeAlias = PromptCompletion | ChatExample | PreferenceExample | ReinforcementExample
"""Any line of a training file."""
