"""Layouts of rows that other tools write: what each is called, and what makes rows of it that train."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import NamedTuple

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.detect import kind_meant, plain_role
from openft.data.checks.paths import Row, as_list, as_object
from openft.data.reading.source import Source
from openft.data.rows import Kind, excerpt, json_type
from openft.errors import DataError

_WRAPPERS = ("data", "rows", "examples", "items", "records", "train", "samples", "dataset")
_TALKS = ("conversations", "conversation")
_SPEAKERS = ("system", "developer", "user", "assistant")
_MESSAGE_KEYS = ({"from", "value"}, {"role", "content"})
_AT_ONCE = 2000
"""Rows of a batch that are taken out of one."""


class Layout(NamedTuple):
    """How rows are written."""

    says: str
    """What they are, and what to do with them."""
    to: Kind | None = None
    """The format that ``convert`` makes of them, None where it makes none."""


def layout_of(row: Row) -> Layout | None:
    """Return the known layout that a row is in, None where it is in none."""
    how = "convert them with prepare --to {to}, or openft.data.convert"
    if talk_key(row) is not None:
        return Layout(f"these are conversations as ShareGPT writes them; {how.format(to='chat')}", "chat")
    if {"chosen", "rejected"} <= row.keys():
        said = "these are prompts with a chosen and a rejected answer"
        return Layout(f"{said}; {how.format(to='preference')}", "preference")
    if {"instruction", "input", "output"} <= row.keys():
        said = "these are instructions as Alpaca writes them; name output for the completion, and for the prompt"
        return Layout(f"{said} the template {{instruction}} {{input}}")
    return None


def talk_key(row: Row) -> str | None:
    """Return the key that a conversation as ShareGPT writes it is under, None where there is none."""
    return next((key for key in _TALKS if _keys_of_first(row.get(key)) in _MESSAGE_KEYS), None)


def _keys_of_first(value: object) -> set[str]:
    """Return the keys that tell messages from anything else, of the first object in a list."""
    first = as_object((as_list(value) or [None])[0]) or {}
    return first.keys() & {"from", "value", "role", "content"}


def as_talk(row: Row, key: str, system: str | None) -> Row:
    """Return a conversation as ShareGPT writes it as messages.

    Args:
        row: the conversation.
        key: what it is under.
        system: the system message where the row has none of its own.

    Raises:
        DataError: something in it has no place in messages.
    """
    if row.get("tools"):
        raise DataError("tools have no place here as ShareGPT writes them; leave out the row")
    said = [_message(message, f"{key}[{number}]") for number, message in enumerate(as_list(row.get(key)) or [])]
    if not said:
        raise DataError(f"{key} is no list of messages; write one, or leave out the row")
    own = row.get("system")
    told = own if isinstance(own, str) and own else system
    if told is not None and said[0]["role"] not in {"system", "developer"}:
        said.insert(0, {"role": "system", "content": told})
    return {"messages": said}


def _message(value: object, path: str) -> Row:
    message = as_object(value)
    if message is None:
        raise DataError(f"{path} is a JSON {json_type(value)}, not a message; write an object with from and value")
    speaker, content = message.get("from", message.get("role")), message.get("value", message.get("content"))
    role = plain_role(speaker) if isinstance(speaker, str) else ""
    if role not in _SPEAKERS:
        shown = repr(excerpt(speaker)) if isinstance(speaker, str) else f"a JSON {json_type(speaker)}"
        raise DataError(f"{path} is from {shown}, who has no place in a conversation; leave out the row")
    if not isinstance(content, str):
        raise DataError(f"{path} says a JSON {json_type(content)}, not text; write it as text, or leave out the row")
    return {"role": role, "content": content}


class Wrapping(NamedTuple):
    """How a row holds other rows."""

    says: str
    """Where they are, for a note."""
    take: Callable[[Row], Iterator[object] | None]
    """Returns them, None where a row holds none."""


def wrapping_of(rows: Sequence[Row]) -> Wrapping | None:
    """Return how the first rows hold others: in a list, or as columns; None where they are rows themselves."""
    row = rows[0]
    lists = [key for key, value in row.items() if as_object((as_list(value) or [None])[0]) is not None]
    alone = len(row) == 1 or (len(rows) == 1 and kind_meant(row) is None)
    if alone and len(lists) == 1 and lists[0].strip().lower() in _WRAPPERS:
        return Wrapping(f"rows are taken out of the list {excerpt(lists[0])!r}", partial(_held, lists[0]))
    if len(rows) == 1 and _of_columns(row) is not None:
        return Wrapping("its columns, each with all of its values, are read as rows", _of_columns)
    return None


def _held(key: str, row: Row) -> Iterator[object] | None:
    held = as_list(row.get(key))
    return None if held is None else iter(held)


def _of_columns(row: Row) -> Iterator[object] | None:
    """Return the rows of an object that has a list for each column, or an object with numbers as keys as of pandas."""
    columns = [as_list(value) or _numbered(as_object(value)) for value in row.values()]
    if (
        len(columns) < 2
        or not all(columns)
        or any(type(one) in {dict, list} for column in columns for one in column[:1])
    ):
        return None
    keys = {tuple(as_object(value) or ()) for value in row.values()}
    if len(keys) > 1 or len(set(map(len, columns))) > 1 or len(columns[0]) < 2:
        return None
    return (dict(zip(row, values, strict=True)) for values in zip(*columns, strict=True))


def _numbered(column: Row | None) -> list[object]:
    return list(column.values()) if column is not None and list(column)[:2] == ["0", "1"] else []


def unwrapped(source: Source, wrapping: Wrapping) -> Source:
    """Return the source with the rows that its rows hold, counted from 1."""

    def read(told: Source) -> Iterator[Batch]:
        number = 1
        for batch in source:
            told.encoding, told.sheet, told.header = source.encoding, source.sheet, source.header
            for line, row in zip(batch.lines, batch.rows, strict=True):
                held = wrapping.take(row)
                if held is None:
                    told.refuse("holds no rows as the first row does; leave it out", line)
                    continue
                while some := list(islice(held, _AT_ONCE)):
                    yield from _rows(told, number, some)
                    number += len(some)

    source.note(rules.JSON_DOCUMENT, f"{wrapping.says}, and counted as such", line=1)
    return replace(source, read=read)


def _rows(told: Source, first: int, values: list[object]) -> Iterator[Batch]:
    rows: dict[int, Row] = {}
    for number, value in enumerate(values, first):
        row = as_object(value)
        if row is None:
            told.refuse(f"a JSON {json_type(value)}, not an object; write one {{…}} for each row", number)
        else:
            rows[number] = row
    if rows:
        yield Batch(told.file, list(rows), list(rows.values()))
