"""How things look: one bounded line in a terminal, a harmless table in a notebook, hardly any content."""

from __future__ import annotations

import inspect
import pkgutil
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft import types
from openft.display import ROWS, card, line, moment, size, table, words
from openft.types import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChoiceDelta,
    Completion,
    CompletionChoice,
    File,
    FineTune,
    FineTuneEvent,
    FineTuningJob,
    FineTuningJobEvent,
    JobError,
    Model,
    Results,
    StepMetrics,
)
from openft.types._answer import Answer
from openft.types.page import Page

for module in pkgutil.iter_modules(types.__path__, "openft.types."):
    import_module(module.name)


def below(kind: type[Answer]) -> list[type[Answer]]:
    return [each for sub in kind.__subclasses__() for each in (sub, *below(sub))]


ANSWERS = [kind for kind in below(Answer) if kind.__module__.startswith("openft.types.") and "[" not in kind.__name__]
ANYTHING = st.text() | st.text("<>&\"'/\u202e\u2066\x1b\r\n\t\x00\ud800 ab")
TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
SECRET = "SECRET-content"


class Table(HTMLParser):
    """What a browser would make of it: the texts of the cells; any tag but ours is a failure."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert attrs in ([], [("style", "text-align:left")])
        self.open.append(tag)
        if tag in {"caption", "th", "td"}:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self.open[-1] in {"caption", "th", "td"}
        self.cells[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("a processing instruction")


def is_plain(text: str, longest: int) -> bool:
    return len(text) <= longest and text.isprintable()


@given(kind=ANYTHING, fields=st.lists(st.tuples(ANYTHING, ANYTHING | st.integers() | st.floats() | st.none())))
def test_a_card_is_its_texts_and_nothing_else(kind: str, fields: list[tuple[str, Any]]) -> None:
    wanted = [words(kind, 300)]
    for name, value in fields:
        wanted += [words(name, 300), "" if value is None else words(value, 300)]
    assert Table(card(kind, fields)).cells == wanted
    assert all(is_plain(text, 300) for text in wanted)


@given(columns=st.lists(ANYTHING), rows=st.lists(st.lists(ANYTHING | st.none())))
def test_a_table_is_its_texts_and_nothing_else(columns: list[str], rows: list[list[str | None]]) -> None:
    cells = ["all", *columns, *(text for row in rows for text in row)]
    assert Table(table("all", columns, rows)).cells == [words(text or "", 300) for text in cells]


@given(fields=st.lists(st.tuples(st.just("name"), ANYTHING | st.integers() | st.floats() | st.lists(st.text()))))
def test_a_line_is_one_and_bounded(fields: list[tuple[str, Any]]) -> None:
    assert is_plain(line("Kind", fields), 700)


@given(text=ANYTHING)
def test_what_can_be_printed_is_shown_as_it_is(text: str) -> None:
    shown = words(text, 10_000)
    assert is_plain(shown, 10_000)
    if text.isprintable():
        assert shown == text
    else:
        assert "\\" in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("한국어 🙂", "한국어 🙂"),
        ("a\nb\x1b[31m\u202e\ud800", r"a\nb\x1b[31m\u202e\ud800"),
        ("x" * 121, "x" * 119 + "…"),
        ("\n" * 120, "\\n" * 59 + "\\…"),
        (0.1234567, "0.123457"),
        (float("nan"), "nan"),
        (True, "True"),
        (None, "None"),
        (12345678, "12345678"),
        (10**5000, "a number of 16610 bits"),
        ([1], "1 item"),
        ({}, "0 items"),
        (1j, "1j"),
    ],
    ids=range(13),
)
def test_a_value_in_words(value: object, text: str) -> None:
    assert words(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (512 * 10**6, "512.0 MB"),
        (-1500, "-1.5 kB"),
        (10**22, "10000.0 EB"),
    ],
)
def test_a_size_in_words(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1970-01-01 00:00:00 UTC"), (1_760_000_000, "2025-10-09 08:53:20 UTC"), (10**18, str(10**18))],
)
def test_a_moment_in_words(seconds: int, text: str) -> None:
    assert moment(seconds) == text
    assert repr(moment(10**400)) == "a number of 1329 bits"


JOB = FineTuningJob(id="ftjob-1", status="running", model="ada", created_at=1_760_000_000)
LOOKS: list[tuple[object, str]] = [
    (JOB, "FineTuningJob(id='ftjob-1', status='running', model='ada', created_at=2025-10-09 08:53:20 UTC)"),
    (FineTuningJob(id="ftjob-2"), "FineTuningJob(id='ftjob-2')"),
    (
        FineTuningJob(id="ftjob-3", status="failed", error=JobError(code="bad", message="a\nb")),
        r"FineTuningJob(id='ftjob-3', status='failed', error=JobError(code='bad', message='a\nb'))",
    ),
    (
        FineTune(id="ft-1", status="failed", events=[FineTuneEvent(level="error", message="Error: no")]),
        "FineTune(id='ft-1', status='failed', error=JobError(message='no'))",
    ),
    (FineTuningJobEvent(message="hi", data={"a": 1}), "FineTuningJobEvent(level='info', message='hi')"),
    (
        File(id="file-1", filename="a.jsonl", bytes=2500, purpose="fine-tune", status="processed"),
        "File(id='file-1', filename='a.jsonl', bytes=2.5 kB, status='processed', purpose='fine-tune')",
    ),
    (Model(id="ada", owned_by="me", created=60), "Model(id='ada', owned_by='me', created=1970-01-01 00:01:00 UTC)"),
    (Page[File](data=[File(id="f")], has_more=True), "Page[File](data=1 item, has_more=True)"),
    (CompletionChoice(text=" a\nb"), r"CompletionChoice(text=' a\nb', index=0)"),
    (
        ChatCompletionMessage(content="hi", tool_calls=[]),
        "ChatCompletionMessage(role='assistant', content='hi', tool_calls=0 items)",
    ),
    (ChatCompletionMessage(refusal="no"), "ChatCompletionMessage(role='assistant', refusal='no')"),
    (ChoiceDelta(content=" he"), "ChoiceDelta(content=' he')"),
    (Completion(id="c", choices=[CompletionChoice(text=" a\nb")]), r"Completion(id='c', text=' a\nb', choices=1 item)"),
    (Completion(id="c", choices=[CompletionChoice(text="")]), "Completion(id='c', choices=1 item)"),
    (Completion(id="c"), "Completion(id='c', choices=0 items)"),
    (StepMetrics(step=1, training_loss=1 / 3), "StepMetrics(step=1, training_loss=0.333333)"),
    (
        Results(rows=[StepMetrics(step=1), StepMetrics(step=120, training_loss=0.12)], raw=b"SECRET", file_id="file-1"),
        "<Results of file-1: 2 rows, last step 120, training_loss 0.12>",
    ),
    (Results(rows=[StepMetrics(step=7)], raw=b"", file_id="f\n"), r"<Results of f\n: 1 row, last step 7>"),
    (Results(rows=[], raw=b"", file_id="f"), "<Results of f: 0 rows>"),
]


@pytest.mark.parametrize(("thing", "text"), LOOKS, ids=[text for _, text in LOOKS])
def test_a_thing_on_one_line(thing: object, text: str) -> None:
    assert repr(thing) == text
    if not isinstance(thing, FineTuningJobEvent):
        assert f"{thing}" == text


def test_an_event_printed_is_its_message() -> None:
    assert str(FineTuningJobEvent(message="hello")) == str(FineTuneEvent(message="hello")) == "hello"


def filled(kind: type[Answer], text: str) -> Answer:
    """Return an answer with this text in every field that takes one, unknown ones too."""
    fields: dict[str, Any] = {"brand_new": text}
    for name in kind.model_fields:
        for value in (text, {"id": text, "text": text, "deleted": True, "content": text, "data": text}, [text], 5):
            try:
                kind.model_validate({**least(kind), name: value})
            except ValueError:
                continue
            fields[name] = value
            break
    return kind.model_validate({**least(kind), **fields})


def least(kind: type[Answer]) -> dict[str, Any]:
    needed = {"id": "x", "deleted": True, "text": "", "fine_tuned_model": "m", "data": []}
    return {name: needed[name] for name, field in kind.model_fields.items() if field.is_required()}


@pytest.mark.parametrize("kind", ANSWERS)
@given(text=ANYTHING)
def test_any_answer_is_one_bounded_line_and_a_harmless_table(kind: type[Answer], text: str) -> None:
    value: Any = filled(kind, text)
    assert is_plain(repr(value), 700)
    assert len(Table(value._repr_html_()).cells) >= 1
    assert len(value._repr_html_()) < 10_000


CONTENT = {"text", "content", "refusal", "arguments", "input", "transcript", "token", "tokens", "data"}
SAYINGS = {"ChatCompletionMessage", "ChoiceDelta", "CompletionChoice"}
"""What a model said, which is what one looks at them for: shown in short."""


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind.__name__ not in SAYINGS])
def test_no_answer_shows_content_or_what_nobody_knows(kind: type[Answer]) -> None:
    fields = {
        name: value
        for name, value in vars(filled(kind, SECRET)).items()
        if name in CONTENT and value in (SECRET, [SECRET])
    }
    value: Any = kind.model_construct(**{**least(kind), **fields}, brand_new=SECRET)
    assert SECRET not in f"{value!r} {value.__repr_args__()} {value._repr_html_()}"


def test_an_answer_shows_what_its_first_choice_says_in_short() -> None:
    chat = ChatCompletion.model_validate({"id": "c", "choices": [{"message": {"content": "x" * 500}}, {}]})
    assert repr(chat) == f"ChatCompletion(id='c', content='{'x' * 119}…', choices=2 items)"
    assert Table(chat._repr_html_()).cells[3:5] == ["content", "x" * 299 + "…"]
    piece = ChatCompletionChunk.model_validate({"id": "c", "choices": [{"delta": {"content": "hi"}}]})
    assert repr(piece) == "ChatCompletionChunk(id='c', content='hi', choices=1 item)"


def test_the_parts_of_a_chat_answer_show_how_the_message_begins_and_nothing_else() -> None:
    message = {"content": "x" * 500, "tool_calls": [{"id": "call", "function": {"name": "f", "arguments": SECRET}}]}
    choice = ChatCompletion.model_validate({"id": "c", "choices": [{"message": message}]}).choices[0]
    for thing in (choice, choice.message, *(choice.message.tool_calls or [])):
        assert SECRET not in repr(thing) + str(thing) + thing._repr_html_()
    assert f"content='{'x' * 119}…'" in repr(choice.message)
    assert "content='xxx" in repr(choice)
    assert is_plain(repr(choice), 200)


def test_an_answer_that_only_calls_tools_shows_how_many_choices_there_are() -> None:
    answer = ChatCompletion.model_validate({"id": "c", "choices": [{"message": {"tool_calls": [{"id": "call"}]}}]})
    assert repr(answer) == "ChatCompletion(id='c', choices=1 item)"


def test_what_prints_models_by_their_parts_gets_the_short_ones() -> None:
    args = list(JOB.__repr_args__())
    assert [name for name, _ in args] == ["id", "status", "model", "created_at"]
    assert ", ".join(f"{name}={value!r}" for name, value in args) == repr(JOB)[len("FineTuningJob(") : -1]


def test_a_half_made_answer_can_be_looked_at() -> None:
    assert repr(FineTuningJob.model_construct(id="x", status=None)) == "FineTuningJob(id='x')"


def test_a_card_names_its_fields() -> None:
    assert Table(JOB._repr_html_()).cells == [
        "FineTuningJob",
        *("id", "ftjob-1", "status", "running", "model", "ada", "created_at", "2025-10-09 08:53:20 UTC"),
    ]


@pytest.mark.parametrize(
    ("count", "more", "caption", "rows"),
    [
        (0, False, "nothing", 0),
        (3, False, "File: 3", 3),
        (3, True, "File: the first 3 of 3 or more", 3),
        (ROWS, False, f"File: {ROWS}", ROWS),
        (ROWS + 1, False, f"File: the first {ROWS} of {ROWS + 1}", ROWS),
        (100, True, f"File: the first {ROWS} of 100 or more", ROWS),
    ],
)
def test_a_list_is_a_bounded_table(count: int, more: bool, caption: str, rows: int) -> None:
    page = Page[File](data=[File(id=f"file-{number}", filename="a") for number in range(count)], has_more=more)
    html = page._repr_html_()
    assert Table(html).cells[0] == caption
    assert html.count("<tr>") == rows + 1
    if rows:
        assert Table(html).cells[1:5] == ["id", "filename", "bytes", "file-0"]


def test_a_list_of_what_has_no_looks_has_no_rows() -> None:
    assert Table(Page[int](data=[1, 2])._repr_html_()).cells == ["int: the first 0 of 2"]


def test_results_are_a_table_of_their_last_rows() -> None:
    rows = [StepMetrics(step=number, classification={"accuracy": 0.5}) for number in range(1, 41)]
    cells = Table(Results(rows=rows, raw=b"", file_id="file-<1>")._repr_html_()).cells
    assert cells[:5] == ["file-<1>: the last 20 of 40 rows", "step", "accuracy", "21", "0.5"]
    assert cells[-2:] == ["40", "0.5"]


def test_all_kinds_of_answers_were_looked_at() -> None:
    exported = {kind for kind in vars(types).values() if inspect.isclass(kind) and issubclass(kind, Answer)}
    assert exported <= set(ANSWERS)
    assert len(ANSWERS) > 40
