"""Fixes of rows with messages; each leaves rows alone that are of another format."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from openft.data.batch import Batch
from openft.data.checks import rules, safety
from openft.data.checks.belong import belongs
from openft.data.checks.detect import plain_role
from openft.data.checks.message import MESSAGE_KEYS, answer_flaw, is_empty_answer, trimmed
from openft.data.checks.outputs import is_equal
from openft.data.checks.paths import SPOKEN, Row, as_object, conversations, with_messages, with_texts
from openft.data.checks.rules import Rule
from openft.data.checks.spoken import SpokenLength
from openft.data.checks.turns import last_answer, roles_of
from openft.data.fixes.fix import Fix, fix, kept, with_rows
from openft.data.rows import CHAT_KEYS, INPUT_KEYS, PREFERENCE_KEYS, ROLES, Kind, is_old, modern

Change: TypeAlias = Callable[[Row, Kind], Row]
"""Returns a row changed, or the same one."""


def fixes_of(kind: Kind, wanted: set[str], length: SpokenLength) -> list[Fix]:
    """Return the fixes of some rules, in order: rows go first, by the findings that name them."""
    fixes = [
        _drop(rules.EMPTY_ANSWER, "leave out rows in which the assistant says nothing", kind, _says_nothing),
        _drop(rules.NO_ANSWER, "leave out rows without an answer", kind, _lacks_answer),
        _drop(rules.EQUAL_OUTPUTS, "leave out rows with two equal outputs", kind, lambda row, _: is_equal(modern(row))),
        _drop(rules.LONG_EXAMPLE, f"leave out rows of more than {length.limit} tokens", kind, _too_long(length)),
        _change(rules.OLD_KEY, "call the outputs as they are called today", kind, lambda row, _: modern(row)),
        *(_clean(rule, pattern, kind) for rule, pattern in safety.REMOVABLE.items()),
        _change(rules.UNKNOWN_ROLE, "call roles what hosts call them", kind, _each(_with_role)),
        _change(rules.UNEXPECTED_KEY, "leave out keys that are not known", kind, _with_known_keys),
        _change(rules.AFTER_ANSWER, "end conversations with their last answer", kind, _cut),
        _change(rules.BLANK_AROUND_ANSWER, "take white space off the ends of answers", kind, _each(_stripped)),
    ]
    return [one for one in fixes if one.id in wanted]


def _drop(rule: Rule, does: str, kind: Kind, gone: Callable[[Row, Kind], bool]) -> Fix:
    def edit(batch: Batch) -> Batch:
        rows = enumerate(batch.rows)
        return kept(batch, [place for place, row in rows if not (belongs(row, kind) and gone(row, kind))])

    return fix(rule, does, edit, local=True)


def _says_nothing(row: Row, kind: Kind) -> bool:
    return any(is_empty_answer(message) for messages in conversations(row, kind) for message in messages)


def _lacks_answer(row: Row, kind: Kind) -> bool:
    roles = [roles_of(messages) for messages in conversations(row, kind)]
    return any(said is not None and "assistant" not in said for said in roles)


def _too_long(length: SpokenLength) -> Callable[[Row, Kind], bool]:
    return lambda row, _: length.tokens(row) > length.limit


def _change(rule: Rule, does: str, kind: Kind, change: Change) -> Fix:
    def edit(batch: Batch) -> Batch:
        rows = [change(row, kind) if belongs(row, kind) else row for row in batch.rows]
        same = all(new is old for new, old in zip(rows, batch.rows, strict=True))
        return batch if same else with_rows(batch, rows)

    return fix(rule, does, edit, local=True)


def _each(change: Callable[[object], object]) -> Change:
    """Return the change of all messages of a row."""

    def changed(messages: list[object]) -> list[object]:
        made = [change(message) for message in messages]
        return made if any(new is not old for new, old in zip(made, messages, strict=True)) else messages

    return lambda row, kind: with_messages(row, kind, changed)


def _clean(rule: Rule, pattern: re.Pattern[str], kind: Kind) -> Fix:
    def cleaned(row: Row, kind: Kind) -> Row:
        made = {key: with_texts(row[key], _without) if key in SPOKEN[kind] else row[key] for key in row}
        return made if any(made[key] is not row[key] for key in row) else row

    def _without(text: str) -> str:
        return pattern.sub(safety.in_place, text)

    return _change(rule, safety.does(rule), kind, cleaned)


def _with_role(value: object) -> object:
    message = as_object(value)
    role = (message or {}).get("role")
    if message is None or not isinstance(role, str) or role in ROLES or plain_role(role) not in ROLES:
        return value
    return {**message, "role": plain_role(role)}


def _with_known_keys(row: Row, kind: Kind) -> Row:
    row = with_messages(row, kind, _with_known_message_keys)
    if kind == "chat":
        return _only(row, CHAT_KEYS)
    if kind == "preference":
        given = as_object(row["input"])
        if given is not None and not given.keys() <= INPUT_KEYS:
            row = {**row, "input": _only(given, INPUT_KEYS)}
        return _only(row, PREFERENCE_KEYS | {key for key in row if is_old(key, row)})
    return row


def _only(row: Row, keys: frozenset[str]) -> Row:
    return row if row.keys() <= keys else {key: row[key] for key in row if key in keys}


def _with_known_message_keys(messages: list[object]) -> list[object]:
    made: list[object] = []
    for value in messages:
        message = as_object(value)
        roles = roles_of([value])
        made.append(_only(message, MESSAGE_KEYS[roles[0]]) if message is not None and roles is not None else value)
    return made if any(new is not old for new, old in zip(made, messages, strict=True)) else messages


def _cut(row: Row, kind: Kind) -> Row:
    return with_messages(row, kind, _to_last_answer)


def _to_last_answer(messages: list[object]) -> list[object]:
    roles = roles_of(messages)
    if roles is None or "assistant" not in roles or roles[-1] == "assistant":
        return messages
    return messages[: last_answer(roles) + 1]


def _stripped(value: object) -> object:
    message = as_object(value)
    content = (message or {}).get("content")
    if message is None or roles_of([value]) != ("assistant",) or not isinstance(content, str):
        return value
    flaw = answer_flaw(content, "")
    if flaw is None or flaw.rule is not rules.BLANK_AROUND_ANSWER:
        return value
    return {**message, "content": trimmed(content)}
