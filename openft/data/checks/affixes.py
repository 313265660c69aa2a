"""What stands before and behind the texts of both columns, and their case: findings and fixes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from openft.data.checks import rules
from openft.data.checks.case import Case, lowered
from openft.data.checks.ends import Ends
from openft.data.checks.length import ROOM
from openft.data.checks.marks import LAST_SEPARATOR, LAST_STOP, SEPARATORS, STOPS, is_code
from openft.data.checks.rules import Rule
from openft.data.checks.starts import Starts
from openft.data.checks.task import Task, TaskType
from openft.data.checks.texts import Column, Texts
from openft.data.findings import Finding
from openft.data.fixes import texts as mend
from openft.data.fixes.fix import Fix

_LONG_PROMPT_PREFIX = 13
_LONG_COMPLETION_PREFIX = 5
"""Characters from which a common start is too long (source: the old tool)."""


class _Side:
    """What is known of one column."""

    def __init__(self, ends: Ends) -> None:
        self.ends: Ends = ends
        self.starts: Starts = Starts()
        self.case: Case = Case()

    def feed(self, column: Column, texts: Texts, other: Column | None) -> None:
        self.starts.feed(column)
        self.ends.feed(column, texts.lines, other)
        self.case.feed(column, self.ends.mark)

    def again(self) -> None:
        self.case = Case()
        self.ends.again()

    def scan(self, column: Column, texts: Texts, other: Column | None) -> None:
        self.ends.scan(column, texts.lines, other)
        self.case.feed(column, self.ends.mark)


class Affixes:
    """Takes texts in, and tells at the end."""

    def __init__(self) -> None:
        self.prompt: _Side = _Side(Ends(SEPARATORS, LAST_SEPARATOR))
        self.completion: _Side = _Side(Ends(STOPS, LAST_STOP))
        self._room = True
        self.fixes: list[Fix] = []
        """The fixes of what ``end`` told."""

    def feed(self, texts: Texts) -> None:
        """Take the next rows in."""
        self.prompt.feed(texts.prompt, texts, texts.completion)
        self.completion.feed(texts.completion, texts, None)

    @property
    def stale(self) -> bool:
        """Whether the texts are to be gone through once more."""
        return self.prompt.ends.stale or self.completion.ends.stale

    def again(self, data: Iterable[Texts]) -> None:
        """Count once more what is inside texts."""
        for side in (self.prompt, self.completion):
            side.again()
        for texts in data:
            self.prompt.scan(texts.prompt, texts, texts.completion)
            self.completion.scan(texts.completion, texts, None)

    def end(self, task: Task, file: str | None, *, room: int) -> Iterator[Finding]:
        """Yield what is wrong, and set ``fixes``; ``room`` is how many tokens every example may grow."""
        self._room = room >= ROOM
        if not task.rows:
            return
        for finding, fix in self._all(task):
            if fix is not None:
                self.fixes.append(fix)
            yield replace(finding, file=file)

    def _all(self, task: Task) -> Iterator[tuple[Finding, Fix | None]]:
        yield from self._case(task)
        yield from self._blanks()
        if task.type is not TaskType.OPEN_ENDED:
            yield from self._separator(task)
            yield from _prefix(rules.PROMPT_PREFIX, "prompt", self.prompt, _LONG_PROMPT_PREFIX)
        yield from _prefix(rules.COMPLETION_PREFIX, "completion", self.completion, _LONG_COMPLETION_PREFIX)
        yield from self._stop(task)
        yield from self._space()

    def _case(self, task: Task) -> Iterator[tuple[Finding, Fix | None]]:
        merges = len(set(map(lowered, task.labels))) < len(task.labels)
        sides = (("prompt", self.prompt, rules.UPPER_CASE_PROMPT),)
        for column, side, rule in (*sides, ("completion", self.completion, rules.UPPER_CASE_COMPLETION)):
            if side.case.mostly_upper:
                share = side.case.upper / (side.case.upper + side.case.lower)
                about = "about " if side.case.sampled else ""
                message = f"{about}{share:.0%} of the letters are capitals, which models know less well; "
                if merges and column == "completion":
                    message += "no fix makes small ones of them, since two classes would become one"
                    yield rule.finding(message, column=column, fixable=False), None
                else:
                    message += f"if these are no codes or names, --only {rule.id} makes small ones of them"
                    yield rule.finding(message, column=column, fixable=False), mend.lower(rule, column, side.ends.mark)

    def _blanks(self) -> Iterator[tuple[Finding, Fix | None]]:
        sides = {"prompt": self.prompt, "completion": self.completion}
        trailing = [name for name, side in sides.items() if side.ends.trailing]
        for name in trailing:
            ends = sides[name].ends
            line, text = ends.first_blank or (None, "")
            message = f"{ends.blanks} texts end with a blank and others do not; take it off"
            fix = mend.strip_blanks(trailing) if name == trailing[0] else None
            yield rules.TRAILING_BLANK.finding(message, line=line, column=name, text=text[-40:]), fix

    def _separator(self, task: Task) -> Iterator[tuple[Finding, Fix | None]]:
        side = self.prompt
        if side.starts.equal and task.rows > 1:
            message = "all prompts are the same; write different ones, or leave all empty to have it write on freely"
            yield rules.EQUAL_PROMPTS.finding(message, column="prompt", text=side.starts.first), None
        elif not side.ends.used:
            yield from _inside(rules.SEPARATOR_INSIDE, "prompt", side.ends, "separator")
            yield from _missing(rules.MISSING_SEPARATOR, "prompt", side.ends, "separator", settles=self._room)

    def _stop(self, task: Task) -> Iterator[tuple[Finding, Fix | None]]:
        side = self.completion
        if side.starts.equal and task.rows > 1:
            message = "all completions are the same, so that there is nothing to learn; add rows with others"
            yield rules.EQUAL_COMPLETIONS.finding(message, column="completion", text=side.starts.first), None
        elif task.type is TaskType.GENERATION and not side.ends.used:
            yield from _inside(rules.STOP_INSIDE, "completion", side.ends, "stop sequence")
            apart = set(side.ends.offer()[0].strip()).isdisjoint(self.prompt.ends.mark)  # or it makes separators
            settles = self._room and apart
            yield from _missing(rules.MISSING_STOP, "completion", side.ends, "stop sequence", settles=settles)

    def _space(self) -> Iterator[tuple[Finding, Fix | None]]:
        starts = self.completion.starts
        if starts.unspaced:
            message = "completions begin without a space, which tokenizers of words put before them; add one"
            free = not starts.spaced
            fix = mend.add_space(settles=self._room and free, free=free)
            yield rules.LEADING_SPACE.finding(message, column="completion", text=starts.first), fix


def _missing(rule: Rule, column: str, ends: Ends, called: str, *, settles: bool) -> Iterator[tuple[Finding, Fix]]:
    mark, having = ends.offer()
    if ends.mark.endswith(mark):  # the last one, which is inside texts as well
        return
    which = f"{ends.rows - having} of {ends.rows} texts" if having else "texts"
    message = f"{which} do not end with a {called}, so that a model cannot tell where they end; add {mark!r} to them"
    settles = settles and not having and not ends.mark  # or a text becomes one that has had a mark before
    free = not having and mark != ends.last  # which is offered without a look at the texts
    yield rule.finding(message, column=column), mend.add_end(rule, column, mark, settles=settles, free=free)


def _inside(rule: Rule, column: str, ends: Ends, called: str) -> Iterator[tuple[Finding, None]]:
    if ends.first_inside is not None:
        line, text = ends.first_inside
        message = (
            f"{ends.mark!r} at the ends is also inside {ends.inside} texts, so that it is no {called}; "
            "use one that is in no text"
        )
        shown = text[max(0, text.find(ends.mark) - 16) :]
        yield rule.finding(message, line=line, column=column, text=shown), None


def _prefix(rule: Rule, column: str, side: _Side, longest: int) -> Iterator[tuple[Finding, Fix | None]]:
    if side.starts.equal:
        return
    label = side.starts.opening(side.ends.mark, sentences=column == "prompt")
    prefix = side.starts.prefix(side.ends.mark)
    if len(label.lstrip()) >= longest:
        message = f"every {column} begins with {label!r}, which says nothing; take it off"
        yield rule.finding(message, column=column, text=label), mend.remove_start(rule, column, label)
    elif len(prefix.lstrip()) >= longest and not is_code(prefix):
        message = (
            f"every {column} begins with {prefix!r}, which no fix takes off, since it can be a part of what is said; "
            "leave it out where it is none"
        )
        yield rule.finding(message, column=column, text=prefix, fixable=False), None
