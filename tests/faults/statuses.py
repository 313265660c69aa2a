"""Answers with an error status: every one there is, in every dress."""

from __future__ import annotations

import gzip
from typing import Any

from faults.case import COMPLETION, DELETION, DOWNLOAD, JOB, READ, RIGHT, STREAM, UPLOAD, Call, Case, refusing, turn
from faults.faulty import ATTEMPTS
from loopback import KEY, again, refusal, reply

CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
ALL = [*range(400, 419), *range(421, 427), 428, 429, 431, 451, 499, *range(500, 512), *range(520, 531), 598, 599]
TRANSIENT = {408, 425, 429, 500, 502, 503, 504, 529}
REFUSED_FOR_NOW = {409, 425, 429}
PLAIN = "4xx, but for those below"
NOW = "408, 500, 502, 503, 504, 529: the server may have done the work"
REFUSED = "425, 429"
OTHER_5XX = "another 5xx"
CONFLICT = "409"
LOCKED = "409 that says that something is locked"
PAUSED = "503 with Retry-After"
DRESS = "the error's body is odd: empty, HTML, text, 100,000 deep, UTF-16, a BOM, broken gzip"
HUGE = "the error's body is larger than 32 MB"
HINT = "`x-should-retry: true`"
NO_HINT = "`x-should-retry: false`"
HINT_IN_DOUBT = "`x-should-retry: true` where a creation may have been done"
QUOTA = "429: no quota left"
LOADING = "429: the model is loading; it is asked for until the deadline, however often"


def named(status: int) -> str:
    """Return the class for a status, by name."""
    return CLASSES.get(status, "InternalServerError" if status >= 500 else "APIStatusError")


def row(status: int) -> str:
    if status in TRANSIENT:
        return REFUSED if status in REFUSED_FOR_NOW else NOW
    return CONFLICT if status == 409 else PLAIN if status < 500 else OTHER_5XX


def of_status(status: int, call: Call) -> Case:
    """Return the case of a status that never goes away."""
    repeated = status in (REFUSED_FOR_NOW if call.creates else TRANSIENT)
    doubt = status >= 500 or status == 408
    answer = again(status, message="not now") if status != 503 else refusal(status, "not now")
    return Case(
        f"{status}, {call.name}",
        row(status),
        call,
        [turn(answer) if doubt else refusing(answer)],
        error=named(status),
        text="^not now($|; it may have been done)",
        shows={"status_code": status, "type": "invalid_request_error", "attempts": ATTEMPTS if repeated else 1},
        requests=ATTEMPTS if repeated else 1,
        made=int(doubt) if call.creates else None,
    )


EVERY = [of_status(status, call) for status in ALL for call in (READ, JOB)]
GOT_OVER = [
    Case(f"{status}, then not, {call.name}", row(status), call, [turn(again(status)), None], RIGHT[call], requests=2)
    for status in sorted(TRANSIENT)
    for call in (READ, STREAM)
]
CREATIONS = [
    Case(
        f"{status}, then not, {call.name}",
        PAUSED if status == 503 else row(status),
        call,
        [refusing(again(status)), None],
        RIGHT[call],
        requests=2,
        made=1,
    )
    for status in (409, 425, 429, 503)
    for call in (JOB, UPLOAD)
]


def dressed(id: str, status: int, message: str, body: bytes, kind: str = "", **headers: str) -> Case:
    """Return the case of an error whose body is odd."""
    return Case(
        f"{id}, {status}",
        row(status) if status in TRANSIENT else HUGE if kind else DRESS,
        READ,
        [turn(reply(status, body, **headers))],
        error=kind or named(status),
        text=message,
        shows={"status_code": status},
        requests=ATTEMPTS if status in TRANSIENT and not kind else 1,
    )


