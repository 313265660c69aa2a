"""Rows with messages made by hand and by chance, for tests of checks and fixes."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from data.batches import WORDS, Row, source
from openft.data.checks.examine import examine
from openft.data.checks.examined import Examined
from openft.data.findings import Finding
from openft.data.rows import Kind

SYSTEM = {"role": "system", "content": "be kind"}
USER = {"role": "user", "content": "hello"}
BOT = {"role": "assistant", "content": "hi"}


def user(text: object) -> Row:
    return {"role": "user", "content": text}


def bot(text: object, **more: object) -> Row:
    return {"role": "assistant", "content": text, **more}


def chat(*messages: object, **more: object) -> Row:
    return {"messages": list(messages), **more}


def chats(rows: int = 300) -> list[Row]:
    """Return chat rows in which there is nothing to find."""
    return [chat(SYSTEM, user(f"{WORDS[n % 12]} {n}?"), bot(f"{WORDS[n * 7 % 12]} {n}.")) for n in range(rows)]


def preference(asked: object, better: object, worse: object, **more: object) -> Row:
    asked = [user(asked)] if isinstance(asked, str) else asked
    return {"input": {"messages": asked}, "preferred_output": better, "non_preferred_output": worse, **more}


def preferences(rows: int = 300) -> list[Row]:
    return [preference(f"{WORDS[n % 12]} {n}?", [bot(f"yes {n}")], [bot(f"no {n}")]) for n in range(rows)]


def asked(rows: int = 300) -> list[Row]:
    """Return reinforcement rows in which there is nothing to find."""
    return [chat(user(f"{WORDS[n % 12]} {n}?"), answer=str(n)) for n in range(rows)]


GOOD: dict[Kind, list[Row]] = {"chat": chats(), "preference": preferences(), "reinforcement": asked()}


def look_at(rows: list[Row], *, kind: Kind | None = None, limit: int | None = None) -> tuple[Examined, list[Finding]]:
    found: list[Finding] = []
    return examine(source(rows), found.append, kind=kind, limit=limit), found


def found_in(row: Row, kind: Kind = "chat") -> list[tuple[str, str | None]]:
    """Return what is found in one row among many good ones: the ids, and where."""
    rows = [*GOOD[kind], row]
    _, found = look_at(rows, kind=kind)
    assert {finding.line for finding in found} <= {len(rows)}
    return [(finding.id, finding.column) for finding in found]


def written(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


# --- by chance

PIECES = st.sampled_from(["", " ", "a", "b", "\n", "\x00", "\u202e", "\u200b", "x y", "\ufffd", "é", '"'])
TEXT = st.lists(PIECES, max_size=3).map("".join)
ODD = st.one_of(st.none(), st.integers(-1, 2), st.booleans(), TEXT, st.just([]), st.just({}), st.just(["a"]))
PART = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, st.one_of(TEXT, ODD)),
    st.just({"type": "image_url", "image_url": {"url": "https://a/b.png"}}),
    st.just({"type": "image_url"}), st.just({"type": "refusal", "refusal": "no"}), ODD,
)  # fmt: skip
ROLE = st.sampled_from(["system", "user", "assistant", "assistant", "tool", "function", "developer", "User", "human"])
FUNCTION = st.fixed_dictionaries(
    {}, optional={"name": st.one_of(st.just("f"), ODD), "arguments": st.sampled_from(["{}", "[]", "{"])}
)
CALL = st.fixed_dictionaries(
    {},
    optional={
        "id": st.one_of(st.sampled_from(["c1", "c2"]), ODD),
        "type": st.sampled_from(["function", "x"]),
        "function": st.one_of(ODD, FUNCTION),
    },
)
MESSAGE = st.one_of(
    st.builds(lambda role, content: {"role": role, "content": content}, ROLE, TEXT),
    st.builds(lambda content: {"role": "assistant", "content": content}, TEXT),
    st.builds(lambda content: {"role": "user", "content": content}, TEXT),
    st.fixed_dictionaries(
        {},
        optional={
            "role": st.one_of(ROLE, ODD), "content": st.one_of(TEXT, ODD, st.lists(PART, max_size=2)),
            "weight": st.one_of(ODD, st.sampled_from([0, 1])), "name": TEXT, "extra": ODD,
            "tool_calls": st.one_of(ODD, st.lists(st.one_of(CALL, ODD), max_size=2)),
            "function_call": ODD, "tool_call_id": st.sampled_from(["c1", "c2", 3]), "refusal": ODD,
        },
    ),
    ODD,
)  # fmt: skip
GOOD_MESSAGE = st.one_of(
    st.builds(lambda content: {"role": "assistant", "content": f"a{content}"}, TEXT),
    st.builds(lambda content: {"role": "user", "content": content}, TEXT),
)
MESSAGES = st.one_of(
    st.lists(GOOD_MESSAGE, min_size=1, max_size=3), st.lists(MESSAGE, max_size=4), st.lists(MESSAGE, max_size=2), ODD
)
TOOLS = st.one_of(
    ODD, st.lists(st.one_of(ODD, st.just({"type": "function", "function": {"name": "f"}})), max_size=2)
)  # fmt: skip
CHAT = st.fixed_dictionaries(
    {"messages": MESSAGES},
    optional={"tools": TOOLS, "parallel_tool_calls": ODD, "functions": TOOLS},
)
ASKED = st.fixed_dictionaries({"messages": MESSAGES}, optional={"tools": TOOLS, "answer": ODD, "item": ODD})
ONE = st.one_of(st.lists(GOOD_MESSAGE, min_size=1, max_size=1), st.lists(MESSAGE, max_size=2), ODD)
INPUT = st.one_of(
    ODD,
    st.fixed_dictionaries({"messages": MESSAGES}),
    st.fixed_dictionaries({}, optional={"messages": MESSAGES, "tools": TOOLS, "parallel_tool_calls": ODD, "x": ODD}),
)
OUTPUTS = ("preferred_output", "non_preferred_output", "preferred_completion", "non_preferred_completion", "other")
PREFERENCE = st.one_of(
    st.fixed_dictionaries({"input": INPUT, "preferred_output": ONE, "non_preferred_output": ONE}),
    st.fixed_dictionaries({"input": INPUT}, optional=dict.fromkeys(OUTPUTS, ONE)),
)
PAIR: st.SearchStrategy[Row] = st.fixed_dictionaries({"prompt": TEXT, "completion": TEXT})
STRAY = st.dictionaries(
    st.sampled_from(["prompt", "completion", "messages", "input", "preferred_output", "Prompt", "x"]),
    st.one_of(ODD, MESSAGES), max_size=4,
)  # fmt: skip
BY_KIND: dict[Kind, st.SearchStrategy[Row]] = {
    "chat": CHAT, "preference": PREFERENCE, "reinforcement": ASKED, "prompt_completion": PAIR
}  # fmt: skip


TOOL: Row = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
CALLED: Row = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT: Row = {"role": "tool", "tool_call_id": "c1", "content": "3"}
PARTS: list[Row] = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "https://a/b.png"}}]
SOUND: dict[Kind, list[Row]] = {
    "chat": [
        chat(SYSTEM, USER, BOT), chat(USER, BOT, user("a"), bot("b")), chat(USER, bot("a", weight=1)),
        chat(USER, CALLED, RESULT, BOT, tools=[TOOL], parallel_tool_calls=True), chat(user(PARTS), BOT),
        chat(USER, bot(None, function_call={"name": "f", "arguments": "{}"}), functions=[{"name": "f"}]),
    ],
    "preference": [
        preference("a", [bot("b")], [bot("c")]), preference([SYSTEM, USER, BOT, USER], [BOT], [bot("c")]),
        {"input": {"messages": [USER], "tools": [TOOL]}, "preferred_output": [BOT], "non_preferred_output": [CALLED]},
    ],
    "reinforcement": [
        chat(USER), chat(SYSTEM, USER, answer="4"), chat(user(PARTS), item={"a": [1]}), chat(USER, BOT, USER, x=[{}]),
        chat(USER, CALLED, RESULT, tools=[TOOL], grade=1),
    ],
    "prompt_completion": [{"prompt": "a", "completion": " b"}, {"prompt": "", "completion": "c"}],
}  # fmt: skip


def places(value: object) -> list[tuple[Any, Any]]:
    """Return every object and array inside a value with each of its keys."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = [(value, key) for key in value]
    elif isinstance(value, list):
        inside = [(value, number) for number in range(len(value))]
    return inside + [place for holder, key in inside for place in places(holder[key])]


