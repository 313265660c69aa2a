"""A first look at all questions, without asking any: how many there are, and which answers are expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from openft.capture.questions import Api, Question
from openft.data import Tokens
from openft.data.checks.marks import REACH, STOPS, mark_of, shared_end
from openft.data.checks.paths import as_list, as_object, texts_in
from openft.data.checks.task import TaskCheck
from openft.data.checks.texts import texts_of
from openft.data.tokens import A_MESSAGE, A_REPLY

_AT_ONCE = 500
"""Rows that are counted together."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a file of questions has."""

    rows: int = 0
    askable: int = 0
    """Rows that can be asked."""
    labels: Mapping[str, int] = field(default_factory=dict[str, int])
    """How often each class is there as it stands, the most frequent first; empty where answers are no classes."""
    stop: str = ""
    """What all expected answers to prompts end with and looks like a stop sequence."""
    longest: int = 0
    """Tokens of the longest expected answer."""
    apis: frozenset[Api] = frozenset()
    """Where they are asked."""


def look(questions: Iterable[Question], tokens: Tokens, limit: int | None = None) -> Look:
    """Return what there is to ask; see ``TaskCheck`` for what makes expected answers classes.

    Args:
        questions: all of them, so that what is found out does not change with the limit.
        tokens: counts them.
        limit: rows that are to be asked; beyond it nothing but expected answers is looked at.
    """
    task = TaskCheck()
    ends: str | None = None
    counts = dict.fromkeys(("rows", "askable", "longest"), 0)
    apis: set[Api] = set()
    for some in _parts(questions):
        asked = [question for question in some if question.problem is None]
        known = [question for question in asked if question.expected]
        answers = [question.expected or "" for question in known]
        counts["rows"] += sum(limit is None or question.row <= limit for question in some)
        counts["askable"] += sum(limit is None or question.row <= limit for question in asked)
        apis.update(question.api for question in asked)
        if answers:
            places = range(len(answers))
            task.feed(texts_of("", [question.line for question in known], places, ["."] * len(answers), answers))
            counts["longest"] = max(counts["longest"], *tokens.count_all(answers))
        if plain := [question.expected or "" for question in known if question.api == "completions"]:
            ends = shared_end(text[-REACH:] for text in (plain if ends is None else [ends, *plain]))
    labels = task.task().labels if task.rows else dict[str, int]()
    return Look(**counts, labels=labels, stop=mark_of(ends or "", STOPS) if task.rows > 1 else "", apis=frozenset(apis))


def _parts(questions: Iterable[Question]) -> Iterator[Sequence[Question]]:
    rest = iter(questions)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def tokens_of(asked: Iterable[Question], tokens: Tokens) -> int:
    """Return how many tokens questions have."""
    return sum(_tokens_of(some, tokens) for some in _parts(asked))


def _tokens_of(asked: Sequence[Question], tokens: Tokens) -> int:
    texts: list[str] = []
    around = 0
    for question in asked:
        messages = [as_object(message) or {} for message in as_list(question.asked.get("messages")) or []]
        around += A_MESSAGE * len(messages) + A_REPLY * bool(messages)
        found = texts_in({"asked": [*messages, question.asked.get("prompt"), question.asked.get("tools")]}, "")
        texts += [text for _, text in found]
    return sum(tokens.count_all(texts)) + around


def bare(text: str, stop: str) -> str:
    """Return an answer without its stop sequence and the blanks around it, as answers are compared."""
    return text.removesuffix(stop).strip() if stop else text.strip()
