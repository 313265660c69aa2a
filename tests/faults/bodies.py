"""Faults of an answer's body: compressed wrongly, no JSON, strange JSON, somebody else's page."""

from __future__ import annotations

import gzip
import json
import zlib

from faults.case import ADA, BYTES, DELETION, JOB, LIST, READ, RIGHT, Call, Case, turn
from faults.faulty import Fault, cases
from loopback import KEY, reply

JSON = json.dumps(ADA).encode()
PACKED = gzip.compress(JSON)
PROMISED = "is not what the API promises"
CHECK = "; check that the base URL is that of an API"
GATEWAY = "the body is no JSON: empty, garbage, UTF-16, an HTML page (200)"
WRONG = "the body is JSON of another type, or lacks a field"
STRANGE = "the body is almost JSON: NaN, 5,000 digits, 100,000 deep, invalid UTF-8"
ODD = "the body is unusual, but clear: a BOM, a key twice, unknown fields, another content type"
PACKING = "the body is compressed wrongly, or as nobody asked for"
CUT = "the body is compressed, and cut"
BOMB = "the body is larger than 32 MB, once decompressed or as it comes"


def unread(id: str, what: str, body: bytes, *, again: bool = False, text: str = PROMISED, **headers: str) -> list[Case]:
    """Return the cases of a body that cannot be read."""
    headers = headers or {"content_type": "application/json"}
    fault = Fault(
        id,
        what,
        turn(reply(200, body, x_request_id="req-1", **headers)),
        "APIResponseValidationError",
        f"{text}.*{CHECK}",
        again=again,
        shows={"status_code": 200, "request_id": "req-1"},
    )
    return cases(fault, once=(READ,), always=(READ, JOB))


def well(id: str, body: bytes, call: Call = READ, gives: object = None, **headers: str) -> Case:
    answer = reply(200, body, **(headers or {"content_type": "application/json"}))
    return Case(id, ODD, call, [turn(answer)], gives=gives or RIGHT[call])


BAD = [
    *unread("an empty body", GATEWAY, b"", again=True),
    *unread("garbage", GATEWAY, b"garbage", again=True),
    *unread("a page", GATEWAY, b"<html><body>We'll be back soon!</body></html>", again=True, content_type="text/html"),
    *unread(
        "a page with the key", GATEWAY, f"<html>Bearer {KEY}</html>".encode(), again=True, content_type=f"text/{KEY}"
    ),
    *unread("bytes", GATEWAY, bytes(range(128, 256)), again=True),
    *unread("half a JSON text", WRONG, JSON[:20]),
    *unread("an empty object", WRONG, b"{}", text=f"{PROMISED}: id: Field required"),
    *unread("an object with the key", WRONG, json.dumps({"authorization": KEY, KEY: [KEY]}).encode()),
    *unread("a list", WRONG, b"[]"),
    *unread("an id of another type", WRONG, b'{"id": 5}', text=f"{PROMISED}: id: "),
    *unread("an id that is null", WRONG, b'{"id": null}', text=f"{PROMISED}: id: "),
    *unread("NaN in a number", STRANGE, b'{"id": "ada", "created": NaN, "created_at": NaN}'),
    *unread(
        "a number of 5,000 digits", STRANGE, b'{"id": "ada", "created": %s, "created_at": %s}' % ((b"9" * 5000,) * 2)
    ),
    *unread("lists 100,000 deep", STRANGE, b"[" * 100_000),
    *unread("objects 100,000 deep", STRANGE, b'{"id": "ada", "more": ' + b'{"a":' * 100_000),
    *unread("an unknown field 100,000 deep", STRANGE, b'{"id": "ada", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    *unread("invalid UTF-8", STRANGE, b'{"id": "ad\xff"}'),
    *unread("half a surrogate pair", STRANGE, b'{"id": "ad\\ud800"}'),
    *unread("UTF-16", GATEWAY, JSON.decode().encode("utf-16"), again=True),
    *unread("two JSON texts", STRANGE, JSON + JSON),
    *unread("cut gzip", CUT, PACKED[:-9], text="is cut gzip", again=True, content_encoding="gzip"),
    *unread("gzip that is none", PACKING, JSON, text="is not valid gzip", content_encoding="gzip"),
    *unread(
        "gzip with a wrong checksum",
        PACKING,
        PACKED[:-8] + b"\0" * 8,
        text="is not valid gzip",
        content_encoding="gzip",
    ),
    *unread("gzip with something behind", PACKING, PACKED * 2, text="has something behind", content_encoding="gzip"),
    *unread("brotli", PACKING, JSON, text="is compressed as 'br', which was not asked for", content_encoding="br"),
    *unread(
        "gzip twice",
        PACKING,
        gzip.compress(PACKED),
        text="is compressed as 'gzip, gzip'",
        content_encoding="gzip, gzip",
    ),
    *unread("a bomb", BOMB, gzip.compress(b" " * 40_000_000), text="is larger than 32 MB", content_encoding="gzip"),
    *unread("34 MB", BOMB, b" " * 34_000_000, text="is larger than 32 MB"),
]
CLEAR = [
    well("a BOM", b"\xef\xbb\xbf" + JSON),
    well("a key twice", b'{"id": "babbage", "owned_by": "x", "id": "ada", "owned_by": "openft"}'),
    well("unknown fields", b'{"id": "ada", "owned_by": "openft", "x": {"y": [1, null]}}'),
    well("an unknown field that is NaN", b'{"id": "ada", "owned_by": "openft", "x": NaN}'),
    well("text/plain", JSON, content_type="text/plain"),
    well("no content type", JSON, x="y"),
    well("gzip", PACKED, content_encoding="gzip"),
    well("deflate", zlib.compress(JSON), content_encoding="deflate"),
    well("blanks around", b" \r\n\t" + JSON + b"\r\n"),
    well("a deletion without words", b"", DELETION),
]
OTHERS = [
    Case(
        "a list without data",
        WRONG,
        LIST,
        [turn(reply(200, {"object": "list"}))],
        (),
        "APIResponseValidationError",
        "data",
    ),
    Case(
        "a page that says there is more, for ever",
        "a list repeats its page, or says that there is more where there is nothing",
        LIST,
        [turn(reply(200, {"data": [ADA], "has_more": True}))],
        ("ada",),
        "APIResponseValidationError",
        "sends the same page again and again",
        requests=2,
    ),
    Case(
        "more of nothing",
        "a list repeats its page, or says that there is more where there is nothing",
        LIST,
        [turn(reply(200, {"data": [], "has_more": True}))],
        (),
    ),
    Case(
        "a file's content that is compressed",
        PACKING,
        BYTES,
        [turn(reply(200, PACKED, content_encoding="gzip"))],
        error="APIResponseValidationError",
        text="is compressed, which was not asked for",
    ),
]
CASES = [*BAD, *CLEAR, *OTHERS]
