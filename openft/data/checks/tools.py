"""Tools that are declared, called and answered in a conversation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from openft.data.checks import rules
from openft.data.checks.detect import plain_role
from openft.data.checks.flaw import Flaw
from openft.data.checks.paths import Row, as_list, as_object
from openft.data.rows import excerpt, json_type

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


def declared(row: Row, path: str, names: set[str]) -> Iterator[Flaw]:
    """Yield what is wrong with the tools of a row, and put their names into ``names``."""
    for key in ("tools", "functions"):
        where = f"{path}{key}"
        tools = as_list(row.get(key))
        if row.get(key) is not None and tools is None:
            message = f"{key} is a JSON {json_type(row[key])}, not an array; write a list of what can be called"
            yield Flaw(rules.WRONG_TOOLS, where, message)
        for number, tool in enumerate(tools or ()):
            yield from _declaration(tool, f"{where}[{number}]", key, names)


def _declaration(tool: object, path: str, key: str, names: set[str]) -> Iterator[Flaw]:
    function = as_object(tool)
    if key == "tools" and function is not None:
        if function.get("type") != "function":
            yield Flaw(rules.WRONG_TOOLS, f"{path}.type", "the type of a tool is 'function'; write that")
        path, function = f"{path}.function", as_object(function.get("function"))
    if function is None:
        yield Flaw(rules.WRONG_TOOLS, path, "a tool is an object with a name; write one")
        return
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.match(name):
        message = "the name of a tool has 1 to 64 letters, digits, _ or -; write one"
        yield Flaw(rules.WRONG_TOOLS, f"{path}.name", message, name if isinstance(name, str) else None)
    else:
        names.add(name)
    if not isinstance(function.get("parameters", {}), dict):
        message = "the parameters of a tool are a JSON schema, which is an object; write one, or leave them out"
        yield Flaw(rules.WRONG_TOOLS, f"{path}.parameters", message)


def parallel(row: Row, path: str) -> Iterator[Flaw]:
    """Yield whether ``parallel_tool_calls`` is something else than true or false."""
    value = row.get("parallel_tool_calls")
    if value is not None and not isinstance(value, bool):
        message = f"parallel_tool_calls is a JSON {json_type(value)}; write true or false without quotes"
        yield Flaw(rules.PARALLEL_CALLS, f"{path}parallel_tool_calls", message)


def called(messages: Sequence[object], path: str, names: set[str]) -> Iterator[Flaw]:
    """Yield what is wrong with calls and with what came of them."""
    open_calls: dict[str, str] = {}
    for number, message in enumerate(map(as_object, messages)):
        where = f"{path}[{number}]"
        if message is None:
            continue
        role = message.get("role")
        role = plain_role(role) if isinstance(role, str) else None
        if role == "tool":
            yield from _result(message, where, open_calls)
            continue
        yield from _unanswered(open_calls)
        open_calls = {}
        if role == "assistant":
            yield from _calls(message, where, names, open_calls)


def _unanswered(open_calls: dict[str, str]) -> Iterator[Flaw]:
    for call, where in open_calls.items():
        message = "no tool message says what came of this call; add one after it"
        yield Flaw(rules.UNANSWERED_CALL, where, message, call)


def _result(message: Row, where: str, open_calls: dict[str, str]) -> Iterator[Flaw]:
    call = message.get("tool_call_id")
    if not isinstance(call, str):
        said = "a tool message without tool_call_id; write the id of the call that it answers"
        yield Flaw(rules.STRAY_RESULT, f"{where}.tool_call_id", said)
    elif call not in open_calls:
        said = f"no call just before has the id {excerpt(call)!r}; write the id of the call that it answers"
        yield Flaw(rules.STRAY_RESULT, f"{where}.tool_call_id", said, call)
    else:
        del open_calls[call]


def _calls(message: Row, where: str, names: set[str], open_calls: dict[str, str]) -> Iterator[Flaw]:
    if message.get("function_call") is not None:
        yield from _function(message["function_call"], f"{where}.function_call", names)
    if message.get("tool_calls") is None:
        return
    calls = as_list(message["tool_calls"])
    if not calls:
        said = "tool_calls is no array with calls in it; write them, or leave the key out"
        yield Flaw(rules.WRONG_CALL, f"{where}.tool_calls", said)
        return
    for number, value in enumerate(calls):
        path, call = f"{where}.tool_calls[{number}]", as_object(value) or {}
        if not isinstance(id := call.get("id"), str) or id in open_calls:
            said = "a call needs an id of its own, which the tool message repeats; write one"
            yield Flaw(rules.WRONG_CALL, f"{path}.id", said)
        else:
            open_calls[id] = path
        if call.get("type") != "function":
            yield Flaw(rules.WRONG_CALL, f"{path}.type", "the type of a call is 'function'; write that")
        yield from _function(call.get("function"), f"{path}.function", names)


def _function(value: object, path: str, names: set[str]) -> Iterator[Flaw]:
    function = as_object(value) or {}
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str):
        yield Flaw(rules.WRONG_CALL, f"{path}.name", "a call says which function it is of; write its name")
    elif name not in names:
        said = f"{excerpt(name)!r} is called, but is not among the tools of the row; declare it there"
        yield Flaw(rules.UNDECLARED_TOOL, f"{path}.name", said, name)
    if not _is_json(arguments):
        said = "the arguments of a call are an object as JSON text, in quotes; write '{}' for none"
        yield Flaw(rules.WRONG_CALL, f"{path}.arguments", said, arguments if isinstance(arguments, str) else None)


def _is_json(arguments: object) -> bool:
    try:
        return isinstance(arguments, str) and isinstance(json.loads(arguments), dict)
    except (ValueError, RecursionError):
        return False
