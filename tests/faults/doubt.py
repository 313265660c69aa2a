"""Answers lost after the server has done the work: nothing is made twice, and what can be repeated safely is."""

from __future__ import annotations

from typing import Any

from faults.case import CANCEL, DELETION, JOB, READ, RIGHT, TODAY, UPLOAD, Call, Case, Steps, refusing, turn
from faults.faulty import raw
from loopback import CLOSE, HANG, RESET, Pause, again, refusal, reply

HEAD = raw("HTTP/1.1 200 OK", "content-length: 500")
MARKED = raw("HTTP/1.1 200 OK", "content-length: 500", "openft-version: 1")
LOST: dict[str, tuple[Steps, ...]] = {
    "lost by RST": (RESET,),
    "lost by FIN": (CLOSE,),
    "lost in the head": (HEAD[:20], CLOSE),
    "lost in the body": (HEAD + b'{"id": ', CLOSE),
    "lost in the body, by RST": (HEAD + b'{"id": ', Pause(0.02), RESET),
    "lost behind a 500": (again(500),),
    "lost behind a 502 page": (reply(502, b"<html>Bad Gateway</html>", content_type="text/html"),),
    "lost behind a 503": (refusal(503),),
    "lost behind a 504": (again(504),),
    "lost behind a 408": (again(408),),
    "lost behind a 529": (again(529),),
    "lost behind a page": (reply(200, b"<html>Sorry</html>", content_type="text/html"),),
    "lost behind nothing": (reply(200, b""),),
    "lost behind a broken frame": (raw("HTTP/1.1 200 OK", "content-length: x"), CLOSE),
}
UNKNOWN = "the answer to a creation is lost, and the server keeps no idempotency keys (or has not said so yet)"
KNOWN = "the answer to a creation is lost, and the server keeps idempotency keys"
STRANGE = "a page with 200 comes in its place, so that the server keeps keys no more as far as anybody knows"
LATE = "it is lost in silence, until the deadline"
GONE = "a deletion of what is not there"
DELETED = "the answer to a deletion is lost"
AT_WORK = "the first of two equal creations is still at work"
MARK = {"openft_version": "1"}


def error_of(name: str) -> str:
    words = name.split()
    if words[-1] in {"page", "nothing"} and "502" not in words:
        return "APIResponseValidationError"
    if "502" in words or words[-1] in {"500", "503", "504", "529"}:
        return "InternalServerError"
    return "APIStatusError" if words[-1] == "408" else "APIConnectionError"


def unknown(name: str, call: Call, **rest: Any) -> Case:
    return Case(f"{name}, {call.name}", UNKNOWN, call, [turn(*LOST[name])], error=error_of(name), made=1, **rest)


def known(name: str, call: Call) -> Case:
    again_wanted = error_of(name) != "APIResponseValidationError"
    steps = [step.replace(HEAD, MARKED) if isinstance(step, bytes) else step for step in LOST[name]]
    return Case(
        f"{name}, keys kept, {call.name}",
        KNOWN if again_wanted else STRANGE,
        call,
        [None, turn(*steps), None],
        RIGHT[call] if again_wanted else None,
        "" if again_wanted else error_of(name),
        before=READ,
        keeps_keys=True,
        requests=3 if again_wanted else 2,
        made=1,
        official=False,
    )


CASES = [
    *[unknown(name, call) for name in LOST for call in (JOB, TODAY, UPLOAD)],
    *[unknown(name, CANCEL) for name in ("lost by RST", "lost behind a 500")],
    *[known(name, call) for name in LOST for call in (JOB, TODAY, UPLOAD)],
    known("lost by RST", CANCEL),
    Case(
        "lost at once, keys kept",
        UNKNOWN,
        JOB,
        [turn(RESET), None],
        error="APIConnectionError",
        keeps_keys=True,
        made=1,
    ),
    Case(
        "lost behind a 500 that has the mark",
        KNOWN,
        JOB,
        [turn(again(500, **MARK)), None],
        RIGHT[JOB],
        keeps_keys=True,
        requests=2,
        made=1,
        official=False,
    ),
    Case(
        "lost twice, keys kept",
        KNOWN,
        JOB,
        [None, turn(RESET), turn(CLOSE), None],
        RIGHT[JOB],
        before=READ,
        keeps_keys=True,
        requests=4,
        made=1,
        official=False,
    ),
    Case(
        "lost for ever, keys kept",
        KNOWN,
        JOB,
        [None, turn(RESET)],
        error="APIConnectionError",
        before=READ,
        keeps_keys=True,
        requests=4,
        made=1,
        official=False,
    ),
    Case(
        "lost in silence, keys kept",
        LATE,
        JOB,
        [None, turn(HANG), None],
        error="APITimeoutError",
        before=READ,
        keeps_keys=True,
        requests=2,
        made=1,
        timeout=0.4,
    ),
    Case(
        "still at work",
        AT_WORK,
        JOB,
        [None, turn(RESET), refusing(again(409, x_should_retry="true", **MARK)), None],
        RIGHT[JOB],
        before=READ,
        keeps_keys=True,
        requests=4,
        made=1,
        official=False,
    ),
    *[
        Case(f"a deletion {name}", DELETED, DELETION, [turn(*LOST[name]), refusing(refusal(404))], True, requests=2)
        for name in ("lost by RST", "lost by FIN", "lost in the body", "lost behind a 500", "lost behind a 502 page")
    ],
    Case("a deletion of nothing", GONE, DELETION, [refusing(refusal(404))], error="NotFoundError"),
    Case(
        "a deletion of nothing, after a refusal",
        f"{GONE}, after a 429",
        DELETION,
        [refusing(again(429)), refusing(refusal(404))],
        error="NotFoundError",
        requests=2,
    ),
]
