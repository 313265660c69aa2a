"""Training records that a program makes: what is wrong with one is told as it is of a file."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from openft import DataError
from openft.types import ChatExample, ChatMessage, PreferenceExample, PromptCompletion, ReinforcementExample

TALK: list[Any] = [{"role": "user", "content": "hi"}]
loose: Any = PromptCompletion
WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: loose(prompt="a"), "PromptCompletion.completion: field required; pass it"),
    (
        lambda: PromptCompletion(prompt="a", completion=""),
        "PromptCompletion.completion: string should have at least 1 character; pass another value",
    ),
    (
        lambda: loose(prompt="a", completion="b", weight=1),
        "PromptCompletion.weight: extra inputs are not permitted; leave it out, or mend its name",
    ),
    (
        lambda: ChatExample(messages=[*TALK, {"content": "ho"}]),  # type: ignore[list-item]
        "ChatExample.messages.1.role: field required; pass it",
    ),
    (lambda: ChatMessage(role=None), "ChatMessage.role: input should be a valid string; pass another value"),  # type: ignore[arg-type]
    (
        lambda: ReinforcementExample(messages=[]),
        "ReinforcementExample.messages: list should have at least 1 item after validation, not 0; pass another value",
    ),
]


@pytest.mark.parametrize(("make", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_record_that_is_wrong_is_a_data_error_that_names_the_field(make: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError) as caught:
        make()
    assert str(caught.value) == said
    assert (caught.value.line, caught.value.__context__) == (None, None)


def test_a_record_can_be_copied_and_pickled_and_not_changed() -> None:
    made: Any = ChatExample(messages=TALK)
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    with pytest.raises(AttributeError, match="a ChatMessage is frozen"):
        made.messages[0].content = "ho"


def test_what_reads_rows_gets_the_whole_place_from_pydantic() -> None:
    with pytest.raises(ValidationError) as caught:
        PreferenceExample.model_validate({"input": {"messages": [{"role": 1}]}, "preferred_output": TALK})
    assert caught.value.errors()[0]["loc"] == ("input", "messages", 0, "role")
