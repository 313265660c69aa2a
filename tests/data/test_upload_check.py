"""Checking training files as bytes."""

from __future__ import annotations

import io
import itertools
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft.data import Checked, UploadCheck, check_file, open_rows
from openft.data.reading.jsonlines import row_of
from openft.data.rows import MAX_LINE_BYTES, check_row, refuse_long, refuse_mixture
from openft.errors import DataError

GOOD = b'{"prompt": "a ->", "completion": " b"}\n'
USER = {"role": "user", "content": "hello"}
BOT = {"role": "assistant", "content": "hi"}
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
CHAT = json.dumps({"messages": [USER, BOT]}).encode() + b"\n"


def check(*chunks: bytes) -> Checked:
    """Feed the chunks and finish."""
    checker = UploadCheck()
    for chunk in chunks:
        checker.feed(chunk)
    return checker.finish()


def refusal(*chunks: bytes) -> DataError:
    """Return the error that the chunks meet."""
    with pytest.raises(DataError) as caught:
        check(*chunks)
    return caught.value


def row(**keys: object) -> bytes:
    """Return one line of JSON."""
    return json.dumps(keys).encode() + b"\n"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (GOOD, "prompt_completion"),
        (row(prompt="", completion=" open-ended"), "prompt_completion"),
        (CHAT, "chat"),
        (row(messages=[USER, BOT, USER]), "chat"),
        (row(messages=[USER], answer="42"), "reinforcement"),
        (row(messages=[USER, BOT, USER], answer="42"), "reinforcement"),
        (row(messages=[{"role": role, "content": ""} for role in ROLES]), "chat"),
        (row(input={"messages": [USER]}, preferred_output=[BOT], non_preferred_output=[BOT]), "preference"),
        (row(input={"messages": [USER]}, preferred_completion=[BOT], non_preferred_completion=[BOT]), "preference"),
    ],
)
def test_each_format_is_recognised(line: bytes, kind: str) -> None:
    assert check(line, line) == Checked(rows=2, kind=kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.rstrip(),
        GOOD.replace(b"\n", b"\r\n"),
        b"\n \n" + GOOD + b"\r\n\n",
        b"\xef\xbb\xbf" + GOOD,
        '{"prompt": "line\u2028separator\x85", "completion": " ok"}'.encode(),
        b'{"prompt": "\\ud83d\\ude00", "completion": " smile"}',
        b'{"prompt": "' + rb"\"a\\" * 900_000 + b'", "completion": " b"}',
        b'{"prompt": "\xf0\x9f\x98\x80", "completion": " \xed\x95\x9c"}',
    ],
)
def test_harmless_bytes_are_let_through(content: bytes) -> None:
    assert check(content).rows == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"[1]", "a JSON array, not an object: [1]"),
        (b"3", "a JSON number"),
        (b"null", "a JSON null"),
        (b'{"prompt": "a"', "not valid JSON (Expecting ',' delimiter at character 15)"),
        (b"[" * 100_000, "nested more than 64 levels"),
        (row(messages=[USER], x=1).replace(b"1", b"[" * 70 + b"]" * 70), "nested more than 64 levels"),
        (
            b'{"prompt": "a", "completion": ' + b"9" * 5000 + b"}",
            "a number that JSON does not have or that is too long",
        ),
        (b'{"prompt": "a", "completion": NaN}', "a number that JSON does not have"),
        (b'{"prompt": "a", "completion": "\\ud800"}', "half a surrogate pair"),
        (b'{"prompt": "\xb0\xa1"}', "byte 13 of the line is not UTF-8"),
        (b"\x1f\x8b\x08\x00", "do not compress it"),
        (b'{"prompt": ' + b"[" * 500 + b"]" * 500 + b"}", "nested more than 64 levels"),
        (b'{"prompt": "a", "prompt": "b", "completion": "c"}', "key 'prompt' is there twice; keep one of them"),
        (row(messages=[USER], answer=1).replace(b"1", b"1e999"), "a number too large for a float"),
        (b'{"messages": [' + b"0," * (1 << 21) + b"0]}", "more than 524,288 commas and brackets: {"),
        (b'{"prompt": "a"}', "completion is missing: prompt: a;"),
        (b'{"completion": "a"}', "prompt is missing"),
        (b'{"prompt": null, "completion": "a"}', "prompt is a JSON null, not text"),
        (b'{"prompt": "a", "completion": 1}', "completion is a JSON number, not text"),
        (b'{"prompt": "a", "completion": {}}', "completion is a JSON object, not text"),
        (b'{"prompt": "a", "completion": ""}', "completion is empty"),
        (b'{"prompt": "a", "completion": "b", "id": 1}', "unexpected id beside prompt and completion"),
        (b"{}", "unknown format, with the keys none"),
        (b'{"text": "a", "label": "b"}', "unknown format, with the keys text, label"),
        (b'{"messages": []}', "messages: list should have at least 1 item"),
        (b'{"messages": "hello"}', "messages: input should be a valid list"),
        (b'{"messages": ["hello"]}', "messages.0: input should be"),
        (row(messages=[USER, {"role": "assistant", "weight": 2}]), "messages.1.weight: "),
        (row(messages=[USER, BOT], answer="42"), "answer: extra inputs are not permitted (read as a chat row"),
        (row(input={"messages": [USER]}, preferred_output=[BOT]), "non_preferred_output: field required"),
        (row(messages=[USER, {**BOT, "role": "asistant"}]), "messages.1.role is 'asistant'; write 'assistant'"),
        (row(messages=[{**USER, "role": "USER"}, BOT]), "messages.0.role is 'USER'; write 'user'"),
        (row(messages=[{**USER, "role": "asistant"}], answer="42"), "messages.0.role is 'asistant'; write 'assistant'"),
        (
            row(messages=[{**USER, "role": "human\x1b"}, BOT]),
            "messages.0.role is 'human\\x1b'; write system, developer, user, assistant, tool or function",
        ),
        (
            row(input={"messages": [USER]}, preferred_output=[BOT], non_preferred_output=[{**BOT, "role": "assitant"}]),
            "non_preferred_output.0.role is 'assitant'; write 'assistant'",
        ),
        (CHAT, "a chat row among prompt_completion rows"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_the_reason(line: bytes, says: str) -> None:
    error = refusal(GOOD, b"\n", line)
    assert error.line == 3
    assert says in error.reason
    assert str(error) == f"line 3: {error.reason}"


@pytest.mark.parametrize("bad", [row(messages=[USER]), row(messages=[USER, USER], tools=[])])
def test_a_chat_row_without_an_answer_is_refused_among_others(bad: bytes) -> None:
    error = refusal(CHAT, b"\n", bad)
    assert "a reinforcement row among chat rows" in error.reason
    assert "a chat row needs an assistant message to learn from" in error.reason


def test_prompts_alone_are_for_reinforcement() -> None:
    assert check(row(messages=[USER]), b"\n", row(messages=[USER], answer="42")).kind == "reinforcement"


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n", b"\xef\xbb\xbf"])
def test_a_file_without_rows_is_refused_as_a_whole(content: bytes) -> None:
    error = refusal(content)
    assert error.line is None
    assert "no rows" in error.reason


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [USER] * 10_001},
        {"input": {"messages": [USER] * 10_001}, "preferred_output": [BOT], "non_preferred_output": [BOT]},
        {"input": {"messages": [USER]}, "preferred_output": [BOT] * 10_001, "non_preferred_output": [BOT]},
        {"input": {"messages": [USER]}, "preferred_output": [BOT], "non_preferred_completion": [BOT] * 10_001},
    ],
)
def test_more_messages_than_any_model_reads_are_refused_before_they_are_looked_at(row: dict[str, object]) -> None:
    error = refusal(json.dumps(row).encode())
    assert error.reason.startswith("more than 10,000 messages: ")


