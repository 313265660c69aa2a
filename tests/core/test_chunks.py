"""Chunks joined: whatever comes, a parser of HTTP reads the same from it."""

from __future__ import annotations

from itertools import pairwise

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openft._core.chunks import LONGEST_HEAD, Joiner

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nTransfer-Encoding:  chunked \r\n\r\n"
END = b"0\r\n\r\n"


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def joined(*parts: bytes) -> list[bytes]:
    """Return what comes out of each part."""
    joiner = Joiner()
    joiner.begin()
    return [joiner.feed(part) for part in parts]


def read(*parts: bytes) -> tuple[bytes, str]:
    """Return the body that a parser finds, and how the answer ended: in order, or with which complaint."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    parser.send(h11.EndOfMessage())
    body = b""
    for part in [part for part in parts if part] + [b""]:
        try:
            parser.receive_data(part)
            while (event := parser.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Data):
                    body += event.data
                elif not isinstance(event, h11.InformationalResponse | h11.Response):
                    return body, type(event).__name__
        except h11.RemoteProtocolError as problem:
            return body, str(problem).partition(":")[0]  # what follows depends on the cuts
    raise AssertionError("at the end of a connection there is an event or a complaint")


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    return [part for start, end in pairwise(edges) if (part := stream[start:end])]


STREAMS: list[tuple[str, bytes]] = [
    ("chunks", HEAD + chunk(b"abc") + chunk(b"d") + chunk(b"e" * 40) + END),
    ("no chunks", HEAD + END),
    ("line ends within", HEAD + chunk(b"\r\n0\r\n\r\n") + chunk(b"5\r\nhello") + END),
    ("trailers", HEAD + chunk(b"abc") + b"0\r\nx: y\r\n\r\n"),
    ("something behind", HEAD + chunk(b"abc") + END + HEAD + chunk(b"d") + END),
    ("cut off", HEAD + chunk(b"abc") + b"5\r\nhe"),
    ("cut off in a size", HEAD + chunk(b"abc") + b"5"),
    ("cut off behind a size", HEAD + chunk(b"abc") + b"5\r"),
    ("extensions", HEAD + chunk(b"abc") + b"3;a=b\r\nxyz\r\n" + END),
    ("upper case", HEAD + b"A\r\n0123456789\r\n" + END),
    ("many zeros", HEAD + b"0000000000003\r\nabc\r\n" + END),
    ("no size", HEAD + chunk(b"abc") + b"\r\nabc\r\n" + END),
    ("a sign", HEAD + chunk(b"abc") + b"+3\r\nabc\r\n" + END),
    ("a prefix", HEAD + chunk(b"abc") + b"0x3\r\nabc\r\n" + END),
    ("an underscore", HEAD + b"1_0\r\nabc\r\n" + END),
    ("blanks", HEAD + chunk(b"abc") + b"3 \r\nabc\r\n" + END),
    ("bare line ends", HEAD + chunk(b"abc") + b"3\nabc\n" + END),
    ("a size too small", HEAD + chunk(b"abc") + b"2\r\nabc\r\n" + END),
    ("a size too large", HEAD + chunk(b"abc") + b"4\r\nabc\r\n" + END),
    ("a huge size", HEAD + chunk(b"abc") + b"ffffffffffffffff\r\nabc\r\n"),
    ("garbage", HEAD + chunk(b"abc") + b"garbage"),
    ("no end of a size", HEAD + b"0" * 100),
    ("bare line ends in the head", HEAD.replace(b"\r\n", b"\n") + chunk(b"abc") + END),
    ("a bare blank line", HEAD[:-2] + b"\n" + chunk(b"abc") + END),
    ("two codings", HEAD[:-2] + b"transfer-encoding: gzip\r\n\r\n" + chunk(b"abc") + END),
    ("both", HEAD[:-2] + b"content-length: 3\r\n\r\n" + chunk(b"abc") + chunk(b"d") + END),
    ("no content", HEAD.replace(b"200", b"204") + chunk(b"abc") + END),
    ("twice", HEAD[:-2] + b"transfer-encoding: chunked\r\n\r\n" + chunk(b"abc") + END),
    ("another coding", HEAD.replace(b"chunked ", b"gzip, chunked") + chunk(b"abc") + END),
    ("a length", b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n3\r\nabc\r\n"),
    ("neither", b"HTTP/1.1 200 OK\r\n\r\n" + chunk(b"abc") + END),
    ("only named", b"HTTP/1.1 200 OK\r\nx: transfer-encoding: chunked\r\n\r\n" + chunk(b"abc") + END),
    ("interim answers", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\na: b\r\n\r\n" + HEAD + chunk(b"abc") + END),
    ("an old version", HEAD.replace(b"1.1", b"1.0") + chunk(b"abc") + chunk(b"d") + END),
    ("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n\r\n" + chunk(b"abc")),
    ("nothing", b""),
]
streams = pytest.mark.parametrize("stream", [case[1] for case in STREAMS], ids=[case[0] for case in STREAMS])


@streams
def test_what_is_read_stays_the_same_whole_byte_by_byte_and_cut_anywhere(stream: bytes) -> None:
    wanted = read(stream)
    assert read(*joined(stream, b"")) == wanted
    assert read(*joined(*(stream[place : place + 1] for place in range(len(stream))), b"")) == wanted
    for place in range(1, len(stream)):
        assert read(*joined(stream[:place], stream[place:], b"")) == wanted


@given(st.sampled_from(STREAMS), st.lists(st.integers(0, 200)))
def test_what_is_read_stays_the_same_however_it_is_cut(case: tuple[str, bytes], places: list[int]) -> None:
    assert read(*joined(*cut(case[1], places), b"")) == read(case[1])


@given(st.lists(st.binary(min_size=1)), st.binary(max_size=12), st.lists(st.integers(0, 400)))
@example([b"a"], b"3\r\nabc\r\n", [90])
def test_whatever_follows_the_chunks_is_left_to_the_parser(
    contents: list[bytes], rest: bytes, places: list[int]
) -> None:
    stream = HEAD + b"".join(map(chunk, contents)) + rest
    assert read(*joined(*cut(stream, places), b"")) == read(stream)


def test_chunks_that_come_at_once_are_one() -> None:
    stream = [
        HEAD + chunk(b"a") + chunk(b"b"),
        chunk(b"c") * 3 + b"1\r\nd",
        b"\r\n2\r",
        b"\nef\r\n" + chunk(b"g") + END,
    ]
    assert joined(*stream) == [
        HEAD + chunk(b"ab"),
        chunk(b"ccc") + b"1\r\nd",
        b"\r\n",
        chunk(b"efg") + END,
    ]


def test_chunks_behind_interim_answers_are_one_too() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\na: b\r\n\r\n"
    assert joined(interim + HEAD + chunk(b"a") + chunk(b"b")) == [interim + HEAD + chunk(b"ab")]


def test_what_has_no_chunks_passes_as_it_is() -> None:
    parts = [b"HTTP/1.1 200 OK\r\n", b"content-length: 20\r\n\r\n", chunk(b"a") * 3, b"x" * 8]
    assert joined(*parts) == parts


def test_every_request_begins_anew() -> None:
    joiner = Joiner()
    assert joiner.feed(HEAD + chunk(b"a") * 2) == HEAD + chunk(b"a") * 2
    for _ in range(2):
        joiner.begin()
        assert joiner.feed(HEAD + chunk(b"a") * 2) == HEAD + chunk(b"aa")


def test_a_head_without_end_is_not_kept() -> None:
    joiner = Joiner()
    joiner.begin()
    joiner.feed(b"x" * (LONGEST_HEAD + 1))
    assert joiner.feed(b"\r\ntransfer-encoding: chunked\r\n\r\n" + chunk(b"a") * 2).endswith(chunk(b"a") * 2)
