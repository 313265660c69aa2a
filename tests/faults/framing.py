"""Faults of an answer's frame: its length, its chunks, its end."""

from __future__ import annotations

import json

from faults.case import ADA, BYTES, CONTENT, DOWNLOAD, JOB, READ, RIGHT, Case, right_then, turn
from faults.faulty import Fault, cases, raw
from loopback import CLOSE, RESET, Pause

JSON = json.dumps(ADA).encode()
OK = "HTTP/1.1 200 OK"
CHUNKED = "transfer-encoding: chunked"
BROKE = "the connection broke before|was cut off"
SHORT = "fewer bytes come than Content-Length says, or a chunked body has no end"
LONG = "more bytes come than Content-Length says"
LENGTHS = "Content-Length is no number, negative, or there are two that differ"
CHUNKS = "the chunks break the rules"
ODD = "the frame is unusual, but allowed"


def broken(id: str, what: str, *steps: object) -> list[Case]:
    """Return the cases of a frame from which no whole answer can be read."""
    fault = Fault(id, what, turn(*steps), "APIConnectionError", BROKE)  # type: ignore[arg-type]
    return cases(fault, once=(READ,), always=(READ, JOB))


def well(id: str, answer: bytes, *more: object) -> Case:
    return Case(id, ODD, READ, [turn(answer, *more)], gives=RIGHT[READ])  # type: ignore[arg-type]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def transferred(fault: str, *steps: object) -> list[Case]:
    """Return the cases of a file's content that breaks off after its head, which is not asked for again."""
    return [
        Case(
            f"{fault}, {call.name}",
            "a file's content is cut off",
            call,
            [turn(*steps)],  # type: ignore[arg-type]
            error="APIConnectionError",
            text="the answer was cut off",
        )
        for call in (BYTES, DOWNLOAD)
    ]


HALF = CONTENT[:10]
BROKEN = [
    case
    for id, what, steps in (
        ("a short body, then FIN", SHORT, (raw(OK, "content-length: 5000", body=JSON), CLOSE)),
        ("a short body, then RST", SHORT, (raw(OK, "content-length: 5000", body=JSON), Pause(0.02), RESET)),
        ("chunks without an end", SHORT, (raw(OK, CHUNKED, body=chunk(JSON)), CLOSE)),
        ("a chunk that is cut", SHORT, (raw(OK, CHUNKED, body=chunk(JSON)[:-20]), CLOSE)),
        ("a length that is no number", LENGTHS, (raw(OK, "content-length: many", body=JSON), CLOSE)),
        ("a negative length", LENGTHS, (raw(OK, "content-length: -5", body=JSON), CLOSE)),
        ("a huge length", LENGTHS, (raw(OK, f"content-length: {'9' * 40}", body=JSON), CLOSE)),
        (
            "two lengths that differ",
            LENGTHS,
            (raw(OK, f"content-length: {len(JSON)}", "content-length: 5", body=JSON), CLOSE),
        ),
        ("a chunk size that is no number", CHUNKS, (raw(OK, CHUNKED, body=b"zz\r\n" + JSON + b"\r\n0\r\n\r\n"), CLOSE)),
        ("a negative chunk", CHUNKS, (raw(OK, CHUNKED, body=b"-5\r\n" + JSON + b"\r\n0\r\n\r\n"), CLOSE)),
        ("an endless chunk size", CHUNKS, (raw(OK, CHUNKED, body=b"f" * 5000 + b"\r\n" + JSON), CLOSE)),
        ("a chunk longer than it says", CHUNKS, (raw(OK, CHUNKED, body=b"5\r\n" + JSON + b"\r\n0\r\n\r\n"), CLOSE)),
        ("chunks of another coding", CHUNKS, (raw(OK, "transfer-encoding: gzip, chunked", body=chunk(JSON)), CLOSE)),
    )
    for case in broken(id, what, *steps)
]
CUT = [
    *transferred("cut by FIN", raw(OK, "content-length: 25", body=HALF), CLOSE),
    *transferred("cut by RST", raw(OK, "content-length: 25", body=HALF), Pause(0.02), RESET),
    *transferred("cut in a chunk", raw(OK, CHUNKED, body=chunk(CONTENT)[:-9]), CLOSE),
    *transferred("cut before the last chunk", raw(OK, CHUNKED, body=chunk(CONTENT)), CLOSE),
]
ALLOWED = [
    well("chunks", raw(OK, CHUNKED, body=chunk(JSON[:7]) + chunk(JSON[7:]) + b"0\r\n\r\n")),
    well("chunks of one byte", raw(OK, CHUNKED, body=b"".join(map(chunk, map(bytes, zip(JSON)))) + b"0\r\n\r\n")),
    well("chunks with extensions", raw(OK, CHUNKED, body=b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(JSON), JSON))),
    well("chunks with trailers", raw(OK, CHUNKED, body=chunk(JSON) + b"0\r\nx-sum: 1\r\n\r\n")),
    well("chunks and a length", raw(OK, "content-length: 5", CHUNKED, body=chunk(JSON) + b"0\r\n\r\n")),
    well("the same length twice", raw(OK, *[f"content-length: {len(JSON)}"] * 2, body=JSON)),
    well("no length at all", raw(OK, body=JSON), CLOSE),
]
SURPLUS = [
    Case(
        "a length that is too small",
        LONG,
        READ,
        [turn(raw(OK, f"content-length: {len(JSON) - 5}", body=JSON))],
        error="APIResponseValidationError",
        text="is not what the API promises",
    ),
    Case(
        "bytes behind the body",
        LONG,
        READ,
        [right_then(b"and some more\r\n\r\n"), None],
        gives=RIGHT[READ],
        requests=2,
        before=READ,
    ),
    Case(
        "bytes behind the body, and a creation",
        LONG,
        JOB,
        [right_then(b"and some more\r\n\r\n"), None],
        gives=RIGHT[JOB],
        requests=2,
        made=1,
        before=READ,
    ),
    Case(
        "no length, and the end comes too soon",
        "a body without a length is cut off",
        READ,
        [turn(raw(OK, body=JSON[:20]), CLOSE)],
        error="APIResponseValidationError",
        text="is not what the API promises",
    ),
]
CASES = [*BROKEN, *CUT, *ALLOWED, *SURPLUS]
