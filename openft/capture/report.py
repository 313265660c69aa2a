"""What a capture came to: for a terminal, as JSON, and for a notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from openft.display import ROWS, card, table, words

TERMS = (
    "before answers are used for training, read the terms of their host: many forbid it for models that compete with "
    "theirs"
)


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How one class was answered."""

    label: str
    rows: int
    """That the file says are of this class, and that have an answer."""
    right: int
    answered: int
    """Answers that name this class, right or wrong."""
    failed: int
    """That the file says are of this class, and that have no answer."""

    @property
    def accuracy(self) -> float | None:
        """Right answers among its rows; None where it has none."""
        return self.right / self.rows if self.rows else None


@dataclass(frozen=True, slots=True)
class Failed:
    """A row without an answer."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Capture:
    """The answers of a model, as they are in ``out`` now."""

    model: str
    source: str
    out: str
    cache: str
    rows: int
    answered: int
    failed: int
    """Rows without an answer; in the output, ``error`` says why."""
    unaskable: int
    """Of these, the ones that cannot be asked as they stand."""
    not_asked: int
    """Of these, the ones that nobody was asked, for want of a client."""
    asked: int
    """Answers that the host gave in this run; all others were in the cache, or are answers to the same question."""
    prompt_tokens: int
    completion_tokens: int
    """Of this run, as the host counts them."""
    compared: int
    """Rows with an answer and an expected one."""
    right: int
    """Of these, the ones that are equal, but for blanks around them and the stop sequence."""
    classes: tuple[ClassScore, ...]
    """Where the expected answers are classes, the most frequent first."""
    strange: int
    """Answers that are none of the classes."""
    strange_first: str | None
    cut: int
    """Answers that ended at ``max_tokens``."""
    failures: tuple[Failed, ...]
    """The first of them."""
    notes: tuple[str, ...]
    seconds: float
    terms: str = TERMS

    @property
    def exact_match(self) -> float | None:
        """The share of answers that are right; None where nothing is expected."""
        return self.right / self.compared if self.compared else None

    @property
    def complete(self) -> bool:
        """Whether each row has an answer."""
        return not self.failed

    def lines(self) -> Iterator[str]:
        """Yield the summary line by line, with control characters escaped."""
        reused = self.answered - self.asked
        yield f"{words(self.out, 300)}: {self.answered:,} of {self.rows:,} rows have an answer of {words(self.model)}"
        yield (
            f"asked in this run: {self.asked:,}, with {self.prompt_tokens:,} tokens read and "
            f"{self.completion_tokens:,} written; {reused:,} from the cache or asked once for several rows"
        )
        if (share := self.exact_match) is not None:
            missing = f"; {_without(self.failed)}" if self.failed else ""
            yield f"as expected: {self.right:,} of {self.compared:,} ({share:.1%}){missing}"
        for score in self.classes[:ROWS]:
            yield f"  class '{words(score.label, 40)}': {_share(score)}; answered {_times(score.answered)}"
        if len(self.classes) > ROWS:
            yield f"  and {len(self.classes) - ROWS} more classes; to_dict() or --json has all"
        if self.strange:
            yield f"  none of the classes: {self.strange:,}, such as '{words(self.strange_first, 60)}'"
        if self.cut:
            yield f"ended at max_tokens: {self.cut:,}; where that cuts answers off, ask for more"
        yield from self._missing()
        yield self.terms

    def _missing(self) -> Iterator[str]:
        """Yield which rows have no answer, and what gets them one."""
        for failure in self.failures:
            yield f"  line {failure.line}: {words(failure.reason, 300)}"
        if self.unaskable:
            source = words(self.source, 300)
            yield (
                f"cannot be asked as they stand: {self.unaskable:,}; mend them in {source}, and the same command asks "
                "them"
            )
        if self.not_asked:
            yield f"not asked: {self.not_asked:,}, for want of a client; the same command without --offline asks them"
        if refused := self.failed - self.unaskable - self.not_asked:
            yield f"without an answer: {refused:,}, and the output says why; the same command asks them again"

    def text(self) -> str:
        """Return the summary as lines for a terminal."""
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, object]:
        """Return all of it as what JSON can hold."""
        return {**asdict(self), "exact_match": self.exact_match, "complete": self.complete}

    def to_json(self) -> str:
        """Return all of it as JSON, in ASCII so that it passes through any terminal."""
        return json.dumps(self.to_dict(), indent=2)

    def __repr__(self) -> str:
        return f"Capture({self.answered} of {self.rows} answered, {self.right} of {self.compared} as expected)"

    def _repr_html_(self) -> str:
        """Return tables for notebooks; all content is escaped."""
        shown = ("model", "out", "rows", "answered", "failed", "asked", "compared", "right", "exact_match", "terms")
        told = card("Capture", [(name, getattr(self, name)) for name in shown])
        if self.classes:
            rows = [(score.label, score.rows, score.right, score.accuracy, score.answered) for score in self.classes]
            told += table("classes", ("class", "rows", "right", "accuracy", "answered"), rows[:ROWS])
        return told


def _share(score: ClassScore) -> str:
    missing = [_without(score.failed)] if score.failed else []
    if (share := score.accuracy) is None:
        return "".join(missing) or "no rows"
    return ", ".join([f"{score.right:,} of {score.rows:,} ({share:.1%})", *missing])


def _without(rows: int) -> str:
    return "1 row has no answer" if rows == 1 else f"{rows:,} rows have no answer"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a capture would ask; nothing was asked, and nothing written."""

    model: str
    out: str
    cache: str
    rows: int
    unaskable: int
    """Rows that cannot be asked as they stand."""
    cached: int
    """Rows whose answers are in the cache."""
    to_ask: int
    """Questions to the host; equal ones are asked once where nothing is sampled."""
    prompt_tokens: int
    """About what the questions of ``to_ask`` have."""
    most_completion_tokens: int | None
    """What the answers to ``to_ask`` may have at most; None where the host decides."""
    exact: bool
    """Whether tokens are counted, not estimated."""
    notes: tuple[str, ...]
    terms: str = TERMS

    def lines(self) -> Iterator[str]:
        """Yield the plan line by line."""
        yield f"rows: {self.rows:,}; to be asked of {words(self.model)}: {self.to_ask:,}; in the cache: {self.cached:,}"
        if self.unaskable:
            yield f"rows that cannot be asked as they stand: {self.unaskable:,}; the output will say why"
        about = "" if self.exact else "about "
        most = self.most_completion_tokens
        written = "as many as the host allows" if most is None else f"at most {most:,}"
        yield (
            f"tokens: {about}{self.prompt_tokens:,} to be read, {written} to be written, for what is still to be asked"
        )
        yield "cost: no price of answers is known to openft; multiply the tokens by those of the host"
        yield f"answers go to {words(self.out, 300)}, and as they come to {words(self.cache, 300)}"
        yield self.terms

    def text(self) -> str:
        """Return the plan as lines for a terminal."""
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, object]:
        """Return all of it as what JSON can hold."""
        return asdict(self)

    def to_json(self) -> str:
        """Return all of it as JSON, in ASCII so that it passes through any terminal."""
        return json.dumps(self.to_dict(), indent=2)

    def _repr_html_(self) -> str:
        """Return a table for notebooks; all content is escaped."""
        return card("Plan", [(name, value) for name, value in asdict(self).items() if name != "notes"])
