"""Faults of streamed answers: cut, broken, in odd dress; what came before is valid and has been given."""

from __future__ import annotations

import gzip
import json
from typing import Any

from faults.case import STREAM, Case, piece, turn
from loopback import CLOSE, DONE, HANG, KEY, RESET, Pause, event, refusal, reply, stream

A, B, C = (event(piece(text)) for text in "abc")
CUT = "a stream is cut off, by FIN or RST, between events or within one, or has no `[DONE]`"
BROKEN = "an event is no JSON, or not what was promised"
ERROR = "an event is an error of the server"
ODD = "a stream is unusual, but clear: byte by byte, CR LF, comments, a BOM, two lines of data"
NONE = "the answer to a stream is none: JSON, HTML, compressed"
HUGE = "an event is larger than 32 MB"
SILENT = "a stream falls silent"


def ends(id: str, what: str, error: str, text: str, *steps: Any, gives: tuple[str, ...] = ("a",), **rest: Any) -> Case:
    """Return the case of a stream that ends with an error."""
    return Case(id, what, STREAM, [turn(*steps)], gives, error, text, **rest)


def well(id: str, *steps: Any, gives: tuple[str, ...] = ("a", "b", "c")) -> Case:
    return Case(id, ODD, STREAM, [turn(*steps)], gives)


LATER = Pause(0.05)
CUTS = [
    ends(f"{name} {where}", CUT, "APIConnectionError", "cut off", stream(*pieces), LATER, step, gives=came)
    for name, step in (("FIN", CLOSE), ("RST", RESET))
    for where, pieces, came in (
        ("before the first event", [], ()),
        ("within the first event", [A[:20]], ()),
        ("within an event", [A, B[:30]], ("a",)),
        ("before an event's blank line", [A, B[:-1]], ("a",)),
        ("between events", [A, B], ("a", "b")),
        ("within [DONE]", [A, DONE[:9]], ("a",)),
    )
]
BAD = [
    ends(id, BROKEN, "APIResponseValidationError", "not what the API promises", stream(A, data, B, DONE), CLOSE)
    for id, data in (
        ("half a JSON text", b"data: half\n\n"),
        ("an empty object", b"data: {}\n\n"),
        ("a number", b"data: 5\n\n"),
        ("a list", b"data: []\n\n"),
        ("100,000 deep", b"data: " + b"[" * 100_000 + b"\n\n"),
        ("no text", b'data: {"id": "c", "choices": [{"index": 0}]}\n\n'),
        ("half a surrogate pair", b'data: {"id": "c", "choices": [{"text": "\\ud800"}]}\n\n'),
        ("an event of an HTML page", b"data: <html></html>\n\n"),
    )
]
ERRORS = [
    ends(f"an error event: {id}", ERROR, "APIError", text, stream(A, event(payload), B, DONE), CLOSE, shows=shows)
    for id, payload, text, shows in (
        ("four keys", {"error": {"message": "fell over", "code": "crash"}}, "^fell over$", {"code": "crash"}),
        ("a text", {"error": "fell over"}, "^fell over$", {}),
        ("without words", {"error": {"code": "x"}}, "^the server reported an error within the stream$", {"code": "x"}),
        ("beside a piece", {**piece("b"), "error": {"message": "fell over"}}, "^fell over$", {}),
        ("with the key", {"error": {"message": f"no {KEY}", "code": KEY}}, "^no …$", {"code": "…"}),
    )
]
BOM = b"\xef\xbb\xbf"
WELL = [
    well("one byte a segment", *[bytes([byte]) for byte in stream(A, B, C, DONE)], CLOSE),
    well("lines that end in CR LF", stream(*[part.replace(b"\n", b"\r\n") for part in (A, B, C, DONE)]), CLOSE),
    well("lines that end in CR", stream(*[part.replace(b"\n", b"\r") for part in (A, B, C)], DONE), CLOSE),
    well("comments", stream(b": hello\n\n", A, b":\n", B, b": x\n\n", C, DONE), CLOSE),
    well("a BOM before the events", stream(BOM, A, B, C, DONE), CLOSE),
    well("fields that nobody knows", stream(b"retry: x\nfoo: bar\nid: 7\nevent: y\n", A, B, C, DONE), CLOSE),
    well(
        "two lines of data",
        stream(A, B, b"data: " + json.dumps(piece("c")).replace(", ", ",\ndata: ", 1).encode(), b"\n\n", DONE),
        CLOSE,
    ),
    well("no blank behind the colon", stream(*[part.replace(b"data: ", b"data:") for part in (A, B, C, DONE)]), CLOSE),
    well("more behind [DONE]", stream(A, B, C, DONE, A, b"garbage"), CLOSE),
    well("[DONE], and the connection stays", stream(A, B, C, DONE), HANG),
    well("no events but [DONE]", stream(DONE), CLOSE, gives=()),
    well("an error that is null", stream(event({**piece("a"), "error": None}), B, C, DONE), CLOSE),
    well("an event of 2 MB", stream(event(piece("x" * 2_000_000)), DONE), CLOSE, gives=("x" * 2_000_000,)),
    well(
        "chunked",
        stream(transfer_encoding="chunked"),
        *[b"%x\r\n%s\r\n" % (len(part), part) for part in (A, B, C, DONE)],
        b"0\r\n\r\n",
    ),
    well(
        "another charset's name", stream(A, B, C, DONE).replace(b"event-stream", b"event-stream; charset=utf-8"), CLOSE
    ),
]
NO_STREAM = [
    Case(
        f"{id} in place of a stream",
        NONE,
        STREAM,
        [turn(answer)],
        (),
        "APIResponseValidationError",
        text,
        requests=requests,
    )
    for id, answer, text, requests in (
        ("JSON", reply(200, piece("a")), "is no event stream; check that the base URL is that of an API", 1),
        ("a page", reply(200, b"<html></html>", content_type="text/html"), "is no event stream", 1),
        ("nothing", reply(200, b""), "is no event stream", 1),
        ("gzip", reply(200, gzip.compress(A), content_encoding="gzip"), "is compressed, which was not asked for", 1),
    )
]
OTHERS: list[Case] = [
    ends(
        "an event without end",
        HUGE,
        "APIResponseValidationError",
        "over 32 MB",
        stream(A, b"data: " + b"x" * 34_000_000),
    ),
    ends(
        "an event of many lines",
        HUGE,
        "APIResponseValidationError",
        "over 32 MB",
        stream(A, (b"data: " + b"x" * 1_000_000 + b"\n") * 34),
    ),
    ends("silent within an event", SILENT, "APITimeoutError", "stopped sending", stream(A, B[:20]), HANG, timeout=0.4),
    ends("silent between events", SILENT, "APITimeoutError", "stopped sending", stream(A), HANG, timeout=0.4),
    ends("silent from the start", SILENT, "APITimeoutError", "stopped sending", stream(), HANG, gives=(), timeout=0.4),
    Case(
        "404 for a stream",
        "an error status in place of a stream",
        STREAM,
        [turn(refusal(404, "no model"))],
        (),
        "NotFoundError",
        "no model",
    ),
]
CASES = [*CUTS, *BAD, *ERRORS, *WELL, *NO_STREAM, *OTHERS]
