"""Faults of an answer's head: cut, not HTTP, too large, too many, too early."""

from __future__ import annotations

import json

from faults.case import ADA, JOB, READ, RIGHT, STREAM, Case, turn
from faults.faulty import Fault, cases, raw
from loopback import CLOSE, KEY, RESET, Pause, reply

BROKE = r"the connection broke before .* was answered .*; (try again|it may have been done)"
JSON = json.dumps(ADA).encode()
LENGTH = f"content-length: {len(JSON)}"
CUT = "the answer's head is cut off"
NOT_HTTP = "the answer is not HTTP, or its head breaks the rules"
LARGE = "the head is larger than 100 kB: one header, or 20,000"
ODD = "the head is unusual, but allowed: 1xx first, HTTP/1.0, 500 headers"
EMPTY = "204 where something was asked for"
OTHER = "a status that is neither success nor error (304), or unheard of (999)"


def broken(id: str, what: str, *steps: object) -> list[Case]:
    """Return the cases of a head from which no answer can be read."""
    return cases(
        Fault(id, what, turn(*steps), "APIConnectionError", BROKE),  # type: ignore[arg-type]
        once=(READ, STREAM),
        always=(READ, JOB),
    )


def well(id: str, answer: bytes, *more: object) -> Case:
    return Case(id, ODD, READ, [turn(answer, *more)], gives=RIGHT[READ])  # type: ignore[arg-type]


BROKEN = [
    *broken("a head that is cut", CUT, b"HTTP/1.1 200 OK\r\ncontent-le", CLOSE),
    *broken("a head that is reset", CUT, b"HTTP/1.1 200 OK\r\ncontent-le", Pause(0.02), RESET),
    *broken("half a status line", CUT, b"HTTP/1.", CLOSE),
    *broken("not HTTP at all", NOT_HTTP, b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE),
    *broken("not HTTP, with the key in it", NOT_HTTP, f"you sent Bearer {KEY}\r\n\r\n".encode(), CLOSE),
    *broken(
        "a header of nonsense, with the key", NOT_HTTP, raw("HTTP/1.1 200 OK", f"{KEY} {KEY}", LENGTH, body=JSON), CLOSE
    ),
    *broken("bytes of no protocol", NOT_HTTP, bytes(range(256)) * 4, CLOSE),
    *broken("a body without a head", NOT_HTTP, JSON, CLOSE),
    *broken("a status without a number", NOT_HTTP, raw("HTTP/1.1 OK", LENGTH, body=JSON), CLOSE),
    *broken("a status of four digits", NOT_HTTP, raw("HTTP/1.1 2000 OK", LENGTH, body=JSON), CLOSE),
    *broken("a header without a colon", NOT_HTTP, raw("HTTP/1.1 200 OK", "nonsense", LENGTH, body=JSON), CLOSE),
    *broken("a header with a NUL", NOT_HTTP, raw("HTTP/1.1 200 OK", "x: a\0b", LENGTH, body=JSON), CLOSE),
    *broken("status 0", NOT_HTTP, raw("HTTP/1.1 000 X", LENGTH, body=JSON), CLOSE),
    *broken("one header of 200 kB", LARGE, raw("HTTP/1.1 200 OK", f"x: {'y' * 200_000}", LENGTH, body=JSON), CLOSE),
    *broken(
        "20,000 headers",
        LARGE,
        raw("HTTP/1.1 200 OK", *[f"x-{n}: y" for n in range(20_000)], LENGTH, body=JSON),
        CLOSE,
    ),
]
ALLOWED = [
    well("100 first", b"HTTP/1.1 100 Continue\r\n\r\n" + reply(200, ADA)),
    well("103 first", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + reply(200, ADA)),
    well("102 ten times first", b"HTTP/1.1 102 Processing\r\n\r\n" * 10 + reply(200, ADA)),
    well("a pause between 100 and the answer", b"HTTP/1.1 100 Continue\r\n\r\n", Pause(0.05), reply(200, ADA)),
    well("HTTP/1.0", raw("HTTP/1.0 200 OK", LENGTH, body=JSON), CLOSE),
    well("HTTP/1.0 without a length", raw("HTTP/1.0 200 OK", body=JSON), CLOSE),
    well("no reason", raw("HTTP/1.1 200", LENGTH, body=JSON)),
    well("500 headers", raw("HTTP/1.1 200 OK", *[f"x-{n}: y" for n in range(500)], LENGTH, body=JSON)),
    well("a header of 50 kB", raw("HTTP/1.1 200 OK", f"x: {'y' * 50_000}", LENGTH, body=JSON)),
    well("headers in UTF-8 and Latin-1", raw("HTTP/1.1 200 OK", "x: h\xe9", "y: \xed\x95\x9c", LENGTH, body=JSON)),
    well("lines that end in LF", raw("HTTP/1.1 200 OK", LENGTH, body=JSON).replace(b"\r\n", b"\n")),
    well("byte by byte", *[bytes([byte]) for byte in reply(200, ADA)]),
]
FINAL = [
    Case(
        f"status {status}",
        what,
        READ,
        [turn(raw(f"HTTP/1.1 {status} X", "content-length: 0"))],
        error=error,
        text=text,
        requests=requests,
    )
    for status, what, error, text, requests in (
        (101, NOT_HTTP, "APIConnectionError", BROKE, 3),
        (204, EMPTY, "APIResponseValidationError", r"\(204, no content type\)", 3),
        (304, OTHER, "APIStatusError", "the server answered 304", 1),
        (999, OTHER, "InternalServerError", "the server answered 999", 1),
    )
]
CASES = [*BROKEN, *ALLOWED, *FINAL]
