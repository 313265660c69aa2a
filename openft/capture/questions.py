"""The rows of a file as questions: what is asked, and what the file itself answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

from openft.capture.columns import chosen
from openft.data import Batch, Finding, Source, open_rows
from openft.data.checks.intake import spelling
from openft.data.checks.paths import as_list, as_object
from openft.data.mapping import names_in
from openft.data.rows import Row, json_type, modern
from openft.data.training_file import Reading
from openft.errors import ConfigError

Api: TypeAlias = Literal["completions", "chat"]
"""Where a model answers: ``/completions`` takes a prompt, ``/chat/completions`` takes messages."""
APIS: tuple[Api, ...] = ("completions", "chat")

_TOOLS = ("tools", "parallel_tool_calls", "functions")


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the file."""

    row: int
    """Which one it is, counted from 1."""
    line: int
    """Where it begins in the file, counted from 1."""
    asked: Mapping[str, object] = field(default_factory=dict[str, object])
    """``prompt``, or ``messages`` and the tools that go with them."""
    expected: str | None = None
    """What the file answers."""
    problem: str | None = None
    """Why it cannot be asked."""

    @property
    def api(self) -> Api:
        """Where it is asked."""
        return "completions" if "prompt" in self.asked else "chat"


class Questions:
    """The questions of a file, as often as it is iterated.

    Args:
        path: a file in any format that ``openft.data.open_rows`` reads.
        reading: how it is to be read.
        api: where all are asked; by default, prompts at ``/completions`` and messages at ``/chat/completions``.
        limit: how many there are at most.

    Raises:
        DataError: the file cannot be read, or which column is asked is in doubt.
    """

    def __init__(self, path: str | Path, reading: Reading, *, api: Api | None = None, limit: int | None = None) -> None:
        names = [name for text in (reading.prompt, reading.completion) if text for name in names_in(text)]
        header = None if all(name.isdecimal() for name in names) else True
        self._bad: list[Finding] = []
        source = open_rows(
            path, format=reading.format, encoding=reading.encoding, sheet=reading.sheet, header=header,
            bad=self._bad.append,
        )  # fmt: skip
        self._api, self._system = api, reading.system
        self.limit: int | None = limit
        self._lines = source.format == "txt"
        found = chosen(source, reading.prompt, reading.completion)
        self._source: Source = found.source
        self._answered = found.answered
        self.notes: list[str] = [found.note] if found.note else []

    def __iter__(self) -> Iterator[Question]:
        """Yield the rows from the first on; those that cannot be read or asked are among them, with their problem.

        Raises:
            DataError: the file cannot be read on.
            ConfigError: a conversation is to be asked as a prompt.
        """
        yield from islice(self.all(), self.limit)

    def all(self) -> Iterator[Question]:
        """Yield the rows behind the limit too."""
        for row, (line, found) in enumerate(self._found(), 1):
            yield Question(row, line, problem=found) if isinstance(found, str) else self._question(row, line, found)

    def _found(self) -> Iterator[tuple[int, Row | str]]:
        """Yield rows and what is said of unreadable ones, by their lines."""
        self._bad.clear()
        for batch in self._source:
            yield from sorted([*self._unreadable(), *self._rows(batch)], key=lambda found: found[0])
        yield from self._unreadable()

    def _unreadable(self) -> list[tuple[int, Row | str]]:
        found: list[tuple[int, Row | str]] = [(finding.line or 0, finding.message) for finding in self._bad]
        self._bad.clear()
        return found

    def _rows(self, batch: Batch) -> Iterator[tuple[int, Row | str]]:
        for line, row in zip(batch.lines, batch.rows, strict=True):
            if not self._lines:
                yield line, row
            elif str(row["completion"]).strip():  # each line of a text is a prompt
                yield line, {"prompt": row["completion"]}

    def _question(self, row: int, line: int, found: Row) -> Question:
        found = modern(found)
        asked = as_object(found.get("input")) or found
        if "messages" in asked:
            if self._api == "completions":
                remedy = "convert it first: openft prepare FILE --to prompt_completion"
                raise ConfigError(f"line {line} is a conversation, which /completions does not take; {remedy}")
            return _conversation(row, line, asked, as_list(found.get("preferred_output")))
        prompt = found.get("prompt")
        if not isinstance(prompt, str):
            what = f"is a JSON {json_type(prompt)}, not text" if "prompt" in found else "is missing"
            return Question(row, line, problem=f"prompt {what}; write it as text")
        body: dict[str, object] = {"prompt": prompt}
        if self._api == "chat":
            told = [] if self._system is None else [{"role": "system", "content": self._system}]
            body = {"messages": [*told, {"role": "user", "content": prompt}]}
        completion = found.get("completion") if self._answered else None
        return Question(row, line, body, completion if isinstance(completion, str) else spelling(completion))


def _conversation(row: int, line: int, asked: Row, preferred: list[object] | None) -> Question:
    messages = [message for message in map(as_object, as_list(asked["messages"]) or []) if message is not None]
    expected = None
    if preferred:
        expected = said(as_object(preferred[-1]) or {})
    elif messages and messages[-1].get("role") == "assistant":
        expected = said(messages.pop())
    if not messages:
        return Question(row, line, problem="messages: there is nothing to ask; write what comes before the answer")
    told = [{name: value for name, value in message.items() if name != "weight"} for message in messages]
    tools = {name: asked[name] for name in _TOOLS if asked.get(name) is not None}
    return Question(row, line, {"messages": told, **tools}, expected)


def said(message: Mapping[str, object]) -> str | None:
    """Return what a message says: its text, or as JSON the functions that it calls; None where that is nothing."""
    content = message.get("content")
    parts = [(as_object(part) or {}).get("text") for part in as_list(content) or []]
    text = content if isinstance(content, str) else "".join(part for part in parts if isinstance(part, str))
    if text:
        return text
    calls = [(as_object(call) or {}).get("function") for call in as_list(message.get("tool_calls")) or []]
    called = [_call(as_object(call) or {}) for call in [*calls, message.get("function_call")] if call]
    if called:
        return json.dumps(called, ensure_ascii=False, sort_keys=True)
    refusal = message.get("refusal")
    return refusal if isinstance(refusal, str) else None


def _call(function: Mapping[str, object]) -> dict[str, object]:
    """Return a call such that blanks and the order of its arguments make no difference."""
    arguments = function.get("arguments")
    try:
        parsed = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        parsed = arguments
    return {"name": function.get("name"), "arguments": parsed}
