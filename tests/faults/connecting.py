"""Faults of connections: refused, never accepted, reset and closed before there is an answer, stale."""

from __future__ import annotations

from faults.case import (
    ADA,
    BYTES,
    CANCEL,
    CHAT,
    COMPLETION,
    DELETION,
    DOWNLOAD,
    JOB,
    LIST,
    READ,
    RIGHT,
    STREAM,
    TODAY,
    UPLOAD,
    Case,
    refusing,
    right_then,
    turn,
)
from faults.faulty import Fault, cases
from loopback import CLOSE, EARLY, RESET, Pause, reply

ALL = (READ, LIST, DELETION, COMPLETION, CHAT, STREAM, BYTES, DOWNLOAD)
BROKE = r"the connection broke before .* was answered"
REFUSED = "nobody listens at the address"
FULL = "nobody accepts the connection"
NO_TLS = "the server speaks no TLS, and is asked to"
BEFORE = "the connection is reset or closed before the request is read"
WITHIN = "the connection is reset while the request is on its way"
AFTER = "the connection is reset or closed when the request has been read"
STALE = "an idle connection has been closed by the server"
RACE = "an idle connection is closed by the server just as the next request is sent"
LATE = "an answer that nobody asked for is in the connection"

ONCE: list[Case] = [
    case
    for fault in (
        Fault("reset after the request", AFTER, turn(RESET), "APIConnectionError", BROKE),
        Fault("closed after the request", AFTER, turn(CLOSE), "APIConnectionError", BROKE),
        Fault("reset within the request", WITHIN, refusing(EARLY, RESET), "APIConnectionError", BROKE),
    )
    for case in cases(fault, once=ALL, always=(READ, DELETION, STREAM, JOB, TODAY, CANCEL, UPLOAD))
]
BEFORE_READING = [
    Case(
        f"{name} before the request, {call.name}",
        BEFORE,
        call,
        [None],
        gives=None if call.creates else RIGHT[call],
        error="APIConnectionError" if call.creates else "",
        text=BROKE,
        requests=0 if call.creates else 1,
        made=0 if call.creates else None,
        greetings=[[step]],
    )
    for name, step in (("reset", RESET), ("closed", CLOSE))
    for call in ((READ, STREAM, DOWNLOAD, JOB) if step is CLOSE else (READ, STREAM, DOWNLOAD))
]
NOBODY = [
    Case(
        f"refused, {call.name}",
        REFUSED,
        call,
        [None],
        error="APIConnectionError",
        text=r"cannot connect to http://127\.0\.0\.1:\d+/v1 .*; check the address and that it is running",
        shows={"attempts": 3},
        requests=0,
        made=0 if call.creates else None,
        place="closed",
        gives=() if call.many else None,
    )
    for call in (READ, LIST, STREAM, JOB, UPLOAD)
]
NEVER_ACCEPTED = [
    Case(
        f"never accepted, {call.name}",
        FULL,
        call,
        [None],
        error="APITimeoutError",
        text="cannot connect to .* in time; check the address and that it is running",
        requests=0,
        made=0 if call.creates else None,
        place="full",
        timeout=1.0,
        options={"max_retries": 0},
    )
    for call in (READ, JOB)
]
STALE_ONES = [
    Case(
        f"closed while idle, {call.name}",
        STALE,
        call,
        [right_then(CLOSE), None],
        gives=RIGHT[call],
        requests=2,
        before=READ,
        made=1 if call.creates else None,
        options={"max_retries": 0},
    )
    for call in (READ, JOB, STREAM)
]
TIMED_OUT = reply(408, b"<html>Request Timeout</html>", connection="close")
RACES = [
    case
    for name, play in (("reset", refusing(RESET)), ("closed", refusing(CLOSE)))
    for case in (
        Case(f"idle, then {name}, {READ.name}", RACE, READ, [None, play, None], RIGHT[READ], before=READ, requests=3),
        Case(
            f"idle, then {name}, {JOB.name}",
            RACE,
            JOB,
            [None, play],
            error="APIConnectionError",
            text=BROKE,
            before=READ,
            requests=2,
            made=0,
        ),
    )
]
OTHERS = [
    Case(
        "asked for over TLS",
        NO_TLS,
        READ,
        [None],
        error="APIConnectionError",
        text="cannot connect to https://",
        shows={"attempts": 3},
        requests=0,
        place="tls",
        greetings=[[reply(400, b"speak plainly"), CLOSE]] * 3,
    ),
    Case(
        "a name that nobody has",
        "the host's name has no address",
        READ,
        [None],
        error="APIConnectionError",
        text="cannot connect to http://host.invalid/v1",
        requests=0,
        options={"base_url": "http://host.invalid/v1", "max_retries": 0},
    ),
    Case(
        "idle, then told 408",
        STALE,
        JOB,
        [right_then(TIMED_OUT, CLOSE), None],
        gives=RIGHT[JOB],
        before=READ,
        requests=2,
        made=1,
    ),
    Case(
        "an answer too many",
        LATE,
        READ,
        [right_then(reply(200, {**ADA, "id": "babbage"})), None],
        gives=RIGHT[READ],
        before=READ,
        requests=2,
    ),
    Case(
        "an answer too many, and a creation",
        LATE,
        JOB,
        [right_then(reply(200, {"id": "job-9", "object": "job"})), None],
        gives=RIGHT[JOB],
        before=READ,
        requests=2,
        made=1,
    ),
    Case(
        "an answer too many, late",
        LATE,
        READ,
        [right_then(Pause(0.02), reply(200, {**ADA, "id": "babbage"})), None],
        gives=RIGHT[READ],
        before=READ,
        rest=0.3,
        requests=2,
    ),
]
CASES = [*ONCE, *BEFORE_READING, *NOBODY, *NEVER_ACCEPTED, *STALE_ONES, *RACES, *OTHERS]