FOUR = b'{"error": {"message": "no such model", "type": "t", "param": "p", "code": "c"}}'
DRESSED = [
    dressed("nothing", 404, "^the server answered 404$", b""),
    dressed("a page", 502, "^the server answered 502$", b"<html><h1>Bad Gateway</h1></html>", content_type="text/html"),
    dressed("a page", 403, "^the server answered 403$", b"<!DOCTYPE html><p>Sorry, blocked", content_type="text/html"),
    dressed("plain text", 404, "^the server answered 404: no route$", b"no\n route"),
    dressed("a long text", 404, "^the server answered 404: x{200}$", b"x" * 1_000_000),
    dressed("100,000 deep", 404, r"^the server answered 404: \[{200}$", b"[" * 100_000),
    dressed("a number of 5,000 digits", 404, "^the server answered 404: ", b'{"error": %s}' % (b"9" * 5000)),
    dressed("NaN", 404, "^the server answered 404$", b'{"error": {"message": NaN, "code": NaN}}'),
    dressed("null", 404, "^the server answered 404$", b"null"),
    dressed("a list", 404, "^the server answered 404$", b"[1, 2]"),
    dressed("another shape", 404, "^the server answered 404: gone$", b'{"message": "gone"}'),
    dressed("an error that is a text", 404, "^the server answered 404: gone$", b'{"error": "gone"}'),
    dressed("an error that is null", 404, "^the server answered 404$", b'{"error": null}'),
    dressed(
        "words of wrong types", 404, "^the server answered 404$", b'{"error": {"message": 5, "code": [], "param": {}}}'
    ),
    dressed("an error behind a BOM", 404, "^no such model$", b"\xef\xbb\xbf" + FOUR),
    dressed("UTF-16", 404, "^the server answered 404", FOUR.decode().encode("utf-16")),
    dressed("invalid UTF-8", 404, "^no such mod\ufffdel$", FOUR.replace(b"mod", b"mod\xff")),
    dressed("half a surrogate pair", 404, "^no such \ufffdmodel$", FOUR.replace(b"mod", b"\\ud800mod")),
    dressed("gzip", 404, "^no such model$", gzip.compress(FOUR), content_encoding="gzip"),
    dressed("gzip that is none", 404, "^the server answered 404$", FOUR, content_encoding="gzip"),
    dressed("cut gzip", 404, "^the server answered 404$", gzip.compress(FOUR)[:-9], content_encoding="gzip"),
    dressed("a bomb", 404, "^the server answered 404$", gzip.compress(b" " * 40_000_000), content_encoding="gzip"),
    dressed("34 MB", 404, "larger than 32 MB", b" " * 34_000_000, "APIResponseValidationError"),
]


def one(id: str, what: str, script: list[Any], call: Call = READ, **rest: Any) -> Case:
    return Case(id, what, call, script, **rest)


HINTS = [
    one("told to repeat 400", HINT, [refusing(again(400, x_should_retry="true")), None], gives=RIGHT[READ], requests=2),
    one(
        "told not to repeat 503",
        NO_HINT,
        [turn(again(503, x_should_retry="false"))],
        error="InternalServerError",
        shows={"attempts": 1},
    ),
    one(
        "told to repeat a creation in doubt",
        HINT_IN_DOUBT,
        [turn(again(500, x_should_retry="true"))],
        JOB,
        error="InternalServerError",
        made=1,
    ),
    one(
        "told to repeat a refused creation",
        HINT,
        [refusing(again(429, x_should_retry="true")), None],
        JOB,
        gives=RIGHT[JOB],
        requests=2,
        made=1,
    ),
]
SPECIALS = [
    one(
        "no quota left",
        QUOTA,
        [refusing(again(429, code="insufficient_quota"))],
        error="RateLimitError",
        shows={"code": "insufficient_quota", "attempts": 1},
    ),
    one(
        "a model that is loading",
        LOADING,
        [*[refusing(again(429, code="model_not_ready"))] * 6, None],
        COMPLETION,
        gives=RIGHT[COMPLETION],
        requests=7,
        official=False,
    ),
    one(
        "a read of what is locked",
        LOCKED,
        [turn(again(409, code="lock_timeout")), None],
        gives=RIGHT[READ],
        requests=2,
    ),
]
OTHER_CALLS = [
    one(
        f"404, {call.name}",
        PLAIN,
        [refusing(refusal(404, "no such thing"))],
        call,
        error="NotFoundError",
        text="no such",
        gives=() if call.many else None,
    )
    for call in (DELETION, STREAM, DOWNLOAD, COMPLETION)
] + [
    one(
        "an upload that is refused while on its way",
        PLAIN,
        [refusing(reply(413, {"error": {"message": "too large"}}, connection="close"))],
        UPLOAD,
        error="APIStatusError",
        text="too large",
        made=0,
    )
]
ECHOES = [
    one(
        f"the key in {place}, {status}",
        "the server's answer has your key in it",
        [refusing(answer)],
        error=named(status),
        text=text,
    )
    for place, status, text, answer in (
        ("the message", 401, "^wrong key …$", refusal(401, f"wrong key {KEY}", code=f"c-{KEY}", x_request_id=KEY)),
        ("a text", 400, "^the server answered 400: you sent …$", reply(400, f"you sent {KEY}".encode())),
        ("names and values", 400, "", reply(400, {"headers": [{"Authorization": KEY, KEY: 1}], "error": KEY})),
    )
]
CASES = [*EVERY, *GOT_OVER, *CREATIONS, *DRESSED, *HINTS, *SPECIALS, *OTHER_CALLS, *ECHOES]
