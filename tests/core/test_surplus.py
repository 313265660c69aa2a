"""Whether there is something behind an answer."""

from __future__ import annotations

import pytest

from openft._core.surplus import Surplus

OK = b"HTTP/1.1 200 OK\r\n"
FIVE = OK + b"Content-Length: 5\r\n\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
ANSWERS = [
    (FIVE + b"12345", True),
    (FIVE + b"123456", False),
    (FIVE + b"12345HTTP/1.1 200 OK\r\n\r\n", False),
    (OK + b"content-length:5\r\nx: y\r\n\r\n12345", True),
    (OK + b"content-length: 0\r\n\r\n", True),
    (OK + b"content-length: 0\r\n\r\nx", False),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + FIVE + b"12345", True),
    (b"HTTP/1.1 103 X\r\ncontent-length: 7\r\n\r\n" + FIVE + b"12345", True),
    (CHUNKED + b"5\r\n12345\r\n0\r\n\r\n", True),
    (CHUNKED + b"5\r\n12345\r\n0\r\nx: y\r\n\r\n", True),
    (CHUNKED + b"5\r\n12345\r\n0\r\n\r\nmore", False),
    (OK + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", True),
    (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    (b"HTTP/1.1 204 No Content\r\n\r\nx", False),
    (b"HTTP/1.1 304 X\r\ncontent-length: 5\r\n\r\n", True),
    (OK + b"\r\n", False),
    (OK.replace(b"\r\n", b"\n") + b"content-length: 0\n\n", False),
    (b"", False),
]


@pytest.mark.parametrize(("answer", "none"), ANSWERS, ids=range(len(ANSWERS)))
def test_what_stands_behind_an_answer_is_noticed(answer: bytes, none: bool) -> None:
    surplus = Surplus()
    surplus.passed(answer)
    assert surplus.none is none


@pytest.mark.parametrize(("answer", "none"), ANSWERS, ids=range(len(ANSWERS)))
def test_so_it_is_where_an_answer_comes_byte_by_byte(answer: bytes, none: bool) -> None:
    surplus = Surplus()
    for byte in answer:
        surplus.passed(bytes([byte]))
    assert surplus.none is none


def test_each_request_begins_anew() -> None:
    surplus = Surplus()
    surplus.passed(FIVE + b"123456789")
    surplus.begin()
    surplus.passed(FIVE + b"12345")
    assert surplus.none
