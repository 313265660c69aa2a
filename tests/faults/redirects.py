"""Redirects: followed within the API, refused everywhere else; neither key nor body goes to another origin."""

from __future__ import annotations

from collections.abc import Callable

from faults.case import BYTES, JOB, READ, RIGHT, STREAM, UPLOAD, Call, Case, refusing
from loopback import KEY, Answer, Received, reply

WITHIN = "a redirect within the API; a POST only by 307 or 308"
LOST = "a redirect that would make a POST a GET (301, 302, 303)"
ELSEWHERE = "a redirect to another origin, scheme or user, or to nowhere"
OUT = "a redirect out of the API's paths, or to what is no path"
LOOP = "redirects in a circle"


def followed(status: int, call: Call, location: str = "/v1/other") -> Case:
    return Case(
        f"{status} to {location[:20]!r}, {call.name}",
        WITHIN,
        call,
        [refusing(reply(status, location=location)), None],
        RIGHT[call],
        requests=2,
        made=1 if call.creates else None,
        official=False,
    )


def to_itself(path: str) -> Callable[[Received], Answer]:
    """Return a redirect that names its server in full."""
    return lambda received: [reply(307, location=f"http://{received.headers['host']}{path}")]


def refused(location: str, what: str, text: str, call: Call = READ, status: int = 307) -> Case:
    shown = location.replace(KEY, "the key")
    shown = shown if len(location) < 40 else f"{shown[:20]}… ({len(location)})"
    return Case(
        f"{status} to {shown!r}, {call.name}",
        what,
        call,
        [refusing(reply(status, location=location))],
        error="APIStatusError",
        text=text,
        shows={"status_code": status},
        made=0 if call.creates else None,
    )


CASES: list[Case] = [
    *[followed(status, READ) for status in (301, 302, 303, 307, 308)],
    *[
        followed(status, call, location)
        for status in (307, 308)
        for call, location in ((JOB, "/v1/jobs"), (UPLOAD, "/v1/files?x=1"), (BYTES, "/v1/files/x/content"))
    ],
    followed(307, STREAM, "/v1/completions?x=1"),
    followed(307, READ, "other"),
    followed(307, READ, "?again=1"),
    followed(307, READ, "/v1/models/h\xc3\xa9 b"),
    Case("a redirect that names its server", WITHIN, READ, [to_itself("/v1/x"), None], RIGHT[READ], requests=2),
    Case("five redirects", WITHIN, READ, [to_itself("/v1/x")] * 5 + [None], RIGHT[READ], requests=6),
    *[
        refused("/v1/other", LOST, "would lose its body", call, status)
        for status in (301, 302, 303)
        for call in (JOB, UPLOAD)
    ],
    *[
        refused(location, ELSEWHERE, "to another place .*, which is not followed; check the base URL")
        for location in (
            "",
            "http://127.0.0.1:1/v1/x",
            "https://127.0.0.1/v1/x",
            "http://127.0.0.1/v1/x",
            "//evil.example/v1/x",
            "http://evil.example/v1/x",
            "http://user@127.0.0.1/v1/x",
            "file:///etc/passwd",
            "file:///v1/models/ada",
            "ftp://127.0.0.1/v1/x",
            "data:application/json,{}",
            "javascript:alert(1)",
            "http://[",
            "http://127.0.0.1:99999/v1/x",
            f"http://evil.example/{KEY}",
        )
    ],
    *[refused("http://evil.example/v1/x", ELSEWHERE, "to another place", call) for call in (JOB, UPLOAD)],
    *[
        refused(location, OUT, "out of the API's paths|to another place")
        for location in (
            "/admin",
            "../../x",
            "/v1x/models",
            "/v1/../admin",
            "/v1/./../../admin",
            "/v1/%2e%2e/admin",
            "/v1/a/%2E%2e/%2e./admin",
            "/v1",
            "/v1/\x01",
            "/v1/" + "x" * 70_000,
            "/\\evil.example/v1/x",
        )
    ],
    Case(
        "a circle",
        LOOP,
        READ,
        [to_itself("/v1/models/ada")],
        error="APIStatusError",
        text="more than 5 times in a row; check the base URL",
        requests=6,
    ),
    Case(
        "a circle, a job",
        LOOP,
        JOB,
        [refusing(reply(308, location="/v1/jobs"))],
        error="APIStatusError",
        text="more than 5 times",
        requests=6,
        made=0,
    ),
]
