"""Whether a row is of the format that the rest of the data is in."""

from __future__ import annotations

from openft.data.checks import rules
from openft.data.checks.detect import kind_meant, plain_role
from openft.data.checks.flaw import Flaw
from openft.data.checks.paths import SPOKEN, Row, as_list, as_object, conversations
from openft.data.rows import CHAT_KEYS, MAX_MESSAGES, Kind, excerpt, json_type


def belongs(row: Row, kind: Kind) -> bool:
    """Return whether a row is of a format, be it right in it or not."""
    return misfit(row, kind) is None


def misfit(row: Row, kind: Kind) -> Flaw | None:
    """Return what tells a row from those of a format, None where it is one of them, of a size that can be looked at."""
    most = max(map(len, conversations(row, kind)), default=0)
    if most > MAX_MESSAGES:
        message = f"{most} messages, of which a row may have {MAX_MESSAGES}; make several rows of them"
        return Flaw(rules.MANY_MESSAGES, SPOKEN[kind][0], message)
    key = "input" if kind == "preference" else "messages"
    other = kind_meant(row) if key not in row else _other(row, kind)
    if other not in {None, kind}:
        return Flaw(rules.MIXED_FORMATS, key, f"a {other} row among {kind} rows; {_remedy(kind, other)}", _head(row))
    if kind == "preference":
        return None if key in row else Flaw(rules.WRONG_INPUT, key, "input is missing; write it", _head(row))
    return None if as_list(row.get(key)) else _no_messages(row)


def _no_messages(row: Row) -> Flaw:
    if "messages" not in row:
        what = "messages is missing"
    else:
        what = "messages is empty" if row["messages"] == [] else f"messages is a JSON {json_type(row['messages'])}"
    return Flaw(rules.MISSING_MESSAGES, "messages", f"{what}; write a list of messages", _head(row))


def _other(row: Row, kind: Kind) -> Kind | None:
    """Return the format of a row with the right key that is of another one all the same."""
    if kind == "preference" or (kind == "chat" and row.keys() <= CHAT_KEYS):
        return None
    roles = [_role(message) for message in as_list(row["messages"]) or ()]
    if kind == "chat":
        return "reinforcement" if roles and "assistant" not in roles else None
    meant = kind_meant(row)
    return None if meant == "chat" and roles[-1:] == ["assistant"] else meant


def _role(message: object) -> str:
    role = (as_object(message) or {}).get("role")
    return plain_role(role) if isinstance(role, str) else ""


def _remedy(kind: Kind, other: Kind | None) -> str:
    if {kind, other} == {"chat", "reinforcement"}:
        return "a chat row has an answer to learn from, a reinforcement row ends before it and has keys for the grader"
    return "use one format per file"


def _head(row: Row) -> str:
    return ", ".join(map(excerpt, list(row)[:5]))
