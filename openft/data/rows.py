"""One line of a training file: bytes to a row, a row to its kind and its record."""

from __future__ import annotations

import json
from typing import Any, Literal, NoReturn, TypeAlias, cast

from openft.errors import DataError

Kind: TypeAlias = Literal["prompt_completion", "chat", "preference", "reinforcement"]
"""The four formats that a training file can have."""

Row: TypeAlias = dict[str, Any]
"""A line's JSON object, not yet checked."""

MAX_DEPTH = 64
"""Levels of arrays and objects that a row may nest; tool schemas reach about ten."""

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is refused, which bounds the memory that a check or a reader needs."""

MAX_SIGNS = 1 << 19
"""Commas and brackets that a row may have outside its texts, and cells in a table: many empty lists would take twenty
times the memory of their line, and parsing them would hold up all other threads."""

MAX_MESSAGES = 10_000
"""Messages that a row may have in one list, which are more than any model reads at once."""

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
"""Who can speak in a conversation."""

CHAT_KEYS = frozenset({"messages", "tools", "parallel_tool_calls", "functions"})
OUTPUTS = ("preferred_output", "non_preferred_output")
"""The keys of a preference row's two answers, the better one first."""
PREFERENCE_KEYS = frozenset({"input", *OUTPUTS})
INPUT_KEYS = frozenset({"messages", "tools", "parallel_tool_calls"})
"""What a chat row, a preference row and its input may have; the records' fields, which take time to load."""

SHOWN = 48
"""Characters of an excerpt."""
OLD_NAMES = {
    "preferred_completion": "preferred_output",
    "non_preferred_completion": "non_preferred_output",
}
"""Keys of preference rows in earlier versions of the API's description."""
ALL_OUTPUTS = (*OUTPUTS, *OLD_NAMES)


def excerpt(text: str) -> str:
    """Return the first characters of ``text``, with nothing in them that a terminal would obey."""
    if (head := text[:SHOWN]).isprintable():
        return f"{head}…" if len(text) > SHOWN else head
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:SHOWN])
    return f"{shown}…" if len(text) > SHOWN else shown


def refuse_long(raw: bytes | bytearray) -> None:
    """Raise DataError if a line is longer than MAX_LINE_BYTES."""
    if len(raw) > MAX_LINE_BYTES:
        head = excerpt(raw[: 4 * SHOWN].decode(errors="replace"))
        raise DataError(f"longer than {MAX_LINE_BYTES >> 20} MiB: {head}; end each row with a newline, or shorten it")


def is_crowded(raw: bytes) -> bool:
    """Return whether a line has more than MAX_SIGNS commas and brackets outside its texts."""
    if len(raw) <= MAX_SIGNS or _signs(raw) <= MAX_SIGNS:
        return False
    bare = raw.replace(rb"\\", b"").replace(rb"\"", b"")
    return bare.count(b'"') > 2 * MAX_SIGNS or sum(map(_signs, bare.split(b'"')[::2])) > MAX_SIGNS


def _signs(raw: bytes) -> int:
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def refuse_crowded(raw: bytes) -> None:
    """Raise DataError if a line has more than MAX_SIGNS commas and brackets outside its texts."""
    if is_crowded(raw):
        shown = excerpt(raw[: 4 * SHOWN].decode(errors="replace"))
        raise DataError(f"more than {MAX_SIGNS:,} commas and brackets: {shown}; split it into rows that can be trained")


