"""What kind of task the data is for: to tell classes, to answer, or to write on from nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from openft.data.checks import rules
from openft.data.checks.texts import Texts
from openft.data.findings import Finding

MOST_LABELS = 5000
"""Different completions up to which they can be classes."""
_MOST_CHARACTERS = 4 << 20


class TaskType(StrEnum):
    """What a model is to learn."""

    CLASSIFICATION = "classification"
    GENERATION = "conditional generation"
    OPEN_ENDED = "open-ended generation"


@dataclass(frozen=True, slots=True)
class Task:
    """What the rows are for."""

    type: TaskType
    rows: int
    labels: Mapping[str, int] = field(default_factory=dict[str, int])
    """How often each class is there, the most frequent first; empty unless the task is classification."""
    longest: str = ""
    """The completion with the most characters."""


class TaskCheck:
    """Counts completions and prompts.

    Rows without any prompt are open-ended. There are classes where fewer than a third as many completions differ as
    there are rows (source: the old tool), at least two and at most ``MOST_LABELS``; otherwise it is generation.
    """

    def __init__(self) -> None:
        self.rows: int = 0
        self._prompts = False
        self._blank = 0
        self._first_blank: tuple[str, int] | None = None
        self._labels: Counter[str] | None = Counter()
        self._longest = ""

    def feed(self, texts: Texts) -> None:
        """Take the next rows in."""
        self.rows += len(texts.lines)
        blank = texts.prompt.has_blank
        self._prompts = self._prompts or not blank or any(map(str.strip, texts.prompt.texts))
        if blank:
            self._note(texts)
        self._longest = max(self._longest, max(texts.completion.texts, key=len), key=len)
        if self._labels is None:
            return
        self._labels.update(texts.completion.texts)
        if len(self._labels) > MOST_LABELS or sum(map(len, self._labels)) > _MOST_CHARACTERS:
            self._labels = None

    def _note(self, texts: Texts) -> None:
        lines = [line for line, text in zip(texts.lines, texts.prompt.texts, strict=True) if not text.strip()]
        self._blank += len(lines)
        self._first_blank = self._first_blank or (texts.file, lines[0])

    def end(self) -> Iterator[Finding]:
        """Yield whether some prompts are blank and others are not."""
        if self._prompts and self._first_blank is not None:
            file, line = self._first_blank
            message = f"{self._blank} prompts are blank and others are not; write them, or leave the rows out"
            yield rules.BLANK_PROMPT.finding(message, file=file, line=line, column="prompt")

    def task(self) -> Task:
        """Return what was found; without rows, generation."""
        if self.rows and not self._prompts:
            return Task(TaskType.OPEN_ENDED, self.rows, longest=self._longest)
        if self._labels is None or not 1 < len(self._labels) < self.rows / 3:
            return Task(TaskType.GENERATION, self.rows, longest=self._longest)
        return Task(TaskType.CLASSIFICATION, self.rows, dict(self._labels.most_common()), self._longest)
