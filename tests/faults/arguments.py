"""Arguments that make no sense, or that would break out of their place: refused before anything is sent."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from faults.case import JOB, READ, RIGHT, Call, Case

NUMBERS = "timeout or max_retries is 0 or negative where that makes no sense, nan, a text"
HEADERS = "a header or idempotency key has line breaks, blanks around it, other scripts, no name"
FRAMES = "a header that would change the request's frame, or the key"
BODIES = "`extra_body` or `extra_query` is no mapping, or cannot be written"
KEYS = "the API key is empty, has blanks, line breaks or other scripts, or its function fails"
FINE = "an argument is large or odd, but clear"


def read_with(**options: Any) -> Call:
    return Call("a read", lambda client, _: client.models.retrieve("ada", **options), READ.show)


def job_with(**options: Any) -> Call:
    return Call(
        "a job", lambda client, _: client.fine_tunes.create(training_file="file-1", **options), JOB.show, creates=True
    )


def refused(id: str, what: str, text: str, **options: Any) -> list[Case]:
    """Return the cases of an option that is refused."""
    return [
        Case(f"{id}, {call.name}", what, call, [None], None, "ConfigError", text, requests=0, made=made, official=False)
        for call, made in ((read_with(**options), None), (job_with(**options), 0))
    ]


def fine(id: str, **options: Any) -> list[Case]:
    """Return the cases of an option that changes nothing."""
    return [
        Case(f"{id}, {call.name}", FINE, call, [None], RIGHT[like], made=made, official=False)
        for call, like, made in ((read_with(**options), READ, None), (job_with(**options), JOB, 1))
    ]


DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]
CIRCLE: dict[str, Any] = {}
CIRCLE["again"] = CIRCLE


def failing() -> str:
    raise OSError("no key file")


CASES = [
    *[
        case
        for value in (0, -1, -0.0, nan, -inf, "5", b"5", [5], 5j, True)
        for case in refused(
            f"timeout={value!r}", NUMBERS, "timeout must be a positive number of seconds", timeout=value
        )
    ],
    *[
        case
        for value in (-1, 1.5, nan, inf, "2", [2], True)
        for case in refused(f"max_retries={value!r}", NUMBERS, "max_retries must be", max_retries=value)
    ],
    *[
        case
        for headers in (
            {"x": "a\r\nauthorization: b"},
            {"x": "a\nb"},
            {"x": "a\0b"},
            {"x": "한"},
            {"x": "h\xe9"},
            {"x": " a"},
            {"x": "a\t"},
            {"x\n": "a"},
            {"x y": "a"},
            {"x:y": "a"},
            {"한": "a"},
            {"": "a"},
            {1: "a"},
            {b"x": "a"},
            {"x": 5},
            {"x": b"a"},
            {"x": ["a"]},
            "x: y",
            [("x", "y")],
            5,
        )
        for case in refused(f"extra_headers={headers!r}", HEADERS, "cannot be sent", extra_headers=headers)
    ],
    *[
        case
        for headers in (
            {"content-length": "5"},
            {"Transfer-Encoding": "chunked"},
            {"authorization": "Bearer other"},
        )
        for case in refused(f"extra_headers={headers!r}", FRAMES, "cannot be sent", extra_headers=headers)
    ],
    *[
        case
        for key in ("a\nb", "한", " a", 5, b"a", "\ud800")
        for case in refused(f"idempotency_key={key!r}", HEADERS, "cannot be sent", idempotency_key=key)[1:]
    ],
    *refused("idempotency_key=''", HEADERS, "is empty; leave it out", idempotency_key="")[1:],
    *[
        case
        for query in (
            {"x": "\ud800"},
            {"x": object},
            {"x": {"y": 1}},
            {"x": ["a"]},
            {b"x": "a"},
            "x=y",
            5,
            ["x"],
        )
        for case in refused(
            f"extra_query={query!r}", BODIES, "query cannot be sent|must be a mapping", extra_query=query
        )
    ],
    *[
        case
        for name, body in (
            ("nan", {"x": nan}),
            ("a class", {"x": object}),
            ("half a surrogate pair", {"x": "\ud800"}),
            ("a name that is half a surrogate pair", {"\ud800": 1}),
            ("bytes", {"x": b"a"}),
            ("a set", {"x": {1, 2}}),
            ("a number of 5,000 digits", {"x": 10**5000}),
            ("a name that is a tuple", {(1, 2): 3}),
            ("lists 100,000 deep", {"x": DEEP}),
            ("a circle", CIRCLE),
            ("a text", "x"),
            ("a number", 5),
            ("a list", [1]),
        )
        for case in refused(
            f"extra_body of {name}", BODIES, "cannot be written as JSON|must be a mapping", extra_body=body
        )[1:]
    ],
    *refused("an option that is misspelt", NUMBERS, "there is no parameter time_out; did you mean timeout", time_out=5),
    *fine("timeout=inf", timeout=inf),
    *fine("timeout=1e10", timeout=1e10),
    *fine("timeout=1e308", timeout=1e308),
    *fine("timeout=10**400", timeout=10**400),
    *fine("max_retries=10**30", max_retries=10**30),
    *fine("extra_headers of 500", extra_headers={f"x-{n}": "y" for n in range(50)}),
    *fine("extra_headers without a value", extra_headers={"x": ""}),
    *fine("extra_query of all kinds", extra_query={"a": "1 &=한\n", "b": 5, "c": 0.5}),
    *fine("an empty key where nothing is created", idempotency_key="")[:1],
    *[
        Case(
            f"a key function that gives {value!r}",
            KEYS,
            READ,
            [None],
            None,
            "ConfigError",
            "the API key .*; copy it again|must be a str",
            requests=0,
            options={"api_key": lambda value=value: value},
            official=False,
        )
        for value in ("", " ", "a b", "a\n", "a\r\nb", "sk-한", "\ud800", "a\0", None, b"a", 5)
    ],
    Case(
        "a key function that fails",
        KEYS,
        READ,
        [None],
        None,
        "ConfigError",
        r"the api_key function failed \(OSError\)",
        requests=0,
        options={"api_key": failing},
        official=False,
    ),
]
