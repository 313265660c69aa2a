"""Training data in another format, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.batches import Row, good, pairs
from data.batches import source as batches
from data.talks import BOT, SYSTEM, USER, bot, chat, look_at, preference, user
from openft.data.converting import convert
from openft.data.reading.readers import open_rows
from openft.data.reading.source import Source
from openft.data.rows import Kind, check_row
from openft.errors import DataError


def source_of(rows: list[Row], **more: Any) -> Source:
    return Source("data.jsonl", "jsonl", lambda _: iter(batches(rows)()), **more)


def rows_of(source: Source) -> list[Row]:
    return [row for batch in source for row in batch.rows]


def converted(rows: list[Row], to: Kind, **how: Any) -> list[Row]:
    return rows_of(convert(source_of(rows), to, **how))


def refusal(rows: list[Row], to: Kind, **how: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        converted(rows, to, **how)
    assert caught.value.file == "data.jsonl"
    assert caught.value.reason.isprintable()
    return caught.value


def lines_of(rows: list[Row], to: Kind) -> tuple[list[int], list[int]]:
    """Return the lines of what is made, and of what is refused."""
    refused: list[int] = []
    made = convert(source_of(rows, bad=lambda finding: refused.append(finding.line or 0)), to)
    return [line for batch in made for line in batch.lines], refused


PAIRS = pairs(*((f"text {n}\n\n###\n\n", f" answer {n} END") for n in range(20)))
CHATS = [chat(user(f"text {n}"), bot(f"answer {n}")) for n in range(20)]


# --- pairs to chat


def test_marks_and_the_space_go_where_pairs_become_chats() -> None:
    assert converted(PAIRS, "chat") == CHATS
    assert converted(PAIRS, "chat", system="be kind")[0] == chat(SYSTEM, *CHATS[0]["messages"])  # type: ignore[misc]


def test_what_is_taken_off_is_noted() -> None:
    source = source_of(PAIRS)
    rows_of(convert(source, "chat"))
    assert [(note.id, note.column) for note in source.notes] == [("D020", "prompt"), ("D020", "completion")]
    assert r"'\n\n###\n\n'" in source.notes[0].message


def test_marks_that_are_given_are_taken_off_where_they_are() -> None:
    rows = pairs(("a ->", " b."), ("c", " d"))
    assert converted(rows, "chat", separator=" ->", stop=".") == [chat(user("a"), bot("b")), chat(user("c"), bot("d"))]
    assert converted(rows, "chat", separator="", stop="")[0] == chat(user("a ->"), bot("b."))


def test_one_mark_may_be_given_and_the_other_recognised() -> None:
    source = source_of(PAIRS)
    assert rows_of(convert(source, "chat", stop=""))[0] == chat(user("text 0"), bot("answer 0 END"))
    assert [note.column for note in source.notes] == ["prompt"]


def test_natural_endings_are_kept() -> None:
    rows = pairs(*((f"{n}은 짝수입니까?", f" {n}입니다.") for n in range(20)))
    assert converted(rows, "chat")[1] == chat(user("1은 짝수입니까?"), bot("1입니다."))


def test_a_pair_without_a_prompt_is_an_answer_alone() -> None:
    assert converted(pairs(("", " a"), (" ", " b")), "chat", separator="") == [chat(bot("a")), chat(bot("b"))]


@pytest.mark.parametrize(("row", "says"), [
    ({"prompt": "a"}, "completion is missing"), ({"prompt": 3, "completion": "b"}, "prompt is a JSON number, not text"),
    ({"prompt": "a", "completion": " END"}, "completion is empty"),
    ({"prompt": "a", "completion": "b", "id": 1}, "id has no place in the other format"),
])  # fmt: skip
def test_a_row_that_is_no_pair_is_refused_with_its_line(row: Row, says: str) -> None:
    error = refusal([*PAIRS, row], "chat", stop=" END")
    assert (error.line, error.reason[: len(says)]) == (21, says)


def test_refused_rows_are_told_and_the_others_made() -> None:
    assert lines_of([PAIRS[0], {"prompt": "a", "completion": 3}, PAIRS[1]], "chat") == ([1, 3], [2])


def test_batches_of_refused_rows_only_are_left_out() -> None:
    assert lines_of([{"prompt": "a", "completion": 3}] * 8, "chat") == ([], list(range(1, 9)))


# --- chat to pairs


def test_a_question_and_its_answer_become_a_pair() -> None:
    assert converted(CHATS, "prompt_completion")[3] == {"prompt": "text 3\n\n###\n\n", "completion": " answer 3\n"}


def test_marks_are_chosen_that_are_in_no_text() -> None:
    rows = [*CHATS, chat(user("a\n\n###\n\nb"), bot("c\nd END")), chat(user("\n\n===\n\n"), bot("e"))]
    assert converted(rows, "prompt_completion")[0] == {"prompt": "text 0\n\n---\n\n", "completion": " answer 0***"}


def test_marks_that_are_given_are_put_behind() -> None:
    [row, *_] = converted(CHATS, "prompt_completion", separator=" ->", stop="")
    assert row == {"prompt": "text 0 ->", "completion": " answer 0"}
    assert converted(CHATS, "prompt_completion", stop=".")[0]["completion"] == " answer 0."


def test_where_every_mark_is_within_a_text_one_is_to_be_chosen() -> None:
    from openft.data.converting import _USUAL

    rows = [*CHATS, chat(user("".join(_USUAL)), bot("a"))]
    assert "choose one with separator=" in refusal(rows, "prompt_completion").reason
    assert converted(rows, "prompt_completion", separator="@")[-1]["prompt"].endswith("@")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("messages", "prompt"), [
    ([SYSTEM, USER, BOT], "be kind\n\nhello"),
    ([SYSTEM, BOT], "be kind"),
    ([BOT], ""),
    ([USER, user("well?"), BOT], "User: hello\nUser: well?"),
    ([{**SYSTEM, "role": "developer"}, USER, bot("no", weight=0), user("and?"), BOT],
     "be kind\n\nUser: hello\nAssistant: no\nUser: and?"),
    ([user([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), BOT], "ab"),
])  # fmt: skip
def test_how_a_conversation_is_laid_out(messages: list[Row], prompt: str) -> None:
    rows = converted([chat(*messages)], "prompt_completion", separator="@", stop="")
    assert rows == [{"prompt": f"{prompt}@", "completion": " hi"}]


def test_each_answer_that_is_learned_makes_a_row_with_the_line_of_the_conversation() -> None:
    talk = chat(USER, bot("one"), user("and?"), bot("two", weight=1))
    source = convert(source_of([*CHATS, talk]), "prompt_completion", separator="@", stop="")
    last = list(source)[-1]
    assert list(last.lines)[-2:] == [21, 21]
    assert last.rows[-2:] == pairs(("hello@", " one"), ("User: hello\nAssistant: one\nUser: and?@", " two"))


def test_a_conversation_that_would_grow_beyond_measure_is_refused() -> None:
    talk = chat(*[user("x" * 1000), bot("y" * 1000)] * 150)
    assert "make several rows of them" in refusal([talk], "prompt_completion").reason


@pytest.mark.parametrize(("row", "says"), [
    (chat(USER), "the conversation does not end with an answer"),
    (chat(USER, BOT, USER), "the conversation does not end with an answer"),
    (chat(USER, bot("a", weight=0)), "none of its answers is learned"),
    (chat("a", BOT), "messages[0] is a JSON string, not a message"),
    (chat({"role": "tool", "content": "3", "tool_call_id": "c"}, BOT), "messages[0] is of the role 'tool'"),
    (chat({"content": "3"}, BOT), "messages[0] is of the role 'null'"),
    (chat(USER, bot("a", tool_calls=[])), "messages[1].tool_calls cannot be said in a text"),
    (chat({**USER, "name": "ann"}, BOT), "messages[0].name cannot be said in a text"),
    (chat(user([{"type": "image_url"}]), BOT), "messages[0].content is not text only"),
    (chat(user(None), BOT), "messages[0].content is not text only"),
    (chat(USER, bot(" ")), "messages[1].content is empty"),
    (chat(USER, SYSTEM, BOT), "a system message that is not the first one"),
    (chat(SYSTEM, SYSTEM, BOT), "a system message that is not the first one"),
    (chat(USER, BOT, tools=[{}]), "tools has no place in the other format"),
])  # fmt: skip
def test_what_cannot_be_said_in_a_pair_is_refused_with_its_line(row: Row, says: str) -> None:
    error = refusal([*CHATS, row], "prompt_completion")
    assert error.line == 21
    assert error.reason.startswith(says)


def test_a_system_message_that_is_known_is_left_out() -> None:
    rows = [chat(SYSTEM, *row["messages"]) for row in CHATS]  # type: ignore[misc]
    assert converted(rows, "prompt_completion", system="be kind") == converted(CHATS, "prompt_completion")
    assert "is not the system message 'be kind'" in refusal(CHATS, "prompt_completion", system="be kind").reason
    other = chat({**SYSTEM, "content": "be short"}, USER, BOT)
    assert refusal([*rows, other], "prompt_completion", system="be kind").line == 21


# --- to preferences


@pytest.mark.parametrize(("row", "made"), [
    ({"prompt": "a", "chosen": "b", "rejected": "c"}, preference("a", [bot("b")], [bot("c")])),
    ({"prompt": [SYSTEM, USER], "chosen": [BOT], "rejected": "c"}, preference([SYSTEM, USER], [BOT], [bot("c")])),
    ({"prompt": "hello", "chosen": [USER, BOT], "rejected": [USER, bot("c")]}, preference([USER], [BOT], [bot("c")])),
    ({"chosen": [USER, BOT], "rejected": [USER, bot("c")]}, preference([USER], [BOT], [bot("c")])),
])  # fmt: skip
def test_a_chosen_and_a_rejected_answer_become_a_preference(row: Row, made: Row) -> None:
    assert converted([row], "preference") == [made]
    assert check_row(made) == "preference"


@pytest.mark.parametrize(("row", "says"), [
    ({"prompt": "a", "chosen": "b", "rejected": "b"}, "both answers are the same"),
    ({"prompt": "a", "chosen": "b", "rejected": " "}, "rejected is empty"),
    ({"prompt": "a", "chosen": 3, "rejected": "c"}, "chosen is a JSON number"),
    ({"chosen": "b", "rejected": "c"}, "prompt is a JSON null"),
    ({"prompt": "a", "chosen": [BOT, BOT], "rejected": "c"}, "an answer is one message of the assistant"),
    ({"prompt": "a", "chosen": [USER], "rejected": "c"}, "an answer is one message of the assistant"),
    ({"prompt": "a", "chosen": ["x"], "rejected": "c"}, "an answer is one message of the assistant"),
])  # fmt: skip
def test_what_is_no_preference_is_refused(row: Row, says: str) -> None:
    good: Row = {"prompt": "a", "chosen": "b", "rejected": "c"}
    error = refusal([good, row], "preference")
    assert (error.line, error.reason[: len(says)]) == (2, says)


def test_columns_that_have_no_place_are_noted() -> None:
    source = source_of([{"prompt": "a", "chosen": "b", "rejected": "c", "margin": 1, "id": 3}])
    assert len(rows_of(convert(source, "preference"))) == 1
    assert [(note.id, note.message[-10:]) for note in source.notes] == [("D021", "id, margin")]


@pytest.mark.parametrize(("column", "good", "bad"), [
    ("score", 0.5, -1), ("score", "3", "2.5"), ("label", "better", "worse"), ("label", True, False),
    ("rating", "Good ", "BAD"), ("rank", 1, 2), ("label", "1", "0"),
])  # fmt: skip
def test_two_answers_with_scores_become_a_preference(column: str, good: object, bad: object) -> None:
    made = preference("a", [bot("b")], [bot("c")])
    first: Row = {"prompt": "a", "completion": "b", column: good}
    second: Row = {"prompt": "a", "completion": "c", column: bad}
    for rows in ([first, second], [second, first]):
        source = convert(source_of(rows), "preference")
        assert [(list(batch.lines), batch.rows) for batch in source] == [([2], [made])]
        assert rows_of(source) == [made]  # a second time


@pytest.mark.parametrize(("rows", "refused"), [
    ([("a", "b", 1)], [1]),
    ([("a", "b", 1), ("a", "c", 1)], [2, 1]),
    ([("a", "b", 1), ("a", "b", 2)], [2, 1]),
    ([("a", "b", 1), ("a", "c", 2), ("a", "d", 3)], [3]),
    ([("a", "b", 1), ("a", "c", "high"), ("a", "d", 0)], [2]),
    ([("a", "b", 1), ("a", "c", None), ("a", "d", 0)], [2]),
    ([("a", "b", 1), ("a", "c", [1]), ("a", "d", "nan")], [2, 3, 1]),
    ([("a", "b", 1), (3, "c", 1), ("a", 4, 1), ("a", "d", 0)], [2, 3]),
])  # fmt: skip
def test_no_judged_row_is_lost_in_silence(rows: list[tuple[object, object, object]], refused: list[int]) -> None:
    data: list[Row] = [{"prompt": prompt, "completion": text, "score": score} for prompt, text, score in rows]
    made, told = lines_of(data, "preference")
    assert told == refused
    assert len(rows) == len(told) + 2 * len(made)


# --- ways that there are not


@pytest.mark.parametrize(("rows", "to"), [
    (CHATS, "preference"), (PAIRS, "reinforcement"), ([preference("a", [BOT], [bot("b")])], "chat"), ([], "chat"),
    ([{"prompt": "a", "chosen": "b", "rejected": "c"}], "chat"),
])  # fmt: skip
def test_where_there_is_no_way_that_is_said(rows: list[Row], to: Kind) -> None:
    assert f"cannot be made {to}" in refusal(rows, to).reason


def test_what_is_in_the_format_stays_as_it_is() -> None:
    source = source_of(CHATS)
    assert convert(source, "chat") is source


def test_a_file_keeps_its_name_its_lines_and_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n\n".join(json.dumps(row) for row in PAIRS) + "\n", "utf-16")
    source = convert(open_rows(path), "chat")
    [batch] = source
    assert (batch.file, source.file, list(batch.lines)) == (str(path), str(path), list(range(1, 41, 2)))
    assert (source.encoding, source.header, batch.raw) == ("utf-16-le", ["messages"], None)


# --- there and back

TEXT = st.text(st.sampled_from("ab \n#=>-*END.:\u3000한"), min_size=1, max_size=12).filter(str.strip)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6), st.one_of(st.none(), TEXT))
def test_conversations_come_back_as_they_were(talks: list[tuple[str, str]], system: str | None) -> None:
    first = [] if system is None else [{"role": "system", "content": system}]
    rows = [chat(*first, user(question), bot(answer)) for question, answer in talks]
    there = converted(rows, "prompt_completion", system=system)
    assert all(check_row(row) == "prompt_completion" for row in there)
    assert converted(there, "chat", system=system) == rows


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_pairs_come_back_as_they_were(texts: list[tuple[str, str]]) -> None:
    rows = pairs(*((f"{prompt} =>", f" {completion}$") for prompt, completion in texts))
    there = converted(rows, "chat", separator=" =>", stop="$")
    assert converted(there, "prompt_completion", separator=" =>", stop="$") == rows


def test_what_is_made_of_good_pairs_is_a_good_chat() -> None:
    assert look_at(converted(good(), "chat"))[1] == []
