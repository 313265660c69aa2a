"""What a fine-tuned model answers on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from openft.data import Pair
from openft.errors import BadRequestError
from openft.quickstart.notes import Moved, Report, Said
from openft.quickstart.prepare import asked

if TYPE_CHECKING:
    import openft

BATCH = 32
"""Prompts in one request."""
TOO_LONG = "context_length_exceeded"


class Answered(NamedTuple):
    """A held-out row and what the model made of it."""

    pair: Pair
    text: str | None
    """None where the row does not fit into the model's context."""

    @property
    def right(self) -> bool:
        """Whether the model gave exactly the completion."""
        return self.text == self.pair.completion


def ask(client: openft.Client, model: str, pairs: Sequence[Pair], report: Report) -> list[Answered]:
    """Return the model's most likely answer to each prompt, without blanks around it.

    A row that does not fit into the model's context, as training skips it too, has no answer and counts as wrong.
    """
    answers: list[Answered] = []
    report(Moved("evaluate", 0, len(pairs), "held-out rows"))  # the first answers wait for the model to load
    for start in range(0, len(pairs), BATCH):
        answers += _asked_together(client, model, pairs[start : start + BATCH])
        report(Moved("evaluate", len(answers), len(pairs), "held-out rows"))
    unasked = sum(answer.text is None for answer in answers)
    if unasked:
        report(Said("evaluate", f"{unasked} held-out rows are too long for the model and count as wrong"))
    return answers


def _asked_together(client: openft.Client, model: str, pairs: Sequence[Pair]) -> list[Answered]:
    longest = max(len(f" {pair.completion}".encode()) for pair in pairs)  # no token is shorter than a byte
    try:
        completion = client.completions.create(
            model=model, prompt=[asked(pair) for pair in pairs], max_tokens=longest + 1, temperature=0
        )
    except BadRequestError as error:
        if error.code != TOO_LONG:
            raise
        if len(pairs) == 1:
            return [Answered(pairs[0], None)]
        half = len(pairs) // 2
        return _asked_together(client, model, pairs[:half]) + _asked_together(client, model, pairs[half:])
    choices = sorted(completion.choices, key=lambda choice: choice.index)
    return [Answered(pair, choice.text.strip()) for pair, choice in zip(pairs, choices, strict=True)]


def show(answers: Sequence[Answered], report: Report) -> None:
    """Report two right answers and two wrong ones, or as many as there are."""
    for answer in [answer for answer in answers if answer.right][:2]:
        report(Said("example", f"{_short(answer.pair.prompt)} -> {_short(answer.pair.completion)}"))
    for answer in [answer for answer in answers if not answer.right][:2]:
        told = "(too long)" if answer.text is None else _short(answer.text)
        wanted = _short(answer.pair.completion)
        report(Said("example", f"{_short(answer.pair.prompt)} -> {told} (wrong: {wanted})"))


def _short(text: str, width: int = 60) -> str:
    """Return the text's beginning on one line, with nothing in it that a terminal would obey."""
    plain = "".join(c if c.isprintable() else " " for c in text[: width + 1])
    return plain if len(text) <= width else f"{plain[: width - 3]}..."