def test_of_many_faults_in_one_list_the_first_is_told() -> None:
    error = refusal(row(messages=[USER], tools=[0] * 100_000))
    assert error.reason.startswith("tools.0: input should be a valid dictionary")


def test_excerpts_are_short_and_hold_nothing_that_a_terminal_obeys() -> None:
    error = refusal(b"\x1b[2J\xe2\x80\xae" + b"x" * 1000)
    assert error.reason.isprintable()
    assert "\\x1b[2J\\u202exxx" in error.reason
    assert len(error.reason) < 200


@pytest.mark.parametrize("filler", [b"x", b" "])
def test_a_line_without_end_is_refused_once_it_is_too_long(filler: bytes) -> None:
    checker = UploadCheck()
    checker.feed(GOOD)
    for _ in range(16):
        checker.feed(filler * (1 << 20))
    with pytest.raises(DataError, match="line 2: longer than 16 MiB"):
        checker.feed(filler)


def test_a_mark_before_the_longest_line_does_not_count() -> None:
    row = b'{"prompt": "", "completion": "%s"}'
    longest = b"\xef\xbb\xbf" + row % (b"x" * (MAX_LINE_BYTES - len(row) + 2))
    assert check(longest[:-2], longest[-2:]).rows == 1
    assert refusal(longest[:-2], b"x", longest[-2:]).line == 1


