"""Reading and writing training records."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft.data import check_file, encode_records, read_jsonl, write_jsonl
from openft.errors import DataError
from openft.types.records import (
    ChatExample,
    ChatMessage,
    PreferenceExample,
    PreferenceInput,
    PromptCompletion,
    ReinforcementExample,
    TrainingRecord,
)

PAIR = PromptCompletion(prompt="질문 ->", completion=" a/b\u2028")
USER = ChatMessage(role="user", content="hello")
BOT = ChatMessage(role="assistant", content=None, tool_calls=[{"id": "call_1"}])  # type: ignore[call-arg]
RECORDS: list[TrainingRecord] = [
    PAIR,
    ChatExample(messages=[USER, BOT], tools=[{"type": "function"}]),
    PreferenceExample(input=PreferenceInput(messages=[USER]), preferred_output=[BOT], non_preferred_output=[USER]),
    ReinforcementExample(messages=[USER], answer=[1, 2.5, None]),  # type: ignore[call-arg]
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_written_record_reads_back_equal(tmp_path: Path, record: TrainingRecord) -> None:
    path = tmp_path / "train.jsonl"
    assert write_jsonl(path, [record, record]) == 2
    assert list(read_jsonl(path)) == [record, record]
    assert check_file(path).rows == 2


@given(st.lists(st.tuples(st.text(), st.text(min_size=1)), max_size=5))
def test_any_texts_read_back_equal(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("any") / "train.jsonl"
    records = [PromptCompletion(prompt=prompt, completion=completion) for prompt, completion in pairs]
    write_jsonl(str(path), records)
    assert list(read_jsonl(str(path))) == records


def test_lines_are_utf8_with_nothing_escaped_that_need_not_be() -> None:
    assert b"".join(encode_records([PAIR])) == '{"prompt": "질문 ->", "completion": " a/b\u2028"}\n'.encode()


def test_plain_mappings_are_records_too() -> None:
    row = MappingProxyType({"prompt": "a", "completion": " b"})
    assert list(encode_records([row])) == [b'{"prompt": "a", "completion": " b"}\n']


def test_old_key_names_of_preference_rows_are_written_in_their_new_form() -> None:
    old = {"input": {"messages": [{"role": "user", "content": "x"}]}}
    answer = [{"role": "assistant", "content": "y"}]
    (line,) = encode_records([old | {"preferred_completion": answer, "non_preferred_completion": answer}])
    assert b'"preferred_output": [' in line
    assert b'"non_preferred_output": [' in line


def nested(depth: int) -> Any:
    """Return lists in lists."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"prompt": "a", "completion": ""}, "completion is empty"),
        ({"prompt": "a", "completion": " \udc00"}, "half a surrogate pair in a text: prompt: a, completion:  \\udc00"),
        ({"messages": [{"role": "user"}], "x": math.nan}, "not JSON (Out of range float values"),
        ({"messages": [{"role": "user"}], "x": {1, 2}}, "not JSON (Object of type set"),
        ({"messages": [{"role": "user"}], "x": nested(5000)}, "nested more than 64 levels"),
        ({"messages": [{"role": "user"}], 7: 1}, "keys should be strings"),
        ({7: 1}, "unknown format, with the keys 7"),
        (("a", " b"), "a tuple; a record is a dict or one of the classes"),
        (RECORDS[1], "a chat row among prompt_completion rows"),
        (PromptCompletion.model_construct(prompt="a", completion=""), "completion is empty"),
    ],
)
def test_a_bad_record_is_refused_with_its_number(record: Any, says: str) -> None:
    with pytest.raises(DataError) as caught:
        list(encode_records([PAIR, record]))
    assert caught.value.line == 2
    assert says in caught.value.reason


def test_what_was_there_stays_when_a_record_is_bad(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("before")
    with pytest.raises(DataError):
        write_jsonl(path, [PAIR, {"prompt": "x", "completion": ""}])
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_behind_when_the_records_end_in_an_error(tmp_path: Path) -> None:
    def broken() -> Iterator[TrainingRecord]:
        yield PAIR
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_jsonl(tmp_path / "train.jsonl", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train.jsonl: cannot be written: no such file or directory"):
        write_jsonl(tmp_path / "no" / "train.jsonl", [PAIR])


def test_reading_names_the_file_and_the_line(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"prompt": "a", "completion": " b"}\r\n\n{"prompt": "a"}\n')
    records = read_jsonl(path)
    assert next(records) == PromptCompletion(prompt="a", completion=" b")
    with pytest.raises(DataError) as caught:
        next(records)
    assert str(caught.value).startswith(f"{path}:3: completion is missing")


def test_a_line_too_long_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"\n" + b"x" * (17 << 20))
    with pytest.raises(DataError, match=r"train.jsonl:2: longer than 16 MiB"):
        list(read_jsonl(path))


def test_gzip_is_read_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(encode_records([PAIR]))))
    assert list(read_jsonl(path)) == [PAIR]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(b"{}" * 100)[:-9], "the gzip data is damaged"),
        (gzip.compress(b"{}")[:10] + b"\xff" * 20, "the gzip data is damaged"),
    ],
    ids=["cut", "spoilt"],  # the bytes have the time in them
)
def test_damaged_gzip_is_a_data_error(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says):
        list(read_jsonl(path))


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: no such file"):
        list(read_jsonl(tmp_path / "train.jsonl"))