@st.composite
def nearly(draw: st.DrawFn, kind: Kind) -> Row:
    """Return a row that is right but for a change or two."""
    row = deepcopy(draw(st.sampled_from(SOUND[kind])))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 1, 2]))):
        known = places(row)
        if not known:
            break
        holder, key = draw(st.sampled_from(known))
        change = draw(st.sampled_from(["leave out", "replace", "text", "add", "again", "move"]))
        if change == "leave out":
            del holder[key]
        elif change == "replace":
            holder[key] = deepcopy(draw(st.one_of(ODD, MESSAGE)))
        elif change == "text":
            holder[key] = draw(TEXT)
        elif change == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from([*KEYS]))] = deepcopy(draw(ODD))
        elif change == "again" and isinstance(holder, list):
            holder.insert(0, deepcopy(draw(st.sampled_from(holder))))
        elif isinstance(holder, list):
            holder.reverse()
        else:
            holder[draw(st.sampled_from([*KEYS]))] = holder.pop(key)
    return row


KEYS = (
    "messages", "role", "content", "tools", "functions", "tool_calls", "tool_call_id", "weight", "name", "prompt",
    "completion", "input", "preferred_output", "non_preferred_output", "preferred_completion", "parallel_tool_calls",
    "non_preferred_completion", "refusal", "type", "text", "other",
)  # fmt: skip


@st.composite
def datasets(draw: st.DrawFn, *, most: int = 8) -> list[Row]:
    """Return rows that are mostly of one format, some of them many times."""
    kind: Kind = draw(st.sampled_from(list(BY_KIND)))
    rows = draw(st.lists(draw(st.sampled_from([nearly(kind), nearly(kind), BY_KIND[kind]])), max_size=most))
    rows += draw(st.lists(st.one_of(*BY_KIND.values(), STRAY), max_size=draw(st.sampled_from([0, 0, 0, 2]))))
    again = draw(st.lists(st.sampled_from(rows), max_size=2)) if rows else []
    return rows + again
