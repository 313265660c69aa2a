"""What a fine-tuned model answers on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from openft.data import Pair
from openft.quickstart.notes import Moved, Report, Said
from openft.quickstart.prepare import asked

if TYPE_CHECKING:
    import openft

BATCH = 32
"""Prompts in one request."""


class Answered(NamedTuple):
    """A held-out row and what the model made of it."""

    pair: Pair
    text: str

    @property
    def right(self) -> bool:
        """Whether the model gave exactly the completion."""
        return self.text == self.pair.completion


def ask(client: openft.Client, model: str, pairs: Sequence[Pair], report: Report) -> list[Answered]:
    """Return the model's most likely answer to each prompt, without blanks around it."""
    longest = max(len(f" {pair.completion}".encode()) for pair in pairs)  # no token is shorter than a byte
    answers: list[Answered] = []
    report(Moved("evaluate", 0, len(pairs), "held-out rows"))  # the first answers wait for the model to load
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        completion = client.completions.create(
            model=model, prompt=[asked(pair) for pair in batch], max_tokens=longest + 1, temperature=0
        )
        choices = sorted(completion.choices, key=lambda choice: choice.index)
        answers += [Answered(pair, choice.text.strip()) for pair, choice in zip(batch, choices, strict=True)]
        report(Moved("evaluate", len(answers), len(pairs), "held-out rows"))
    return answers


def show(answers: Sequence[Answered], report: Report) -> None:
    """Report two right answers and two wrong ones, or as many as there are."""
    for answer in [answer for answer in answers if answer.right][:2]:
        report(Said("example", f"{_short(answer.pair.prompt)} -> {_short(answer.text)}"))
    for answer in [answer for answer in answers if not answer.right][:2]:
        wanted = _short(answer.pair.completion)
        report(Said("example", f"{_short(answer.pair.prompt)} -> {_short(answer.text)} (wrong: {wanted})"))


def _short(text: str, width: int = 60) -> str:
    """Return the text's beginning on one line, with nothing in it that a terminal would obey."""
    plain = "".join(c if c.isprintable() else " " for c in text[: width + 1])
    return plain if len(text) <= width else f"{plain[: width - 3]}..."
