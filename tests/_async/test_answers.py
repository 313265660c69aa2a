"""What the client makes of answers, good and bad."""

from __future__ import annotations

import gzip
import json
import pickle
import zlib
from typing import Any

import pytest

from _async.support import FILE, MODEL, client_of
from loopback import Answer, Loopback, refusal, reply
from openft import (
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)

BOM = b"\xef\xbb\xbf"
TEXT = json.dumps(MODEL).encode()
PACKED = gzip.compress(TEXT)


async def retrieved(answer: bytes) -> Any:
    with Loopback([[answer]] * 3) as server:
        async with client_of(server) as client:
            return await client.models.retrieve("ada")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        reply(200, MODEL),
        reply(201, TEXT),
        reply(200, TEXT, content_type="text/plain"),
        reply(200, BOM + TEXT),
        reply(200, PACKED, content_encoding="gzip"),
        reply(200, PACKED, content_encoding="GZIP"),
        reply(200, zlib.compress(TEXT), content_encoding="deflate"),
        reply(200, TEXT, content_encoding="identity"),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT),
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(200, MODEL),
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + reply(200, MODEL),
    ],
    ids=range(11),
)
async def test_an_answer_may_come_in_many_ways(answer: bytes) -> None:
    assert (await retrieved(answer)).owned_by == "openft"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"{",
        b"null",
        b"[]",
        b'"ada"',
        b"{}",
        b'{"id": 5}',
        b"[" * 100_000,
        b'{"id": "ada", "object": ' + b'{"a":' * 100_000,
        TEXT.decode().encode("utf-16"),
        b'{"id": "ada", "created": "yesterday"}',
        b'{"id": "ada", "created": NaN',
    ],
    ids=range(13),
)
async def test_an_answer_that_is_not_what_the_api_promises_is_one_error(body: bytes) -> None:
    with pytest.raises(APIResponseValidationError, match="is not what the API promises") as caught:
        await retrieved(reply(200, body, x_request_id="req-1"))
    assert (caught.value.status_code, caught.value.request_id) == (200, "req-1")
    assert len(str(caught.value)) < 400


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(200, PACKED[:-9], content_encoding="gzip"), "is cut gzip"),
        (reply(200, TEXT, content_encoding="gzip"), "is not valid gzip"),
        (reply(200, PACKED + PACKED, content_encoding="gzip"), "has something behind its gzip"),
        (reply(200, TEXT, content_encoding="br"), "is compressed as 'br', which was not asked for"),
        (reply(200, gzip.compress(b" " * 40_000_000), content_encoding="gzip"), "is larger than 32 MB"),
        (reply(200, b" " * 34_000_000), "is larger than 32 MB"),
    ],
    ids=["cut", "false", "doubled", "brotli", "bomb", "large"],
)
async def test_an_answer_that_cannot_be_taken_in_is_one_error(answer: bytes, words: str) -> None:
    with pytest.raises(APIResponseValidationError, match=words):
        await retrieved(answer)


@pytest.mark.anyio
async def test_an_answer_that_is_too_large_is_asked_for_once() -> None:
    with Loopback([[reply(200, b" " * 34_000_000)]] * 3) as server:
        async with client_of(server) as client:
            with pytest.raises(APIResponseValidationError):
                await client.models.retrieve("ada")
    assert len(server.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (413, APIStatusError),
        (418, APIStatusError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (500, InternalServerError),
        (507, InternalServerError),
    ],
)
async def test_each_status_has_its_class(status: int, kind: type[APIStatusError]) -> None:
    with Loopback([[refusal(status)]]) as server:
        async with client_of(server, max_retries=0) as client:
            with pytest.raises(APIStatusError) as caught:
                await client.models.retrieve("ada")
    assert type(caught.value) is kind
    assert caught.value.status_code == status


