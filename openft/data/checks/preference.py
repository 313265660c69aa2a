"""All checks of two answers to one conversation, of which the first is better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openft.data.batch import Batches
from openft.data.checks import rules
from openft.data.checks.conversations import ConversationChecks
from openft.data.checks.flaw import Flaw
from openft.data.checks.message import message_flaws
from openft.data.checks.outputs import is_equal
from openft.data.checks.paths import Row, as_list, as_object
from openft.data.checks.reinforcement import question_flaws
from openft.data.checks.repeats import Repeats
from openft.data.checks.spoken import SpokenLength
from openft.data.checks.talk import PART, talk
from openft.data.checks.texts import Texts, texts_of
from openft.data.checks.tools import called, declared, parallel
from openft.data.checks.turns import roles_of
from openft.data.findings import Finding
from openft.data.rows import INPUT_KEYS, OLD_NAMES, OUTPUTS, PREFERENCE_KEYS, Kind, excerpt, is_old, json_type, modern

_SWAPPED = "the same input and outputs as in line {line}, but the other one is preferred; decide on one"


class PreferenceChecks(ConversationChecks):
    """The state of all checks."""

    kind: Kind = "preference"

    def __init__(self, length: SpokenLength) -> None:
        super().__init__(length)
        self._either_way = Repeats(_SWAPPED)
        """Rows by their input and both outputs in either order."""

    def flaws(self, row: Row) -> Iterator[Flaw]:
        """Yield what is wrong with a row."""
        for key in row:
            if is_old(key, row):
                said = f"{key} is called {OLD_NAMES[key]} today; rename it"
                yield Flaw(rules.OLD_KEY, key, said)
            elif key not in PREFERENCE_KEYS:
                yield _unexpected(key, "a preference row", "")
        yield from self._input(row["input"])
        row = modern(row)
        for key in OUTPUTS:
            yield from _output(row, key)
        if is_equal(row):
            said = "both outputs are the same, so that there is nothing to prefer; write two, or leave out the row"
            yield Flaw(rules.EQUAL_OUTPUTS, "non_preferred_output", said)

    def _input(self, value: object) -> Iterator[Flaw]:
        given = as_object(value)
        if given is None:
            said = f"input is a JSON {json_type(value)}; write an object with messages"
            yield Flaw(rules.WRONG_INPUT, "input", said)
            return
        yield from (_unexpected(key, "an input", "input.") for key in given if key not in INPUT_KEYS)
        names: set[str] = set()
        yield from declared({"tools": given.get("tools")}, "input.", names)
        yield from parallel(given, "input.")
        messages = as_list(given.get("messages"))
        if not messages:
            said = "input has no messages; write a list of them"
            yield Flaw(rules.MISSING_MESSAGES, "input.messages", said)
            return
        for number, message in enumerate(messages):
            yield from message_flaws(message, f"input.messages[{number}]", images=False)
        yield from question_flaws(messages, "input.messages")
        yield from called(messages, "input.messages", names)

    def compare(self, texts: Texts) -> None:
        """Take rows in that can be compared."""
        super().compare(texts)
        self._either_way.feed(_either_way(texts))

    def end(self, source: Batches) -> Iterator[Finding]:
        """Yield what is wrong with the whole; what repeats is confirmed in the data."""
        lines: set[int | None] = set()
        for finding in super().end(source):
            if finding.id == rules.DUPLICATE_ROW.id:
                lines.add(finding.line)
            yield finding
        for suspects in self._either_way.suspects(conflicts=False):
            for finding in self._either_way.look(map(_either_way, talk(source(), self.kind)), suspects):
                if finding.line not in lines:
                    yield _swapped(finding)


def _swapped(finding: Finding) -> Finding:
    rule = rules.SWAPPED_OUTPUTS
    return replace(finding, id=rule.id, name=rule.name, severity=rule.severity, column="input", fixable=False)


def _unexpected(key: str, of: str, path: str) -> Flaw:
    return Flaw(rules.UNEXPECTED_KEY, f"{path}{excerpt(key)}", f"{excerpt(key)!r} is no key of {of}; leave it out")


def _output(row: Row, key: str) -> Iterator[Flaw]:
    messages = as_list(row.get(key))
    for number, message in enumerate(messages or ()):
        yield from message_flaws(message, f"{key}[{number}]", images=False)
    if messages is None or len(messages) != 1:
        there = f"{len(messages)} messages" if messages is not None else "missing" if key not in row else "no array"
        yield Flaw(rules.WRONG_OUTPUT, key, f"{key} is {there}; write a list with one message of the assistant")
        return
    role = (roles_of(messages) or ("assistant",))[0]
    if role != "assistant":
        said = f"{key} is of the {role}; write what the assistant answers"
        yield Flaw(rules.WRONG_OUTPUT, f"{key}[0].role", said)


def _either_way(texts: Texts) -> Texts:
    """Return rows with their outputs in an order that is not theirs."""
    outputs = [PART.join(sorted(two.split(PART))) for two in texts.completion.texts]
    return texts_of(texts.file, texts.lines, texts.places, texts.prompt.texts, outputs)
