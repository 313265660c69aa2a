"""Servers that take their time: one deadline holds for the whole call, whatever they do."""

from __future__ import annotations

import json

from faults.case import (
    ADA,
    BYTES,
    CANCEL,
    COMPLETION,
    DELETION,
    JOB,
    LIST,
    READ,
    RIGHT,
    STREAM,
    UPLOAD,
    Call,
    Case,
    Steps,
    turn,
)
from faults.faulty import drip, raw
from loopback import CLOSE, EARLY, HANG, Pause, again, refusal, reply

JSON = json.dumps(ADA).encode()
OK = "HTTP/1.1 200 OK"
HANGS = "the server falls silent: before the head, in it, in the body, between chunks"
DRIPS = "the server drips, a byte each 0.1 s, head or body"
TIRED = "every attempt takes long, and the deadline comes in one of them"
SLOW = "the server is slow, but in time"
LONGER = "a pause asked for would outlast the deadline"
LOADING = "the model is still loading (429) when the deadline comes"
LIMIT = 0.4
LATE = (
    f"was not answered within {LIMIT:g} s; (try again, or pass timeout=|it may)|"
    "stopped sending in the middle of an answer; (try|it may)"
)


def late(id: str, what: str, call: Call, *steps: Steps, error: str = "APITimeoutError", text: str = "") -> Case:
    """Return the case of an answer that is not whole in time."""
    return Case(
        f"{id}, {call.name}",
        what,
        call,
        [turn(*steps)],
        () if call.many else None,
        error,
        text or LATE,
        made=1 if call.creates else None,
        timeout=LIMIT,
    )


HEAD = raw(OK, f"content-length: {len(JSON)}")
CASES = [
    *[
        late("silence", HANGS, call, HANG)
        for call in (READ, LIST, DELETION, COMPLETION, STREAM, BYTES, JOB, CANCEL, UPLOAD)
    ],
    *[late("silence in the head", HANGS, call, HEAD[:30], HANG) for call in (READ, STREAM, JOB)],
    *[late("silence in the body", HANGS, call, HEAD + JSON[:9], HANG) for call in (READ, JOB, UPLOAD)],
    late(
        "silence between chunks",
        HANGS,
        READ,
        raw(OK, "transfer-encoding: chunked", body=b"5\r\n" + JSON[:5] + b"\r\n"),
        HANG,
    ),
    late("silence in an error's body", HANGS, READ, reply(500, b"{", content_length="500"), HANG),
    late("silence in a redirect's body", HANGS, READ, reply(307, b"x", content_length="50", location="/v1/x"), HANG),
    late(
        "a file's silence",
        HANGS,
        BYTES,
        HEAD + b"x",
        HANG,
        text="the server stopped sending in the middle of an answer; try again",
    ),
    *[late("a dripping head", DRIPS, call, *drip(HEAD * 3)) for call in (READ, STREAM, JOB)],
    *[late("a dripping body", DRIPS, call, HEAD, *drip(JSON * 2)) for call in (READ, JOB)],
    late("a dripping status line", DRIPS, READ, *drip(b"HTTP/1.1 200 " + b"O" * 200)),
    late(
        "headers, one by one",
        DRIPS,
        READ,
        raw(OK)[:-2],
        *[step for n in range(60) for step in (Pause(0.1), b"x-%d: y\r\n" % n)],
    ),
    late(
        "chunks, one by one",
        DRIPS,
        READ,
        raw(OK, "transfer-encoding: chunked"),
        *[step for _ in range(60) for step in (Pause(0.1), b"1\r\n \r\n")],
    ),
    late(
        "100 for ever",
        DRIPS,
        READ,
        *[step for _ in range(60) for step in (Pause(0.1), b"HTTP/1.1 100 Continue\r\n\r\n")],
    ),
    late("a dripping error", DRIPS, READ, reply(500, b"", content_length="500"), *drip(b" " * 60)),
    late("a dripping redirect", DRIPS, READ, reply(307, b"", content_length="500", location="/v1/x"), *drip(b" " * 60)),
    Case(
        "slow errors",
        TIRED,
        READ,
        [turn(Pause(0.1), again(503)), turn(HANG)],
        error="APITimeoutError",
        text="was not answered within 0.4 s",
        requests=2,
        timeout=LIMIT,
    ),
    Case(
        "a long pause",
        LONGER,
        READ,
        [turn(refusal(503, retry_after="5"))],
        error="InternalServerError",
        shows={"retry_after": 5.0},
        timeout=LIMIT,
    ),
    Case(
        "a loading model, for ever",
        LOADING,
        COMPLETION,
        [turn(again(429, code="model_not_ready")), turn(refusal(429, code="model_not_ready", retry_after="5"))],
        error="RateLimitError",
        shows={"code": "model_not_ready"},
        requests=2,
        timeout=LIMIT,
        official=False,
    ),
    Case("a pause before the head", SLOW, READ, [turn(Pause(0.3), reply(200, ADA))], RIGHT[READ], timeout=5.0),
    Case("a body that drips to its end", SLOW, READ, [turn(HEAD, *drip(JSON, 0.005))], RIGHT[READ]),
    Case("a stream that drips to its end", SLOW, STREAM, [turn(Pause(0.2)), None][1:], RIGHT[STREAM]),
    Case(
        "an upload that nobody reads",
        HANGS,
        UPLOAD,
        [turn(EARLY, Pause(20), CLOSE)],
        error="APITimeoutError",
        text="was not answered within",
        made=1,
        timeout=LIMIT,
    ),
]