@pytest.mark.anyio
async def test_an_error_has_the_servers_words() -> None:
    error = {"message": "wrong file", "type": "invalid_request_error", "param": "file", "code": "bad_line"}
    with Loopback([[reply(400, {"error": error}, x_request_id="req-7")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(BadRequestError, match="wrong file") as caught:
                await client.models.retrieve("ada")
    problem = caught.value
    told = (problem.message, problem.type, problem.param, problem.code, problem.request_id, problem.body)
    assert told == ("wrong file", "invalid_request_error", "file", "bad_line", "req-7", error)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the server answered 400"),
        (b"<html><h1>no</h1></html>", "the server answered 400"),
        (b"out of\n order", "the server answered 400: out of order"),
        (b'{"error": "bad model"}', "the server answered 400: bad model"),
        (b'{"message": "bad model"}', "the server answered 400: bad model"),
        (b'{"error": {"message": 5, "code": 400}}', "the server answered 400"),
        (b'{"error": null}', "the server answered 400"),
        (b"[" * 100_000, "the server answered 400: " + "[" * 200),
        (b"\xff\xfe", "the server answered 400: \ufffd\ufffd"),
    ],
    ids=range(9),
)
async def test_an_error_without_the_four_keys_still_says_something(body: bytes, message: str) -> None:
    with Loopback([[reply(400, body)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(BadRequestError) as caught:
                await client.models.retrieve("ada")
    assert str(caught.value) == message


@pytest.mark.anyio
async def test_an_error_whose_compression_is_broken_is_still_that_error() -> None:
    with Loopback([[reply(404, b"no gzip", content_encoding="gzip")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError) as caught:
                await client.models.retrieve("ada")
    assert caught.value.body is None


@pytest.mark.anyio
async def test_fields_that_hosts_add_or_leave_out_are_no_problem() -> None:
    answer = {"id": "file-1", "brand_new": [1], "filename": None, "status": "shiny", "status_details": {"a": 1}}
    with Loopback([[reply(200, answer)]]) as server:
        async with client_of(server) as client:
            file = await client.files.retrieve("file-1")
    assert (file.filename, file.status, file.bytes) == ("", "shiny", 0)
    assert file.to_dict() == {"id": "file-1", "brand_new": [1], "status": "shiny", "status_details": {"a": 1}}


# Redirects


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_read_is_redirected_within_the_api(status: int) -> None:
    with Loopback([[reply(status, location="/v1/models/ada%2Fb?x=1")], [reply(200, MODEL)]]) as server:
        async with client_of(server) as client:
            assert (await client.models.retrieve("ada")).id == "ada"
    assert server.asked[1] == "GET /models/ada%2Fb?x=1"
    assert server.requests[1].headers["authorization"].startswith("Bearer sk-")


@pytest.mark.anyio
@pytest.mark.parametrize("status", [307, 308])
async def test_a_post_is_redirected_where_it_stays_one(status: int) -> None:
    with Loopback([[reply(status, location="/v1/other")], [reply(200, {"id": "c", "choices": []})]]) as server:
        async with client_of(server) as client:
            await client.completions.create(model="ada")
    assert server.asked == ["POST /completions", "POST /other"]
    assert server.requests[1].json() == {"model": "ada"}


@pytest.mark.anyio
async def test_an_upload_is_redirected_with_its_body() -> None:
    with Loopback([[reply(307, location="/v1/other")], [reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            await client.files.create(file=b"data\n", purpose="batch")
    assert b"data\n" in server.requests[1].body
    assert server.requests[0].body == server.requests[1].body


@pytest.mark.anyio
async def test_an_upload_that_can_be_read_only_once_is_not_redirected() -> None:
    rows = iter([{"prompt": "a", "completion": "b"}])
    with Loopback([[reply(307, location="/v1/other")], [reply(200, FILE)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError, match="can be read only once"):
                await client.files.create(file=rows)  # type: ignore[arg-type]
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_a_stream_is_redirected() -> None:
    with Loopback([[reply(302, location="/v1/elsewhere")], [reply(200, b"content")]]) as server:
        async with client_of(server) as client:
            assert (await client.files.content("file-1")).read() == b"content"


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_would_lose_the_body_is_refused(status: int) -> None:
    with Loopback([[reply(status, location="/v1/other")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError, match="would lose its body"):
                await client.completions.create(model="ada")
    assert len(server.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "location",
    [
        "",
        "http://{host}:1/v1/x",
        "https://{host}:{port}/v1/x",
        "//evil.example/v1/x",
        "http://u@{host}:{port}/v1/x",
        "http://[",
        "http://{host}:99999/v1/x",
    ],
)
async def test_a_redirect_to_another_origin_is_refused(location: str) -> None:
    with Loopback(lambda _: [reply(307, location=location.format(host="127.0.0.1", port=server.port))]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError, match="to another place") as caught:
                await client.models.retrieve("ada")
    assert (caught.value.status_code, len(server.requests)) == (307, 1)


@pytest.mark.anyio
@pytest.mark.parametrize("location", ["/admin", "../../x", "/v1x/models"])
async def test_a_redirect_out_of_the_api_is_refused(location: str) -> None:
    with Loopback([[reply(307, location=location)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError, match="out of the API's paths"):
                await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_redirects_in_a_circle_end() -> None:
    with Loopback(lambda _: [reply(307, location="/v1/models/ada")]) as server:
        async with client_of(server) as client:
            with pytest.raises(APIStatusError, match="more than 5 times"):
                await client.models.retrieve("ada")
    assert len(server.requests) == 6


@pytest.mark.anyio
async def test_cookies_are_never_sent_back() -> None:
    answer: Answer = [reply(200, MODEL, set_cookie="session=1; Path=/")]
    with Loopback([answer, answer]) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada")
            await client.models.retrieve("ada")
    assert "cookie" not in server.requests[1].headers


@pytest.mark.anyio
@pytest.mark.parametrize("depth", [40, 900, 2000])
async def test_an_error_body_of_any_depth_is_an_error_that_travels(depth: int) -> None:
    body = b'{"error": {"message": "no", "x": ' + b"[" * depth + b"]" * depth + b"}}"
    with Loopback([[reply(400, body, content_type="application/json")]]) as server:
        async with client_of(server) as client:
            with pytest.raises(BadRequestError, match=r"^no$|\"no\"") as caught:
                await client.models.retrieve("ada")
    assert pickle.loads(pickle.dumps(caught.value)).body == caught.value.body
