"""Server-sent events, whatever the chunks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openft._core.sse import LONGEST, Decoder, ServerSentEvent
from openft.errors import APIResponseValidationError

Event = ServerSentEvent
CASES: list[tuple[str, bytes, list[Event]]] = [
    ("one event", b"data: a\n\n", [Event("a")]),
    ("two events", b"data: a\n\ndata: b\n\n", [Event("a"), Event("b")]),
    ("no blank behind the colon", b"data:a\n\n", [Event("a")]),
    ("only the first blank goes", b"data:  a \n\n", [Event(" a ")]),
    ("several lines", b"data: a\ndata:\ndata: b\n\n", [Event("a\n\nb")]),
    ("a field without a colon", b"data\n\n", [Event("")]),
    ("two of them", b"data\ndata\n\n", [Event("\n")]),
    ("a colon in the value", b"data: a: b\n\n", [Event("a: b")]),
    ("comments", b": hi\n:\ndata: a\n: there\n\n:\n\n", [Event("a")]),
    ("unknown fields", b"color: red\ndata: a\nDATA: b\n data: c\n\n", [Event("a")]),
    ("a kind", b"event: ping\ndata: a\n\ndata: b\n\n", [Event("a", "ping"), Event("b")]),
    ("a kind without data is forgotten", b"event: ping\n\ndata: b\n\n", [Event("b")]),
    ("an empty kind is the usual one", b"event: x\nevent:\ndata: b\n\n", [Event("b")]),
    ("an id lasts", b"id: 7\ndata: a\n\ndata: b\n\n", [Event("a", id="7"), Event("b", id="7")]),
    ("an id without data lasts", b"id: 7\n\ndata: b\n\n", [Event("b", id="7")]),
    ("an empty id resets it", b"id: 7\ndata: a\n\nid\ndata: b\n\n", [Event("a", id="7"), Event("b")]),
    ("an id with a NUL is none", b"id: 7\nid: 8\x009\ndata: a\n\n", [Event("a", id="7")]),
    ("carriage returns", b"data: a\r\rdata: b\r\r", [Event("a"), Event("b")]),
    ("both", b"data: a\r\n\r\ndata: b\r\n\r\n", [Event("a"), Event("b")]),
    ("all three", b"data: a\rdata: b\r\ndata: c\n\r\n", [Event("a\nb\nc")]),
    ("mixed blank lines", b"data: a\n\rdata: b\r\n\n", [Event("a"), Event("b")]),
    ("a byte order mark", b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
    ("only the first mark goes", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [Event("b")]),
    ("a mark later on", b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Event("a")]),
    ("half a mark", b"\xef\xbbdata: a\n\ndata: b\n\n", [Event("b")]),
    ("an end without a blank line", b"data: a\n\ndata: b\n", [Event("a")]),
    ("an end within a line", b"data: a\n\ndata: b", [Event("a")]),
    ("blank lines only", b"\n\n\r\n\r\r", []),
    ("nothing", b"", []),
    ("text", "data: 한글 \u2028 🙂\n\n".encode(), [Event("한글 \u2028 🙂")]),
    ("no text", b"data: \xff\xed\xa0\x80\n\n", [Event("\ufffd" * 4)]),
    ("a NUL in data", b"data: a\0b\n\n", [Event("a\0b")]),
]
cases = pytest.mark.parametrize(("stream", "events"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])


def decoded(*chunks: bytes) -> list[Event]:
    decoder = Decoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


@cases
def test_a_stream_is_read_as_the_standard_says(stream: bytes, events: list[Event]) -> None:
    assert decoded(stream) == events


@cases
def test_a_stream_may_come_byte_by_byte(stream: bytes, events: list[Event]) -> None:
    assert decoded(*(stream[place : place + 1] for place in range(len(stream)))) == events


@cases
def test_a_stream_may_be_cut_at_any_place(stream: bytes, events: list[Event]) -> None:
    for place in range(len(stream) + 1):
        assert decoded(stream[:place], b"", stream[place:]) == events


@given(st.sampled_from(CASES), st.lists(st.integers(0, 80)))
def test_a_stream_may_be_cut_anyhow(case: tuple[str, bytes, list[Event]], cuts: list[int]) -> None:
    _, stream, events = case
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert decoded(*(stream[start:end] for start, end in pairwise(places))) == events


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1)))
def test_what_was_written_is_read(events: list[list[str]]) -> None:
    stream = b"".join(b"".join(f"data: {line}\n".encode() for line in lines) + b"\n" for lines in events)
    assert [event.data for event in decoded(stream)] == ["\n".join(lines) for lines in events]


@pytest.mark.parametrize(
    ("value", "retry"),
    [(b"1500", 1500), (b"0", 0), (b"", None), (b"1.5", None), (b"-1", None), ("١".encode(), None), (b"9" * 5000, None)],
)
def test_the_pause_that_the_server_wants_is_a_whole_number(value: bytes, retry: int | None) -> None:
    decoder = Decoder()
    decoder.feed(b"retry: " + value + b"\n\n")
    assert decoder.retry == retry


def test_an_event_is_told_as_soon_as_its_blank_line_is_there() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\n\r") == [Event("a")]
    assert decoder.feed(b"\n") == []


def test_a_line_without_end_is_refused() -> None:
    decoder = Decoder()
    decoder.feed(b"data: ")
    with pytest.raises(APIResponseValidationError, match="an event of over 32 MB"):
        decoder.feed(b"x" * LONGEST)


def test_a_stream_may_be_longer_than_an_event() -> None:
    decoder = Decoder()
    for _ in range(5):
        assert decoder.feed(b"data: " + b"x" * (LONGEST // 4)) == []
        assert len(decoder.feed(b"\n\n")) == 1


def test_an_event_without_end_is_refused() -> None:
    decoder = Decoder()
    line = b"data: " + b"x" * (LONGEST // 4) + b"\n"
    for _ in range(3):
        decoder.feed(line)
    with pytest.raises(APIResponseValidationError, match="an event of over 32 MB"):
        decoder.feed(line)
