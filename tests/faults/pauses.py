"""The pause that a server asks for, in every form that it may have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import inf
from typing import Any

from faults.case import JOB, READ, RIGHT, Call, Case, refusing
from loopback import Answer, Received, refusal

KEPT = "Retry-After is a number of seconds (0, whole, a fraction), a date, or `retry-after-ms` up to 120 s"
NONSENSE = "Retry-After makes no sense: negative, text, nan, a date that is none"
LONG = "Retry-After is longer than 120 s, or than the time left"


def kept(id: str, seconds: float, call: Call = READ, about: float = 0.0, status: int = 503, **headers: str) -> Case:
    """Return the case of a pause that is kept, and then all is well."""
    what = NONSENSE if id.startswith("nonsense") else KEPT
    script: list[Any] = [refusing(refusal(status, **headers)), None]
    made = 1 if call.creates else None
    return Case(
        f"{id} ({status}), {call.name}",
        what,
        call,
        script,
        RIGHT[call],
        requests=2,
        made=made,
        pauses=[seconds],
        about=about,
        options={"timeout": inf},
    )


def left(id: str, asked: float, timeout: float = inf, **headers: str) -> Case:
    """Return the case of a pause that is left to the caller."""
    return Case(
        f"{id}, {READ.name}",
        LONG,
        READ,
        [refusing(refusal(503, **headers))],
        error="InternalServerError",
        shows={"retry_after": asked, "attempts": 1},
        pauses=[],
        options={"timeout": timeout},
    )


def dated(id: str, seconds: float, zone: str = "GMT") -> Case:
    """Return the case of a date so many seconds from now."""

    def answer(_: Received) -> Answer:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return [refusal(503, retry_after=date.replace("GMT", zone))]

    return Case(
        id,
        KEPT,
        READ,
        [answer, None],
        RIGHT[READ],
        requests=2,
        pauses=[max(0.0, seconds)],
        about=3.0,
        options={"timeout": inf},
    )


CASES = [
    kept("0 seconds", 0.0, retry_after="0"),
    kept("2 seconds", 2.0, retry_after="2"),
    kept("2 seconds", 2.0, status=429, retry_after="2"),
    kept("2 seconds", 2.0, status=500, retry_after="2"),
    kept("2 seconds", 2.0, JOB, retry_after="2"),
    kept("2 seconds", 2.0, JOB, status=429, retry_after="2"),
    kept("half a second", 0.5, retry_after="0.5"),
    kept("120 seconds", 120.0, retry_after="120"),
    kept("blanks around", 2.0, retry_after="  2  "),
    kept("1500 ms", 1.5, retry_after_ms="1500"),
    kept("ms before seconds", 0.25, retry_after_ms="250", retry_after="9"),
    kept("ms that make no sense", 9.0, retry_after_ms="soon", retry_after="9"),
    kept("negative ms", 9.0, retry_after_ms="-5", retry_after="9"),
    kept("nan ms", 9.0, retry_after_ms="nan", retry_after="9"),
    kept("a date in the past", 0.0, retry_after="Sun, 06 Nov 1994 08:49:37 GMT"),
    kept("a date in the past, old form", 0.0, retry_after="Sunday, 06-Nov-94 08:49:37 GMT"),
    dated("a date in 30 s", 30.0),
    dated("a date in 30 s, another zone", 30.0, "+0000"),
    *[
        kept(f"nonsense: {value[:20]!r}", 0.0, retry_after=value)
        for value in (
            "-1",
            "nan",
            "-inf",
            "soon",
            "1,5",
            "0x10",
            "1_0",
            "5 5",
            "Sun, 99 Foo 2024",
            "\xb2",
            "9" * 5000 + "x",
        )
    ],
    kept("nonsense in ms", 0.0, retry_after_ms="soon"),
    left("121 seconds", 121.0, retry_after="121"),
    left("a billion seconds", 1e9, retry_after="1e9"),
    left("inf", inf, retry_after="inf"),
    left("inf ms", inf, retry_after_ms="inf"),
    left("5,000 digits", inf, retry_after="9" * 5000),
    left("longer than the time left", 30.0, 10.0, retry_after="30"),
]