def test_a_whole_line_in_one_chunk_is_refused_when_it_is_too_long() -> None:
    error = refusal(GOOD + b'{"prompt": "' + b"x" * (16 << 20) + b'", "completion": " b"}\n' + GOOD)
    assert (error.line, error.reason[:20]) == (2, "longer than 16 MiB: ")


LINES = st.lists(
    st.sampled_from(
        [
            GOOD,
            CHAT,
            b"\n",
            b"\r\n",
            b"{\n",
            b'{"prompt": "", "completion": 7}\n',
            '{"prompt": "질문", "completion": " 답\u2028"}\n'.encode(),
            b"\xff\n",
            b"\xef\xbb\xbf",
            b'{"prompt": "a", "prompt": "b", "completion": "c"}\n',
            b'{"prompt": "a", "completion": "\\ud83d"}\n',
            b'{"prompt": "\\"a\\\\", "completion": "\\u0000"}\r\n',
            b'{"prompt": "a", "completion": ""}\n',
            b'{"prompt": "a", "completion": 1e999}\n',
            b'{"prompt": "a"}, {"completion": "b"}\n',
            b'{"prompt": "a", "completion": "b", "id": null}\n',
            b'{"messages": [{"role": "user", "content": "a"}]}\n',
            b'{"messages": [{"role": "assistant", "content": null}]}\n',
            b'{"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]}\n',
            b'{"messages": [{"role": "asistant", "content": "a"}, {"role": "assistant", "content": "b"}]}\n',
            b'{"messages": [{"role": [], "content": "a"}]}\n',
            b'{"messages": [{"content": "a"}]}\n',
            b'{"messages": [{"role": "assistant", "content": "a", "weight": 2}]}\n',
            b'{"messages": [{"role": "assistant", "content": "a", "weight": 0}]}\n',
            b'{"messages": [{"role": "assistant"}], "answer": 1}\n',
            b'{"messages": [1]}\n',
            b'{"messages": []}\n',
            b'{"messages": {}}\n',
            b"[" * 70 + b"]" * 70 + b"\n",
            b'{"prompt": "a", "completion": [\n',
            b"]}\n",
        ]
    ),
    max_size=8,
)


def line_by_line(content: bytes) -> object:
    """Return what a check has to say, having looked at one line after the other."""
    kinds = []
    for number, line in enumerate(content.split(b"\n"), 1):
        raw = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        try:
            refuse_long(raw)
            if raw and not raw.isspace():
                row = row_of(raw)
                kinds.append(check_row(row))
                refuse_mixture(kinds[-1], kinds[0], row)
        except DataError as error:
            return f"line {number}: {error.reason}"
    return Checked(len(kinds), kinds[0]) if kinds else "the file has no rows; write one JSON object per line"


def outcome(*chunks: bytes) -> object:
    """Return what a check says, comparably."""
    try:
        return check(*chunks)
    except DataError as error:
        return str(error)


@given(LINES, st.lists(st.integers(0, 600), max_size=8))
def test_lines_are_judged_alike_one_by_one_and_together_wherever_they_are_cut(
    lines: list[bytes], cuts: list[int]
) -> None:
    content = b"".join(lines)
    places = sorted({min(cut, len(content)) for cut in cuts} | {0, len(content)})
    chunks = [content[start:end] for start, end in itertools.pairwise(places)]
    assert outcome(*chunks) == outcome(content) == line_by_line(content)


