"""The output: a line for each row in the order of the file, counted as it is written."""

from __future__ import annotations

import json
from collections import Counter

from openft.capture.asker import NOT_ASKED, Asked, Asker
from openft.capture.cache import Answer
from openft.capture.look import Look, bare
from openft.capture.places import refuse_fewer
from openft.capture.questions import Question
from openft.capture.report import Capture, ClassScore, Failed
from openft.capture.setup import Setup
from openft.data.writing import appearing
from openft.display import words

FIRST = 5
"""Failures that the report names."""
_COUNTS = ("rows", "right", "answered", "failed")
"""Of each class, as in a ClassScore."""


class Tally:
    """Counts rows as they are written."""

    def __init__(self, look: Look) -> None:
        self.rows: int = 0
        self.answered: int = 0
        self.unaskable: int = 0
        self.not_asked: int = 0
        self.compared: int = 0
        self.right: int = 0
        self.strange: int = 0
        self.cut: int = 0
        self.failures: list[Failed] = []
        self.strange_first: str | None = None
        self._stop = look.stop
        self._labels = list(dict.fromkeys(bare(label, look.stop) for label in look.labels))
        self._classes = {name: Counter(dict.fromkeys(self._labels, 0)) for name in _COUNTS}

    def add(self, question: Question, answer: Answer | None, error: dict[str, object] | None) -> bool | None:
        """Take a row in, and return whether it is as expected; None where nothing is expected or answered."""
        self.rows += 1
        expected = None if question.expected is None else bare(question.expected, self._stop)
        if answer is None:
            self._note_failure(question, expected, error or {})
            return None
        self.answered += 1
        self.cut += answer.get("finish_reason") == "length" and not self._labels
        said = answer.get("answer")
        got = bare(said, self._stop) if isinstance(said, str) else ""
        self._note_class(got, expected)
        if expected is None:
            return None
        self.compared += 1
        match = isinstance(said, str) and got == expected
        self.right += match
        return match

    def _note_failure(self, question: Question, expected: str | None, error: dict[str, object]) -> None:
        if len(self.failures) < FIRST:
            self.failures.append(Failed(question.line, str(error.get("message"))))
        self.unaskable += question.problem is not None
        self.not_asked += error.get("type") == NOT_ASKED
        if expected in self._classes["failed"]:
            self._classes["failed"][str(expected)] += 1

    def _note_class(self, got: str, expected: str | None) -> None:
        if not self._labels:
            return
        if got in self._classes["answered"]:
            self._classes["answered"][got] += 1
        else:
            self.strange += 1
            self.strange_first = got if self.strange_first is None else self.strange_first
        if expected in self._classes["rows"]:
            self._classes["rows"][str(expected)] += 1
            self._classes["right"][str(expected)] += got == expected

    def capture(self, setup: Setup, asker: Asker, seconds: float) -> Capture:
        """Return what it came to."""
        counts = self._classes
        return Capture(
            model=setup.model,
            source=str(setup.source),
            out=str(setup.out),
            cache=str(setup.cache),
            rows=self.rows,
            answered=self.answered,
            failed=self.rows - self.answered,
            unaskable=self.unaskable,
            not_asked=self.not_asked,
            asked=asker.asked,
            prompt_tokens=asker.prompt_tokens,
            completion_tokens=asker.completion_tokens,
            compared=self.compared,
            right=self.right,
            classes=tuple(ClassScore(label, *(counts[name][label] for name in _COUNTS)) for label in self._labels),
            strange=self.strange,
            strange_first=self.strange_first,
            cut=self.cut,
            failures=tuple(self.failures),
            notes=tuple(setup.notes),
            seconds=seconds,
        )


def write(setup: Setup, asker: Asker) -> Tally:
    """Write the answers that there are; the file appears whole or not at all.

    Raises:
        DataError: it cannot be written, or has more answers than would be in it.
    """
    tally = Tally(setup.look)
    with appearing(setup.out) as (file,):
        for asked in asker.each(setup.questions):
            file.write(_line(asked, asker, tally))
        why = "".join(f" (line {failed.line}: {words(failed.reason, 300)})" for failed in tally.failures[:1])
        kept = f", and the {asker.asked:,} answers of this run are kept in {setup.cache}" if asker.asked else ""
        refuse_fewer(setup.out, tally.answered, why, kept)
    return tally


def _line(asked: Asked, asker: Asker, tally: Tally) -> bytes:
    question = asked.question
    answer: Answer | None = None
    error: dict[str, object] | None = None
    if question.problem is not None:
        error = {"type": "DataError", "message": question.problem}
    elif (answer := asker.find(asked)) is None:
        error = asker.failure(asked)
    match = tally.add(question, answer, error)
    told = {"error": error} if answer is None else answer
    row = {"row": question.row, "line": question.line, **question.asked, "answer": None}
    line = {**row, **told, "expected": question.expected, "match": match}
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
