"""Rows of every format as questions with the answers that are expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.hosts import written
from openft.capture.questions import Api, Question, Questions, said
from openft.data.training_file import Reading
from openft.errors import ConfigError, DataError

USER = {"role": "user", "content": "hello"}


def read(
    path: Path,
    prompt: str | None = None,
    completion: str | None = None,
    *,
    system: str | None = None,
    api: Api | None = None,
) -> list[Question]:
    return list(Questions(path, Reading(prompt=prompt, completion=completion, system=system), api=api))


def pairs(questions: list[Question]) -> list[tuple[object, str | None]]:
    return [(question.asked.get("prompt"), question.expected) for question in questions]


def test_pairs_are_prompts_with_the_answers_that_are_expected(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [{"prompt": "one", "completion": " 1"}, {"prompt": "two", "completion": 2}])
    assert read(path) == [
        Question(1, 1, {"prompt": "one"}, " 1"),
        Question(2, 2, {"prompt": "two"}, "2"),
    ]


def test_prompts_alone_are_asked_too(tmp_path: Path) -> None:
    assert pairs(read(written(tmp_path / "a.jsonl", [{"prompt": "one"}, {"prompt": "two", "id": 7}]))) == [
        ("one", None),
        ("two", None),
    ]


def test_each_line_of_a_text_is_a_prompt_but_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\n\n두 번째\n", "utf-8")
    assert [(question.line, *pair) for question, pair in zip(read(path), pairs(read(path)), strict=True)] == [
        (1, "one", None),
        (3, "두 번째", None),
    ]


def test_the_last_answer_of_a_conversation_is_expected_and_not_sent(tmp_path: Path) -> None:
    first = {"role": "assistant", "content": "hi", "weight": 0}
    row = {"messages": [USER, first, USER, {"role": "assistant", "content": "bye"}], "tools": [{"type": "function"}]}
    (question,) = read(written(tmp_path / "a.jsonl", [row]))
    assert question.asked == {
        "messages": [USER, {"role": "assistant", "content": "hi"}, USER],
        "tools": [{"type": "function"}],
    }
    assert (question.api, question.expected) == ("chat", "bye")


def test_a_conversation_without_an_answer_is_asked_whole(tmp_path: Path) -> None:
    (question,) = read(written(tmp_path / "a.jsonl", [{"messages": [USER], "grade": 3}]))
    assert (question.asked, question.expected) == ({"messages": [USER]}, None)


@pytest.mark.parametrize("ending", ["output", "completion"])
def test_of_a_preference_the_better_answer_is_expected(ending: str, tmp_path: Path) -> None:
    outputs = {f"{name}_{ending}": [{"role": "assistant", "content": name}] for name in ("preferred", "non_preferred")}
    (question,) = read(written(tmp_path / "a.jsonl", [{"input": {"messages": [USER]}, **outputs}]))
    assert (question.asked, question.expected) == ({"messages": [USER]}, "preferred")


def test_prompts_can_be_asked_as_conversations(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [{"prompt": "hello", "completion": "bye"}])
    (plain,) = read(path, api="chat")
    (told,) = read(path, api="chat", system="Be kind.")
    assert plain == Question(1, 1, {"messages": [USER]}, "bye")
    assert told.asked == {"messages": [{"role": "system", "content": "Be kind."}, USER]}


def test_a_conversation_is_not_asked_as_a_prompt(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 1 is a conversation.*openft prepare FILE --to prompt_completion"):
        read(written(tmp_path / "a.jsonl", [{"messages": [USER]}]), api="completions")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"prompt": 3}, "prompt is a JSON number, not text; write it as text"),
        ({"completion": "b", "messages": 3}, "messages: there is nothing to ask; write what comes before the answer"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "messages: there is nothing to ask; write what"),
        ({"text": "a"}, "prompt is missing; write it as text"),
    ],
)
def test_a_row_that_cannot_be_asked_stays_in_its_place_with_the_reason(
    row: dict[str, object], problem: str, tmp_path: Path
) -> None:
    first, second, third = read(written(tmp_path / "a.jsonl", [{"prompt": "a"}, row, {"prompt": "b"}]))
    assert (first.problem, second.row, third.problem) == (None, 2, None)
    assert str(second.problem).startswith(problem)


def test_rows_that_cannot_be_read_stay_in_their_places(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"prompt": "a"}\n{"prompt": \n{"prompt": "b"}\nno\n')
    found = read(path)
    assert [(question.row, question.line, question.problem is None) for question in found] == [
        (1, 1, True),
        (2, 2, False),
        (3, 3, True),
        (4, 4, False),
    ]
    assert read(path) == found  # as often as it is read


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("rows", "reading", "expected"),
    [
        (("review,label", "good,1", "bad,0"), {}, [("good", "1"), ("bad", "0")]),
        (("id,review,label", "7,good,1"), {"prompt": "review"}, [("good", "1")]),
        (("id,review,label", "7,good,1"), {"prompt": "id: {review}"}, [("id: good", "1")]),
        (("id,a,b", "7,good,1"), {"prompt": "a", "completion": "b"}, [("good", "1")]),
        (("id,a", "7,good"), {"prompt": "a"}, [("good", None)]),
        (("id,a,b", "7,good,1"), {"prompt": "a"}, [("good", None)]),
        (("text,a", "good,7"), {"completion": "a"}, [("good", "7")]),
        (("question", "why?"), {}, [("why?", None)]),
        (("text,answer,label,completion", "a,b,c,d"), {}, [("a", "d")]),
        (("text,answer,label", "a,b,c"), {}, [("a", None)]),
        (("ham,go on", "spam,win", "ham,ok"), {}, [("go on", "ham"), ("win", "spam"), ("ok", "ham")]),
        (("go on,ham", "win,spam", "ok,ham"), {}, [("go on", "ham"), ("win", "spam"), ("ok", "ham")]),
        (("go on,ham", "win,spam", "ok,ham"), {"prompt": "1"}, [("go on", "ham"), ("win", "spam"), ("ok", "ham")]),
        (("go on,ham", "win,spam", "ok,ham"), {"prompt": "2"}, [("ham", None), ("spam", None), ("ham", None)]),
        (("a,b", "go on,ham"), {"completion": "b"}, [("go on", "ham")]),
        (("go on,1", "win,2", "ok,1"), {"completion": "2"}, [("go on", "1"), ("win", "2"), ("ok", "1")]),
        (("go on,1", "win,2", "ok,1"), {"completion": "1"}, [("1", "go on"), ("2", "win"), ("1", "ok")]),
    ],
)
def test_columns_are_found_by_their_names_or_named(
    rows: tuple[str, ...], reading: dict[str, str], expected: list[tuple[str, str | None]], tmp_path: Path
) -> None:
    named = (reading.get(role) for role in ("prompt", "completion"))
    assert pairs(read(table(tmp_path / "a.csv", *rows), *named)) == expected


def test_the_columns_that_were_taken_are_said(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "id,review,label", "7,good,1")
    assert Questions(path, Reading()).notes == [
        "column 'review' is taken for the prompt, 'label' for the expected answer; name the columns if that is wrong"
    ]
    path = table(tmp_path / "b.csv", "id,review", "7,good")
    assert Questions(path, Reading(prompt="review")).notes == [
        "nothing is compared with; name the columns if that is wrong"
    ]


def test_a_doubt_about_the_column_is_told_with_all_of_them(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "a,b,c", "1x,2x,3x")
    with pytest.raises(DataError, match="which column is asked\\? there are a, b, c; name it"):
        read(path)


def test_a_conversation_that_is_broken_is_no_table(tmp_path: Path) -> None:
    (question,) = read(written(tmp_path / "a.jsonl", [{"messages": "hello"}]))
    assert question.problem == "messages: there is nothing to ask; write what comes before the answer"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "hi"}, "hi"),
        ({"content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}, {"type": "image_url"}]}, "hi"),
        ({"content": None, "refusal": "I cannot."}, "I cannot."),
        ({"content": None}, None),
        (
            {"tool_calls": [{"function": {"name": "f", "arguments": '{"b": 1, "a":2}'}}]},
            '[{"arguments": {"a": 2, "b": 1}, "name": "f"}]',
        ),
        ({"function_call": {"name": "f", "arguments": "{"}}, '[{"arguments": "{", "name": "f"}]'),
        ({"tool_calls": [{"function": {"name": "f"}}]}, '[{"arguments": null, "name": "f"}]'),
    ],
)
def test_what_a_message_says(message: dict[str, object], text: str | None) -> None:
    assert said(message) == text
