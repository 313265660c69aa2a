"""Which format data is taken for, and what the checks of preferences and reinforcement rows find."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from data.batches import Row, good, pairs, source
from data.talks import (
    BOT,
    GOOD,
    SYSTEM,
    USER,
    asked,
    bot,
    chat,
    chats,
    found_in,
    look_at,
    preference,
    preferences,
    user,
)
from openft.data.checks.detect import detect
from openft.data.fixes.mend import mend
from openft.data.rows import Kind, check_row

YES, NO = [bot("yes")], [bot("no")]


def fixed(rows: list[Row]) -> list[Row]:
    return [row for batch in mend(source(rows), lambda *_: True).source() for row in batch.rows]


# --- detection


@pytest.mark.parametrize(("rows", "kind"), [
    ([], None),
    (good(), "prompt_completion"),
    (chats(), "chat"),
    (preferences(), "preference"),
    (asked(), "reinforcement"),
    ([{"text": "a", "label": "b"}], "prompt_completion"),
    ([{"input": "a", "output": "b"}], "prompt_completion"),
    ([{"Prompt": "a", "completion": "b"}], "prompt_completion"),
    ([preference("a", YES, NO) | {"input": "a"}], "preference"),
    ([{"input": {}, "preferred_completion": []}], "preference"),
    ([chat({**USER, "role": "User"}, {**BOT, "role": "Assistant"}, id=3)], "chat"),
    ([chat(USER, prompt="a")], "reinforcement"),
    ([chat("a", {"role": 3}), *chats(3)], "chat"),
    ([chat(SYSTEM, USER), *chats(3)], "chat"),
    ([*chats(2), *asked(2)], "chat"),
    ([*asked(2), *chats(2)], "reinforcement"),
    ([{"x": 1}] * 99 + chats(2), "chat"),
    ([{"x": 1}] * 100 + chats(2), "prompt_completion"),
    ([{"messages": 3}], "reinforcement"),
])  # fmt: skip
def test_the_format_is_what_most_of_the_first_rows_are_in(rows: list[Row], kind: Kind | None) -> None:
    assert detect(source(rows)()) == kind


def test_a_reinforcement_row_may_have_a_key_called_prompt() -> None:
    assert check_row(chat(USER, prompt="a")) == "reinforcement"


@pytest.mark.parametrize(("rows", "odd", "says"), [
    (good(), chats()[0], "a chat row among prompt_completion rows"),
    (good(), asked()[0], "a reinforcement row among prompt_completion rows"),
    (good(), preferences()[0], "a preference row among prompt_completion rows"),
    (chats(), good()[0], "a prompt_completion row among chat rows"),
    (chats(), preferences()[0], "a preference row among chat rows"),
    (chats(), asked()[0], "a reinforcement row among chat rows"),
    (preferences(), good()[0], "a prompt_completion row among preference rows"),
    (preferences(), chats()[0], "a chat row among preference rows"),
    (asked(), chat(USER, BOT, user("and?")), "a chat row among reinforcement rows"),
    (asked(), good()[0], "a prompt_completion row among reinforcement rows"),
    (asked(), preferences()[0], "a preference row among reinforcement rows"),
    (asked(), chat(USER, prompt="a", completion="b"), "a prompt_completion row among reinforcement rows"),
])  # fmt: skip
def test_a_row_of_another_format_is_told_and_let_be(rows: list[Row], odd: Row, says: str) -> None:
    examined, found = look_at([*rows, odd])
    assert [(finding.id, finding.line) for finding in found] == [("D601", len(rows) + 1)]
    assert found[0].message.startswith(says)
    assert examined.fixes == ()


def test_further_columns_are_left_out_of_pairs_and_not_of_rows_of_another_format() -> None:
    rows: list[Row] = [*({**row, "id": 1} for row in good()), chats()[0]]
    assert fixed(rows) == [*good(), chats()[0]]


@pytest.mark.parametrize(("kind", "row", "id"), [
    ("chat", {"x": 1}, "D602"), ("reinforcement", {"x": 1}, "D602"), ("preference", {"x": 1}, "D631"),
])  # fmt: skip
def test_a_row_of_no_format_is_told_by_what_it_lacks(kind: Kind, row: Row, id: str) -> None:
    assert [found for found, _ in found_in(row, kind)] == [id]


@pytest.mark.parametrize("kind", ["preference", "reinforcement"])
def test_there_is_nothing_to_find_in_good_rows(kind: Kind) -> None:
    examined, found = look_at(GOOD[kind])
    assert (examined.kind, found) == (kind, [])


# --- preferences


@pytest.mark.parametrize(("row", "id", "path"), [
    (preference("a", YES, NO) | {"input": "a"}, "D631", "input"),
    (preference([], YES, NO), "D602", "input.messages"),
    (preference("a", YES, NO) | {"input": {}}, "D602", "input.messages"),
    (preference("a", YES, NO, id=3), "D611", "id"),
    (preference("a", YES, NO) | {"input": {"messages": [USER], "x": 1}}, "D611", "input.x"),
    (preference("a", YES, NO) | {"input": {"messages": [USER], "tools": 3}}, "D621", "input.tools"),
    (preference("a", YES, NO) | {"input": {"messages": [USER], "parallel_tool_calls": 3}}, "D626",
     "input.parallel_tool_calls"),
    (preference(["a"], YES, NO), "D603", "input.messages[0]"),
    (preference([USER, BOT], YES, NO), "D636", "input.messages[1]"),
    (preference([USER, SYSTEM], YES, NO), "D609", "input.messages[1]"),
    (preference([user([{"type": "image_url", "image_url": {"url": "x"}}])], YES, NO), "D617",
     "input.messages[0].content[0]"),
    (preference("a", "yes", NO), "D632", "preferred_output"),
    (preference("a", [], NO), "D632", "preferred_output"),
    (preference("a", YES, [*NO, *NO]), "D632", "non_preferred_output"),
    (preference("a", YES, [USER]), "D632", "non_preferred_output[0].role"),
    (preference("a", YES, [bot("")]), "D606", "non_preferred_output[0].content"),
    (preference("a", YES, [bot(" x")]), "D614", "non_preferred_output[0].content"),
    (preference("a", YES, [{"role": "asistant", "content": "x"}]), "D604", "non_preferred_output[0].role"),
    (preference("a", YES, YES), "D633", "non_preferred_output"),
    (preference("a\x00", YES, NO), "D501", "input.messages[0].content"),
    ({"input": {"messages": [USER]}, "preferred_output": YES}, "D632", "non_preferred_output"),
])  # fmt: skip
def test_a_flaw_of_a_preference_is_told_with_the_path_to_it(row: Row, id: str, path: str) -> None:
    assert found_in(row, "preference") == [(id, path)]


OLD: Row = {"input": {"messages": [USER]}, "preferred_completion": YES, "non_preferred_completion": NO}


def test_old_names_are_told_and_renamed() -> None:
    assert [(id, path) for id, path in found_in(OLD, "preference")] == [
        ("D635", "preferred_completion"), ("D635", "non_preferred_completion"),
    ]  # fmt: skip
    assert fixed([*preferences(), OLD]) == [*preferences(), preference([USER], YES, NO)]


def test_an_old_name_beside_the_new_one_is_left_out() -> None:
    row = preference("a", YES, NO, preferred_completion=NO)
    assert found_in(row, "preference") == [("D611", "preferred_completion")]
    assert fixed([*preferences(), row]) == [*preferences(), preference("a", YES, NO)]


def test_keys_that_are_not_known_are_left_out_of_the_input_too() -> None:
    row = preference("a", [bot("yes", x=1)], NO, y=2) | {"input": {"messages": [USER], "z": 1}}
    assert fixed([*preferences(), row]) == [*preferences(), preference([USER], YES, NO)]


def test_equal_outputs_are_left_out() -> None:
    assert fixed([*preferences(), preference("a", YES, YES)]) == preferences()


def test_what_was_preferred_once_and_not_the_other_time_is_told() -> None:
    row = preferences()[4]
    swapped = {**row, "preferred_output": row["non_preferred_output"], "non_preferred_output": row["preferred_output"]}
    found = look_at([*preferences(), swapped, row])[1]
    assert [(finding.id, finding.line) for finding in found] == [("D101", 302), ("D634", 301)]
    assert "line 5" in found[1].message
    assert fixed([*preferences(), swapped, row]) == [*preferences(), swapped]


def test_rows_without_outputs_are_no_duplicates() -> None:
    broken: list[Row] = [{"input": {"messages": [USER]}}, {"input": {"messages": [USER]}, "preferred_output": None}]
    assert not {"D101", "D634"} & {finding.id for finding in look_at([*preferences(), *broken])[1]}


def test_a_long_preference_is_left_out() -> None:
    long = preference("word " * 90, YES, NO)
    done = mend(source([*preferences(), long]), lambda *_: True, limit=60)
    assert [row for batch in done.source() for row in batch.rows] == preferences()


# --- reinforcement


@pytest.mark.parametrize(("row", "id", "path"), [
    (chat(USER, BOT, answer="4"), "D636", "messages[1]"),
    (chat(USER, BOT), "D636", "messages[1]"),
    (chat("a", answer="4"), "D603", "messages[0]"),
    (chat({**USER, "role": "human"}, answer="4"), "D604", "messages[0].role"),
    (chat(user(None), answer="4"), "D605", "messages[0].content"),
    (chat({**USER, "x": 3}, answer="4"), "D611", "messages[0].x"),
    (chat(user("a"), tools={}, answer="4"), "D621", "tools"),
    (chat(user("a\x00"), answer="4"), "D501", "messages[0].content"),
    ({"messages": [], "answer": "4"}, "D602", "messages"),
])  # fmt: skip
def test_a_flaw_of_a_reinforcement_row_is_told_with_the_path_to_it(row: Row, id: str, path: str) -> None:
    assert found_in(row, "reinforcement") == [(id, path)]


@pytest.mark.parametrize("row", [
    chat(USER, item={"a": [1]}, id=3, functions=3, parallel_tool_calls="x"), chat(USER), chat(USER, grade="\x00"),
    chat(USER, BOT, user("and?"), answer="4"), chat(SYSTEM, USER, tools=None),
])  # fmt: skip
def test_further_keys_are_the_graders_and_are_kept(row: Row) -> None:
    assert found_in(row, "reinforcement") == []
    assert fixed([*asked(), row]) == [*asked(), row]


def test_the_same_question_with_another_answer_is_no_duplicate() -> None:
    row = asked()[5]
    found = look_at([*asked(), {**row, "answer": "x"}, row])[1]
    assert [(finding.id, finding.line) for finding in found] == [("D101", 302)]


def ids(found: Iterable[tuple[str, str | None]]) -> set[str]:
    return {id for id, _ in found}


def test_a_key_that_is_not_known_is_left_out_of_a_message_only() -> None:
    rows = [*asked(), chat({**USER, "x": 3}, answer="4")]
    assert ids(found_in(rows[-1], "reinforcement")) == {"D611"}
    assert fixed(rows) == [*asked(), chat(USER, answer="4")]


def test_pairs_are_still_pairs() -> None:
    assert look_at(pairs(("a", "b")))[0].kind == "prompt_completion"