def parse_row(raw: bytes) -> Row:
    """Return the JSON object that a line holds.

    Raises:
        DataError: the line is not UTF-8, not JSON, or not an object; without a line number, which the caller knows.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start + 1} of the line is not UTF-8: {excerpt(raw.decode(errors='replace'))}; "
            "save the file as UTF-8 and do not compress it"
        ) from error
    value = _decode(text)
    if not isinstance(value, dict):
        raise DataError(f"a JSON {json_type(value)}, not an object: {excerpt(text)}; write one {{…}} per line")
    row = cast("Row", value)
    if "\\ud" in text or "\\uD" in text:  # after strict decoding, only an escape can bring half a surrogate pair
        refuse_lone_surrogates(row, text)
    return row


def _decode(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"not valid JSON ({error.msg} at character {error.pos + 1}): {excerpt(text)}; "
            "write one whole JSON object per line"
        ) from error
    except RecursionError as error:
        raise too_deep(text) from error
    except ValueError as error:  # NaN and Infinity, or an integer beyond Python's limit of digits
        raise DataError(f"a number that JSON does not have or that is too long: {excerpt(text)}; remove it") from error


def refuse_constant(name: str) -> NoReturn:
    """Raise ValueError for ``NaN`` and ``Infinity``, which Python reads and JSON does not have."""
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=refuse_constant)


def json_type(value: object) -> str:
    """Return what JSON calls the type of a parsed value."""
    names: dict[type, str] = {str: "string", list: "array", dict: "object", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def too_deep(text: str) -> DataError:
    """Return what to raise for a row that nests too deep."""
    return DataError(f"nested more than {MAX_DEPTH} levels deep: {excerpt(text)}; flatten the row")


def refuse_lone_surrogates(value: object, shown: str) -> None:
    """Raise DataError if a string inside ``value`` holds half a surrogate pair, which no UTF-8 file can hold."""
    refuse_depth(value, shown)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise DataError(f"half a surrogate pair in a text: {excerpt(shown)}; write the whole character") from error


def refuse_depth(value: object, shown: str) -> None:
    """Raise DataError if ``value`` nests deeper than MAX_DEPTH; walks level by level, so never a RecursionError."""
    if not is_shallow(value):
        raise too_deep(shown)


def is_shallow(value: object) -> bool:
    """Return whether a value nests no deeper than MAX_DEPTH."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return True
    return False


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def kind_of(row: Row) -> Kind:
    """Return which format a row is written in, by its keys; that it is correct is not said.

    A conversation without a final answer is for reinforcement when it has further keys for the grader, or when no
    assistant speaks in it.
    """
    if "prompt" in row and "completion" in row:
        return "prompt_completion"
    if "messages" in row:
        roles = [_role(message) for message in _inside(row["messages"])]
        if roles[-1:] == ["assistant"] or (row.keys() <= CHAT_KEYS and "assistant" in roles):
            return "chat"
        return "reinforcement"
    if "prompt" in row or "completion" in row:
        return "prompt_completion"
    if "input" in row:
        return "preference"
    keys = ", ".join(excerpt(str(key)) for key in list(row)[:5]) or "none"
    raise DataError(
        f"unknown format, with the keys {keys}; a row has prompt and completion, messages, "
        "or input, preferred_output and non_preferred_output"
    )


def _role(message: object) -> object:
    return cast("dict[str, object]", message).get("role") if isinstance(message, dict) else None


def check_row(row: Row) -> Kind:
    """Return the row's kind if it is a correct training record.

    Raises:
        DataError: it is not; the text names the key.
    """
    prompt, completion = row.get("prompt"), row.get("completion")
    if isinstance(prompt, str) and isinstance(completion, str) and completion and len(row) == 2:
        return "prompt_completion"  # the hot path: no model is made
    from openft.data.records import to_record

    kind = kind_of(row)
    to_record(row, kind)
    return kind


def refuse_mixture(kind: Kind, first: Kind, row: Row) -> None:
    """Raise DataError if a row is not of the kind that the first one was."""
    if kind == first:
        return
    remedy = "use one format per file"
    if {kind, first} == {"chat", "reinforcement"}:
        remedy = "a chat row needs an assistant message to learn from, a reinforcement row ends before the answer"
    raise DataError(f"a {kind} row among {first} rows: {json_head(row)}; {remedy}")


def modern(row: Row) -> Row:
    """Return the row with the keys that today's description of the API uses; an old one beside the new one stays."""
    if "input" not in row or not any(is_old(key, row) for key in row):
        return row
    return {OLD_NAMES[key] if is_old(key, row) else key: value for key, value in row.items()}


def is_old(key: str, row: Row) -> bool:
    """Return whether a key is an old name, and the row has no key of the new one."""
    return key in OLD_NAMES and OLD_NAMES[key] not in row


def json_head(row: Row) -> str:
    """Return a row's first keys and texts for an error message."""
    parts = [f"{key}: {value[:SHOWN] if isinstance(value, str) else '…'}" for key, value in list(row.items())[:2]]
    return excerpt(", ".join(parts))