@given(st.binary(max_size=60), st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=3)), max_size=3))
def test_any_bytes_among_good_lines_are_judged_alike(content: bytes, changes: list[tuple[int, bytes]]) -> None:
    spoilt = GOOD * 3 + content + b"\n" + CHAT
    for place, change in changes:
        spoilt = spoilt[:place] + change + spoilt[place + len(change) :]
    assert outcome(spoilt) == line_by_line(spoilt)
    assert outcome(content) == line_by_line(content)


@pytest.mark.parametrize("first", [1, 2, 3, 5])
@pytest.mark.parametrize("cut", [1, 7, 40, 10_000])
def test_only_the_first_rows_are_checked_where_that_is_asked_for(first: int, cut: int) -> None:
    checker = UploadCheck(first=first)
    content = b"\xef\xbb\xbf" + GOOD + b"\n" + GOOD * (first - 1) + b"{oops"
    for start in range(0, len(content), cut):
        checker.feed(content[start : start + cut])
    assert (checker.finish(), checker.enough) == (Checked(first, "prompt_completion"), True)


def test_a_bad_line_among_the_first_rows_is_refused() -> None:
    checker = UploadCheck(first=2)
    with pytest.raises(DataError, match="line 2: not valid JSON"):
        checker.feed(GOOD + b"{oops\n" + GOOD)


def test_a_file_of_which_the_first_rows_are_asked_for_is_not_read_on(tmp_path: Path) -> None:
    content = io.BytesIO(GOOD * 100_000 + b"{oops")
    assert check_file(content, first=1000) == Checked(1000, "prompt_completion")
    assert content.tell() == 1 << 20
    (tmp_path / "a.jsonl").write_bytes(GOOD + b"{oops")
    assert check_file(tmp_path / "a.jsonl", first=1).rows == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_accepted_or_refused_with_a_data_error(value: object) -> None:
    for key in ("prompt", "messages", "input"):
        outcome(json.dumps({key: value, "completion": value}).encode())
        outcome(json.dumps({key: value}).encode())


def test_a_file_is_checked_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(GOOD * 3)
    assert check_file(path) == Checked(3, "prompt_completion")


def test_an_open_file_is_checked_from_where_it_stands() -> None:
    file = io.BytesIO(b"not this\n" + GOOD)
    file.readline()
    assert check_file(file).rows == 1


@pytest.mark.parametrize(("name", "shown"), [(None, "{path}"), ("mine.jsonl", "mine.jsonl")])
def test_errors_carry_the_files_name_and_line(tmp_path: Path, name: str | None, shown: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(GOOD + b"oops")
    shown = shown.format(path=path)
    with pytest.raises(DataError) as caught:
        check_file(path, name=name)
    assert (caught.value.file, caught.value.line) == (shown, 2)
    assert str(caught.value).startswith(f"{shown}:2: not valid JSON")


def test_a_file_that_cannot_be_opened_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing.jsonl: cannot be read: no such file or directory"):
        check_file(tmp_path / "missing.jsonl")


@pytest.mark.skipif(sys.platform != "linux", reason="the file is one of Linux")
def test_a_file_whose_reading_fails_is_a_data_error() -> None:
    with pytest.raises(DataError, match="cannot be read: ") as caught:
        check_file(Path("/proc/self/mem"))  # a regular file of which the first page cannot be had
    assert caught.value.file == "/proc/self/mem"


TEXT = "".join(["a, ", chr(34), "b", chr(92), chr(92), chr(34), " [c], "]) * 300_000
"""Of more commas and brackets than a row may have outside its texts."""


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        (json.dumps({"prompt": "a", "completion": TEXT}), True),
        (json.dumps({"prompt": "a", "completion": "b", "more": [0] * 530_000}), False),
        (json.dumps({"prompt": "a", "completion": "b", "more": [[]] * 270_000}), False),
        (json.dumps({"prompt": "a", "completion": "b", "more": ["a,"] * 530_000}), False),
    ],
    ids=["in-a-text", "numbers", "lists", "texts"],
)
def test_a_row_of_many_commas_is_refused_by_the_reader_as_by_the_upload(
    tmp_path: Path, line: str, passes: bool
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(line + "\n")
    if passes:
        assert check_file(path).rows == 1
        assert sum(len(batch.rows) for batch in open_rows(path)) == 1
        return
    with pytest.raises(DataError, match="more than 524,288 commas and brackets"):
        check_file(path)
    with pytest.raises(DataError, match="more than 524,288 commas and brackets"):
        list(open_rows(path))
