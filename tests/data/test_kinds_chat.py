"""What the checks of conversations find, and what they let be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.batches import WORDS, Row, source
from data.talks import BOT, SYSTEM, USER, bot, chat, chats, found_in, look_at, user
from openft.data.checks.examine import examine
from openft.data.checks.task import TaskType
from openft.data.findings import Finding
from openft.data.fixes.mend import mend
from openft.data.rows import MAX_MESSAGES

CALL: Row = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
OTHER_CALL: Row = {**CALL, "id": "c2"}
TOOL: Row = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
RESULT: Row = {"role": "tool", "tool_call_id": "c1", "content": "3"}


def calling(*calls: object, **more: object) -> Row:
    return {"role": "assistant", "tool_calls": list(calls), **more}


def one(finding: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [finding]


def fixed(rows: list[Row], *only: str, limit: int | None = None) -> list[Row]:
    done = mend(source(rows), lambda fix, _: not only or fix.id in only, limit=limit)
    return [row for batch in done.source() for row in batch.rows]


def fixed_row(row: Row) -> Row:
    *others, last = fixed([*chats(), row])
    assert others == chats()
    return last


def test_there_is_nothing_to_find_in_good_rows() -> None:
    examined, found = look_at(chats())
    assert found == []
    assert (examined.kind, examined.rows, examined.fixes) == ("chat", 300, ())
    assert (examined.separator, examined.stop) == ("", "")


@pytest.mark.parametrize("row", [
    chat(SYSTEM, {"role": "user", "content": [{"type": "text", "text": "what?"}]}, BOT),
    chat(SYSTEM, user([{"type": "image_url", "image_url": {"url": "https://a/b.png", "detail": "low"}}]), BOT),
    chat(SYSTEM, USER, bot([{"type": "text", "text": "no"}, {"type": "refusal", "refusal": "I will not"}])),
    chat(SYSTEM, USER, bot("hi", weight=0), user("and?"), bot("yes", weight=1)),
    chat(SYSTEM, USER, bot("hi", weight=None)),
    chat(SYSTEM, {**USER, "name": "ann"}, BOT),
    chat(SYSTEM, USER, calling(CALL), RESULT, BOT, tools=[TOOL], parallel_tool_calls=False),
    chat(SYSTEM, USER, calling(CALL, OTHER_CALL), {**RESULT, "tool_call_id": "c2"}, RESULT, BOT, tools=[TOOL]),
    chat(SYSTEM, USER, calling(CALL), tools=[TOOL]),
    chat(SYSTEM, USER, bot(None, function_call={"name": "f", "arguments": "{}"}), functions=[{"name": "f"}]),
    chat(SYSTEM, USER, bot(None, function_call={"name": "f", "arguments": "{}"}), {"role": "function", "name": "f",
         "content": None}, BOT, functions=[{"name": "f"}]),
    chat(SYSTEM, USER, bot(None, refusal="I will not")),
    chat({**SYSTEM, "role": "developer"}, user(""), BOT),
    chat(SYSTEM, USER, BOT, tools=None, functions=None, parallel_tool_calls=None),
])  # fmt: skip
def test_what_hosts_take_is_let_be(row: Row) -> None:
    assert found_in(row) == []


@pytest.mark.parametrize(("row", "id", "path"), [
    ({"messages": []}, "D602", "messages"),
    ({"messages": "hello"}, "D602", "messages"),
    ({"tools": []}, "D602", "messages"),
    (chat(SYSTEM, "hello", BOT), "D603", "messages[1]"),
    (chat(SYSTEM, 7, BOT), "D603", "messages[1]"),
    (chat(SYSTEM, {"content": "a"}, BOT), "D604", "messages[1].role"),
    (chat(SYSTEM, {"role": 3, "content": "a"}, BOT), "D604", "messages[1].role"),
    (chat(SYSTEM, {"role": "asistant", "content": "a"}, BOT), "D604", "messages[1].role"),
    (chat(SYSTEM, {"role": "user"}, BOT), "D605", "messages[1].content"),
    (chat(SYSTEM, user(None), BOT), "D605", "messages[1].content"),
    (chat(SYSTEM, user(5), BOT), "D605", "messages[1].content"),
    (chat(SYSTEM, user([]), BOT), "D605", "messages[1].content"),
    (chat(SYSTEM, user(["a"]), BOT), "D605", "messages[1].content[0]"),
    (chat(SYSTEM, user([{"type": "text"}]), BOT), "D605", "messages[1].content[0].text"),
    (chat(SYSTEM, user([{"type": "input_audio"}]), BOT), "D605", "messages[1].content[0].type"),
    (chat(SYSTEM, user([{"type": "image_url"}]), BOT), "D605", "messages[1].content[0].image_url"),
    (chat(SYSTEM, USER, bot("")), "D606", "messages[2].content"),
    (chat(SYSTEM, USER, bot(" \n")), "D606", "messages[2].content"),
    (chat(SYSTEM, USER, {"role": "assistant"}), "D606", "messages[2].content"),
    (chat(SYSTEM, USER, bot([{"type": "text", "text": " "}])), "D606", "messages[2].content"),
    (chat(SYSTEM, USER, bot("", weight=1)), "D606", "messages[2].content"),
    (chat(SYSTEM, USER), "D607", "messages"),
    (chat(SYSTEM, USER, BOT, user("and?")), "D608", "messages[3]"),
    (chat(SYSTEM, USER, BOT, user("and?"), tools=[TOOL]), "D608", "messages[3]"),
    (chat(SYSTEM, USER, SYSTEM, BOT), "D609", "messages[2]"),
    (chat(SYSTEM, USER, user("well?"), BOT), "D610", "messages[2]"),
    (chat(SYSTEM, USER, BOT, id=7), "D611", "id"),
    (chat(SYSTEM, {**USER, "time": 3}, BOT), "D611", "messages[1].time"),
    (chat(SYSTEM, {**USER, "weight": 1}, BOT), "D611", "messages[1].weight"),
    (chat(SYSTEM, USER, bot("a", weight=2)), "D612", "messages[2].weight"),
    (chat(SYSTEM, USER, bot("a", weight="1")), "D612", "messages[2].weight"),
    (chat(SYSTEM, USER, bot("a", weight=True)), "D612", "messages[2].weight"),
    (chat(SYSTEM, USER, bot("a", weight=0)), "D613", "messages"),
    (chat(SYSTEM, USER, bot(" a")), "D614", "messages[2].content"),
    (chat(SYSTEM, USER, bot("a\n")), "D614", "messages[2].content"),
    (chat(SYSTEM, USER, bot("a ", weight=1)), "D614", "messages[2].content"),
    (chat(SYSTEM, USER, bot([{"type": "image_url", "image_url": {"url": "x"}}])), "D617", "messages[2].content[0]"),
    (chat(SYSTEM, user([{"type": "image_url", "image_url": {"url": "x"}}] * 11), BOT), "D618", "messages"),
    (chat(SYSTEM, USER, BOT, parallel_tool_calls="yes"), "D626", "parallel_tool_calls"),
    (chat(SYSTEM, user("a\x00b"), BOT), "D501", "messages[1].content"),
    (chat(SYSTEM, user("a\x1bb"), BOT), "D501", "messages[1].content"),
    (chat(SYSTEM, {**USER, "name": "a\u202e"}, BOT), "D502", "messages[1].name"),
    (chat(SYSTEM, USER, bot("a\u200bb")), "D503", "messages[2].content"),
    (chat(SYSTEM, USER, bot("a\ufffdb")), "D504", "messages[2].content"),
])  # fmt: skip
def test_each_flaw_is_told_with_the_path_to_it(row: Row, id: str, path: str) -> None:
    assert found_in(row) == one((id, path))


@pytest.mark.parametrize(("tools", "path"), [
    ("f", "tools"), (["f"], "tools[0]"), ([{"type": "function"}], "tools[0].function"),
    ([{**TOOL, "type": "web"}], "tools[0].type"), ([{"type": "function", "function": {}}], "tools[0].function.name"),
    ([{"type": "function", "function": {"name": "a b"}}], "tools[0].function.name"),
    ([{"type": "function", "function": {"name": "f", "parameters": 3}}], "tools[0].function.parameters"),
])  # fmt: skip
def test_a_wrong_tool_is_told(tools: object, path: str) -> None:
    assert found_in(chat(SYSTEM, USER, BOT, tools=tools)) == one(("D621", path))


def test_a_wrong_function_of_the_old_kind_is_told() -> None:
    assert found_in(chat(SYSTEM, USER, BOT, functions=[{"name": ""}])) == one(("D621", "functions[0].name"))


@pytest.mark.parametrize(("call", "id", "path"), [
    (7, "D622", ["id", "type", "function.name", "function.arguments"]),
    ({**CALL, "id": 3}, "D622", ["id"]),
    ({**CALL, "type": "f"}, "D622", ["type"]),
    ({**CALL, "function": {"arguments": "{}"}}, "D622", ["function.name"]),
    ({**CALL, "function": {"name": "f"}}, "D622", ["function.arguments"]),
    ({**CALL, "function": {"name": "f", "arguments": {}}}, "D622", ["function.arguments"]),
    ({**CALL, "function": {"name": "f", "arguments": "{"}}, "D622", ["function.arguments"]),
    ({**CALL, "function": {"name": "f", "arguments": "[" * 100_000}}, "D622", ["function.arguments"]),
    ({**CALL, "function": {"name": "f", "arguments": "[1]"}}, "D622", ["function.arguments"]),
    ({**CALL, "function": {"name": "g", "arguments": "{}"}}, "D623", ["function.name"]),
])  # fmt: skip
def test_a_wrong_call_is_told(call: object, id: str, path: list[str]) -> None:
    row = chat(SYSTEM, USER, calling(call), tools=[TOOL])
    assert found_in(row) == [(id, f"messages[2].tool_calls[0].{part}") for part in path]


def test_no_calls_are_no_answer_and_two_calls_have_two_ids() -> None:
    assert found_in(chat(SYSTEM, USER, calling(content="a"))) == one(("D622", "messages[2].tool_calls"))
    assert found_in(chat(SYSTEM, USER, calling())) == [
        ("D606", "messages[2].content"), ("D622", "messages[2].tool_calls"),
    ]  # fmt: skip
    row = chat(SYSTEM, USER, calling(CALL, CALL), tools=[TOOL])
    assert found_in(row) == one(("D622", "messages[2].tool_calls[1].id"))


@pytest.mark.parametrize(("messages", "id", "path"), [
    ([{**RESULT, "tool_call_id": "c9"}], "D624", "messages[3].tool_call_id"),
    ([{"role": "tool", "content": "3"}], "D624", "messages[3].tool_call_id"),
    ([RESULT, RESULT], "D624", "messages[4].tool_call_id"),
])  # fmt: skip
def test_a_result_answers_a_call_just_before_it(messages: list[Row], id: str, path: str) -> None:
    found = found_in(chat(SYSTEM, USER, calling(CALL), *messages, BOT, tools=[TOOL]))
    assert (id, path) in found
    assert {other for other, _ in found} <= {"D624", "D625"}


def test_a_call_that_nothing_answers_is_told() -> None:
    row = chat(SYSTEM, USER, calling(CALL), BOT, tools=[TOOL])
    assert found_in(row) == one(("D625", "messages[2].tool_calls[0]"))


def test_too_many_messages_are_told() -> None:
    messages = [USER, BOT] * (MAX_MESSAGES // 2) + [USER, BOT]
    assert found_in(chat(SYSTEM, *messages)) == one(("D619", "messages"))


@pytest.mark.parametrize(("role", "says"), [
    ("human", "write 'user'"), ("GPT", "write 'assistant'"), ("asistant", "write 'assistant'"),
    ("narrator", "write system, developer, user, assistant, tool or function"), (" User", "write 'user'"),
])  # fmt: skip
def test_a_role_that_is_not_known_is_told_with_the_one_that_is_meant(role: str, says: str) -> None:
    _, found = look_at([*chats(), chat(SYSTEM, {"role": role, "content": "a"}, BOT)])
    assert says in found[0].message


def test_an_excerpt_holds_nothing_that_a_terminal_obeys() -> None:
    _, found = look_at([*chats(), chat(SYSTEM, {"role": "\x1b[2J", "content": "a"}, BOT)])
    assert {finding.id for finding in found} == {"D604", "D501"}
    assert all((finding.excerpt or "").isprintable() and finding.message.isprintable() for finding in found)


def test_of_many_flaws_of_one_kind_in_a_row_the_first_are_told() -> None:
    row = chat(*[{**USER, "x\x00": "\x00"}] * 300, {"role": " User", "content": "a\u202e"}, BOT)
    found = [(finding.id, finding.message) for finding in look_at([*chats(), row])[1]]
    assert [sum(id == told for id, _ in found) for told in ("D611", "D501", "D502", "D604")] == [20, 20, 1, 1]
    assert found[19][1].endswith("there may be more of these in this row")


def test_the_path_to_a_character_is_the_one_of_its_own_row() -> None:
    rows = [chat(SYSTEM, user(f"{n}\x00"), bot(f"{n}\x00", weight=1), tools=[]) for n in range(3)]
    found = [(finding.line, finding.column) for finding in look_at([*chats(), *rows])[1]]
    assert found == [(301 + n, f"messages[{place}].content") for n in range(3) for place in (1, 2)]


def test_a_long_conversation_may_have_any_order() -> None:
    assert found_in(chat(SYSTEM, *[USER, BOT] * 40, USER)) == one(("D608", "messages[81]"))


# --- the whole


def test_a_system_message_that_some_rows_lack_is_told_once() -> None:
    [finding] = look_at([*chats(), chat(USER, BOT), chat(user("a"), BOT, tools=[])])[1]
    assert (finding.id, finding.line, finding.message[:7]) == ("D615", 301, "2 rows ")


def test_a_system_message_that_all_odd_rows_lack_is_told() -> None:
    rows = [{**row, "tools": []} for row in chats()]
    [finding] = look_at([chat(USER, BOT, tools=[]), *rows])[1]
    assert (finding.id, finding.line) == ("D615", 1)


def test_several_system_messages_may_be_missing() -> None:
    short = {**SYSTEM, "content": "be short"}
    assert look_at([*chats(), chat(short, USER, BOT), chat(user("a"), BOT)])[1] == []
    odd = [{**row, "tools": []} for row in (*chats(), chat(short, USER, BOT), chat(short, user("b"), BOT))]
    assert look_at([*odd, chat(user("a"), BOT)])[1] == []


def test_a_duplicate_is_told_with_the_line_of_the_first_also_in_another_order_of_keys() -> None:
    odd = chat(SYSTEM, USER, bot("hm", weight=1))
    turned: Row = {"messages": [dict(reversed(message.items())) for message in odd["messages"]]}  # type: ignore[attr-defined]
    found = look_at([*chats(), odd, chats()[4], turned])[1]
    assert [(finding.id, finding.line, finding.message[:33]) for finding in found] == [
        ("D101", 302, "the same row as in line 5; leave "), ("D101", 303, "the same row as in line 301; leav"),
    ]  # fmt: skip
    assert found[0].excerpt == f"{WORDS[4]} 4?"
    assert fixed([*chats(), odd, chats()[4], turned]) == [*chats(), odd]


def test_who_speaks_makes_a_difference() -> None:
    rows = [chat(user("a"), bot("b"), user("a"), bot("b")), chat(user("a"), user("b"), user("a"), bot("b"))]
    assert "D101" not in {finding.id for finding in look_at([*chats(), *rows])[1]}


def test_texts_run_together_make_no_duplicate() -> None:
    rows = [chat(SYSTEM, user("a\x00b"), BOT), chat(SYSTEM, user("a"), user("b"), BOT)]
    assert "D101" not in {finding.id for finding in look_at([*chats(), *rows])[1]}


def test_two_answers_to_one_conversation_are_noted() -> None:
    other: list[Any] = chats()[4]["messages"]  # type: ignore[assignment]
    [finding] = look_at([*chats(), chat(*other[:2], bot("something else"))])[1]
    assert (finding.id, finding.severity, finding.line) == ("D616", "note", 301)
    assert "in line 5" in finding.message


def test_two_labels_for_one_conversation_are_a_conflict() -> None:
    rows = [chat(user(f"is {n} odd?"), bot("yes" if n % 2 else "no")) for n in range(300)]
    examined, found = look_at([*rows, chat(user("is 7 odd?"), bot("no"))])
    assert examined.task.type is TaskType.CLASSIFICATION
    assert [(finding.id, finding.line) for finding in found] == [("D401", 301)]


def test_a_class_with_few_answers_is_told() -> None:
    rows = [chat(user(f"{n}?"), bot("no" if n < 20 else "yes")) for n in range(220)]
    [finding] = [finding for finding in look_at(rows)[1] if finding.id == "D403"]
    assert (finding.column, finding.excerpt) == ("messages", "no")
    assert finding.message == "1 of 2 classes have fewer than 100 rows, such as 'no' 20; add rows"


@pytest.mark.parametrize(("rows", "id"), [(0, "D108"), (9, "D104"), (10, "D105"), (199, "D105")])
def test_few_rows_are_told(rows: int, id: str) -> None:
    assert [finding.id for finding in look_at(chats(rows), kind="chat")[1]] == [id]


@pytest.mark.parametrize(("name", "content"), [
    ("data.jsonl", ""), ("data.jsonl", "\n\n"), ("data.json", "[]"), ("data.jsonl", "[]"), ("data.txt", ""),
])  # fmt: skip
def test_no_rows_are_an_error_that_names_the_file(tmp_path: Path, name: str, content: str) -> None:
    from openft.data.reading.readers import open_rows

    path = tmp_path / name
    path.write_text(content)
    found: list[Finding] = []
    examine(lambda: open_rows(path), found.append)
    assert [(finding.id, finding.severity, finding.file) for finding in found] == [("D108", "error", str(path))]


# --- lengths


@pytest.mark.parametrize("more", [{}, {"tools": []}])
def test_a_long_conversation_is_told_and_left_out(more: dict[str, object]) -> None:
    long = chat(SYSTEM, user("word " * 90), BOT, **more)
    found = [finding for finding in look_at([*chats(), long], limit=60)[1] if finding.id == "D103"]
    assert [(finding.line, finding.column) for finding in found] == [(301, "messages")]
    assert fixed([*chats(), long], limit=60) == chats()


def test_tokens_are_those_of_what_is_said_with_some_beside() -> None:
    found: list[Finding] = []
    rows = [chat(USER, BOT, tools=[]), chat({**USER, "name": "ann"}, BOT)]
    examine(source(rows), found.append, limit=1, count=len)
    first, second = [finding.message.split(" tokens")[0] for finding in found if finding.id == "D103"]
    assert int(second) - int(first) == len("ann") + 1


# --- fixes


@pytest.mark.parametrize(("row", "after"), [
    (chat(SYSTEM, {**USER, "role": " User"}, BOT), chat(SYSTEM, USER, BOT)),
    (chat(SYSTEM, {**USER, "role": "Human"}, {**BOT, "role": "gpt"}), chat(SYSTEM, USER, BOT)),
    (chat(SYSTEM, USER, BOT, id=3, x=None), chat(SYSTEM, USER, BOT)),
    (chat(SYSTEM, {**USER, "time": 3, "weight": 1}, bot("a", weight=1)), chat(SYSTEM, USER, bot("a", weight=1))),
    (chat(SYSTEM, USER, bot(" a\n")), chat(SYSTEM, USER, bot("a"))),
    (chat(SYSTEM, USER, BOT, user("and?")), chat(SYSTEM, USER, BOT)),
    (chat(SYSTEM, USER, BOT, user("and?"), id=3), chat(SYSTEM, USER, BOT)),
    (chat(SYSTEM, user("a\x00\u202e\u200bb"), BOT), chat(SYSTEM, user("ab"), BOT)),
    (chat(user([{"type": "text", "text": "\x1b"}]), BOT), chat(user([{"type": "text", "text": ""}]), BOT)),
    (chat(SYSTEM, "a", bot(" b", x=1)), chat(SYSTEM, "a", bot("b"))),
])  # fmt: skip
def test_a_fix_changes_what_was_told_and_nothing_else(row: Row, after: Row) -> None:
    assert fixed_row(row) == after


@pytest.mark.parametrize("row", [
    chat(SYSTEM, USER, bot("")), chat(SYSTEM, USER), chat(SYSTEM, USER, bot(""), user("a"), bot("b")),
    chat(SYSTEM, USER, bot("\x00")),
])  # fmt: skip
def test_rows_from_which_nothing_can_be_learned_are_left_out(row: Row) -> None:
    assert fixed([*chats(), row]) == chats()


def test_an_answer_under_a_misspelt_role_is_not_left_out() -> None:
    assert fixed_row(chat(SYSTEM, USER, {**BOT, "role": "Assistant "})) == chat(SYSTEM, USER, BOT)


def test_only_the_fixes_that_are_wanted_are_made() -> None:
    rows = [*chats(), chat(SYSTEM, USER, bot(" a"), id=3)]
    assert fixed(rows, "D611") == [*chats(), chat(SYSTEM, USER, bot(" a"))]


def test_a_conversation_of_many_characters_and_few_tokens_is_not_too_long() -> None:
    found = look_at([*chats(), chat(user("word " * 40), BOT)], limit=150)[1]
    assert "D103" not in [finding.id for finding in found]
