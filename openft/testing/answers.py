"""What models answer: what a test says, else what stands in their training file."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from openft.testing.http import Refusal
from openft.testing.records import FakeFile, FakeModel

if TYPE_CHECKING:
    from openft.testing.world import World

Answers: TypeAlias = Mapping[str, str] | Callable[[str], str]
"""Prompts and answers, or a function from one to the other; a conversation's prompt is its last message."""
_TOKEN = re.compile(r"\s*\S+|\s+")
LIKELY, UNLIKELY = -0.1, -4.0
"""Log-probabilities of what is answered, and of what is not."""


@dataclass(frozen=True)
class Text:
    """An answer as the model gives it."""

    tokens: list[str]
    finish_reason: str

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(self.tokens)


def answer(world: World, name: str, prompt: str, conversation: object = None) -> str:
    """Return a model's answer.

    Raises:
        Refusal: 429, the model is still being loaded; 404, there is none.
    """
    world.known_model(name)
    model = world.models.get(name)
    if model is not None and model.ready_at > world.now:
        raise Refusal(
            429,
            f"the model {name} is still being loaded; try again in a few seconds",
            code="model_not_ready",
            headers={"retry-after": "5"},
        )
    if callable(world.answers):
        return world.answers(prompt)
    if prompt in world.answers:
        return world.answers[prompt]
    learnt = lessons(world, model)
    known = learnt.get(_key(conversation) if conversation is not None else prompt)
    if known is not None:
        return known
    return max(Counter(learnt.values()).items(), key=lambda item: item[1])[0] if learnt else f" {name} answers"


def alternatives(world: World, name: str) -> list[str]:
    """Return the first tokens of all answers that a model has learnt, the most frequent first."""
    first = Counter(tokens_of(text)[0] for text in lessons(world, world.models.get(name)).values() if text)
    return [token for token, _ in first.most_common()]


def lessons(world: World, model: FakeModel | None) -> dict[str, str]:
    """Return prompts and answers of the file that a model was trained on."""
    job = world.jobs.get(model.job) if model else None
    file = world.files.get(job.training_file) if job else None
    if file is None:
        return {}
    known = world.lessons.get(file.id)
    if known is None:
        known = world.lessons[file.id] = dict(filter(None, map(_lesson, _rows(file))))
    return known


def _rows(file: FakeFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.content.decode("utf-8-sig").split("\n") if line.strip()]


def _lesson(row: dict[str, Any]) -> tuple[str, str] | None:
    """Return what a training record teaches, if anything."""
    if "completion" in row:
        return row["prompt"], row["completion"]
    messages = cast("list[dict[str, Any]]", row.get("messages") or row["input"]["messages"])
    said = row.get("preferred_output") or [each for each in messages if each["role"] == "assistant"]
    if not said:
        return None
    before = messages if "input" in row else messages[: messages.index(said[-1])]
    return _key(before), said[-1].get("content") or ""


def _key(messages: object) -> str:
    """Return what tells one conversation from another."""
    told = [[each.get("role"), each.get("content")] for each in cast("list[dict[str, Any]]", messages)]
    return json.dumps(told, sort_keys=True)


def tokens_of(text: str) -> list[str]:
    """Return a text's tokens: words with the blanks before them."""
    return _TOKEN.findall(text)


def limited(text: str, most: int | None, stop: str | list[str] | None) -> Text:
    """Return an answer as far as it may go."""
    ends = [
        place for word in ([stop] if isinstance(stop, str) else stop or []) if word and (place := text.find(word)) >= 0
    ]
    tokens = tokens_of(text[: min(ends, default=len(text))])
    if most is not None and len(tokens) > most:
        return Text(tokens[:most], "length")
    return Text(tokens, "stop")
