"""Whether classes are large enough, none begins with another one's name, and each is one token."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from openft.data.checks import rules
from openft.data.checks.task import Task
from openft.data.findings import Finding
from openft.data.rows import excerpt
from openft.data.tokens import Tokens

ENOUGH = 100
"""Rows that a class should have (source: the 2023 guide)."""
_TOLD = 5


def check_labels(task: Task, file: str | None, tokens: Tokens, stop: str) -> Iterator[Finding]:
    """Yield what is wrong with the classes of a task, nothing where it has none.

    Args:
        task: what the rows are for.
        file: what findings call the data.
        tokens: counts those of a class, which only an exact count can tell.
        stop: what all classes end with.
    """
    yield from small_classes(task, file)
    labels = sorted(task.labels)
    for first, second in pairwise(labels):
        if first and second.startswith(first):
            message = (
                f"class {excerpt(first)!r} is how {excerpt(second)!r} begins, so that an answer cut short is taken for "
                "the other; rename one, or end all with the same stop sequence"
            )
            yield rules.LABEL_PREFIX.finding(message, file=file, column="completion", text=second)
    if tokens.exact:
        yield from _many_tokens(task, file, tokens, stop)


def small_classes(task: Task, file: str | None, column: str = "completion") -> Iterator[Finding]:
    """Yield whether some classes of a task have few rows."""
    small = [label for label, count in task.labels.items() if count < ENOUGH]
    if small:
        shown = ", ".join(f"{excerpt(label)!r} {task.labels[label]}" for label in small[-_TOLD:])
        message = f"{len(small)} of {len(task.labels)} classes have fewer than {ENOUGH} rows, such as {shown}; add rows"
        yield rules.SMALL_CLASS.finding(message, file=file, column=column, text=small[-1])


def _many_tokens(task: Task, file: str | None, tokens: Tokens, stop: str) -> Iterator[Finding]:
    names = [_spaced(name.removesuffix(stop)) for name in task.labels]
    many = [(name, count) for name, count in zip(names, tokens.count_all(names), strict=True) if count > 1]
    if many:
        shown = ", ".join(f"{excerpt(name)!r} {count}" for name, count in many[:_TOLD])
        message = (
            f"{len(many)} of {len(names)} classes are more than one token, such as {shown}; one-token names, such as "
            "numbers, are told apart at the first token"
        )
        yield rules.LABEL_MANY_TOKENS.finding(message, file=file, column="completion", text=many[0][0])


def _spaced(name: str) -> str:
    """Return a class with the space before it that a fix adds where it is missing."""
    return name if name[:1].isspace() else f" {name}"
