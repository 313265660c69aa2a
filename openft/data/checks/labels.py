"""Whether classes are large enough, and none begins with another one's name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from openft.data.checks import rules
from openft.data.checks.task import Task
from openft.data.findings import Finding
from openft.data.rows import excerpt

ENOUGH = 100
"""Rows that a class should have (source: the 2023 guide)."""
_TOLD = 5


def check_labels(task: Task, file: str | None) -> Iterator[Finding]:
    """Yield what is wrong with the classes of a task, nothing where it has none."""
    small = [label for label, count in task.labels.items() if count < ENOUGH]
    if small:
        shown = ", ".join(f"{excerpt(label)!r} {task.labels[label]}" for label in small[-_TOLD:])
        message = f"{len(small)} of {len(task.labels)} classes have fewer than {ENOUGH} rows, such as {shown}; add rows"
        yield rules.SMALL_CLASS.finding(message, file=file, column="completion", text=small[-1])
    labels = sorted(task.labels)
    for first, second in pairwise(labels):
        if first and second.startswith(first):
            message = (
                f"class {excerpt(first)!r} is how {excerpt(second)!r} begins, so that an answer cut short is taken for "
                "the other; rename one, or end all with the same stop sequence"
            )
            yield rules.LABEL_PREFIX.finding(message, file=file, column="completion", text=second)
