"""One request cannot ask for more than an answer can hold."""

from __future__ import annotations

from typing import Any

import pytest

from engine.test_inference import generate as ask
from openft.server.engine.bases import LoadedModel
from openft.server.engine.sampling import MOST_SCORED, MOST_TOKENS, Refused, read_prompts
from openft.server.jobspec import ModelRef

IDS = [300] * 1500


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"prompts": [IDS] * 8, "n": 128, "max_tokens": 0, "echo": True, "logprobs": 5}, "n"),
        ({"prompts": [IDS] * 8, "n": 128, "max_tokens": 0, "echo": True}, "n"),
        ({"prompts": [IDS] * 700, "max_tokens": 0, "echo": True}, "prompt"),
        ({"prompts": ["word " * 1000] * 150, "max_tokens": 0, "echo": True, "logprobs": 0}, "prompt"),
        ({"prompts": ["a"], "n": 128, "max_tokens": 800, "logprobs": 1}, "n"),
    ],
)
def test_an_answer_that_nobody_could_hold_is_refused(
    ada: ModelRef, loaded: LoadedModel, given: dict[str, Any], param: str
) -> None:
    with pytest.raises(Refused, match=r"more than the \d+ tokens") as caught:
        read_prompts(loaded, ask(ada, **given))
    assert (caught.value.reply.param, caught.value.reply.status) == (param, 400)


@pytest.mark.parametrize(
    "given",
    [
        {"prompts": [IDS] * (MOST_SCORED // 1500), "max_tokens": 0, "echo": True, "logprobs": 5},
        {"prompts": [IDS] * (MOST_TOKENS // 1500), "max_tokens": 0, "echo": True},
        {"prompts": [IDS] * 900, "max_tokens": 100, "logprobs": 5},
    ],
)
def test_what_can_be_held_is_answered(ada: ModelRef, loaded: LoadedModel, given: dict[str, Any]) -> None:
    assert read_prompts(loaded, ask(ada, **given))
