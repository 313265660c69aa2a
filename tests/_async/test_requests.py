"""What the client puts on the wire, and what it refuses to."""

from __future__ import annotations

import logging
import math
import pickle
import re
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from _async.support import FILE, JOB, MODEL, ROW, client_of
from loopback import CLOSE, HANG, KEY, RESET, Answer, Loopback, again, event, refusal, reply, stream
from openft import APIError, APIStatusError, AsyncClient, ConfigError, NotFoundError
from openft.types.info import ResponseInfo

GOOD: Answer = [reply(200, MODEL)]


@pytest.mark.anyio
async def test_a_read_is_a_plain_get() -> None:
    with Loopback([GOOD]) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada")
    request = server.requests[0]
    assert request.line == "GET /v1/models/ada HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.headers["user-agent"].startswith("openft/")
    assert not {"content-type", "content-length", "openai-organization", "cookie"} & request.headers.keys()


@pytest.mark.anyio
async def test_a_body_holds_what_was_given_and_nothing_else() -> None:
    with Loopback([[reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.create(
                training_file="file-1", n_epochs=2, suffix="감정", classification_betas=(1, 2)
            )
    request = server.requests[0]
    assert request.line == "POST /v1/fine-tunes HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {
        "training_file": "file-1",
        "n_epochs": 2,
        "suffix": "감정",
        "classification_betas": [1, 2],
    }
    assert "감정".encode() in request.body


@pytest.mark.anyio
async def test_an_empty_post_has_no_body() -> None:
    with Loopback([[reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.cancel("ft-1")
    assert server.requests[0].line == "POST /v1/fine-tunes/ft-1/cancel HTTP/1.1"
    assert (server.requests[0].body, server.requests[0].headers.get("content-type")) == (b"", None)


@pytest.mark.anyio
async def test_options_of_a_call_come_on_top() -> None:
    with Loopback([[reply(200, JOB)]]) as server:
        async with client_of(
            server, default_headers={"X-One": "client", "X-Two": "client"}, default_query={"a": "1", "b": "1"}
        ) as client:
            await client.fine_tunes.create(
                training_file="file-1",
                extra_headers={"x-two": "call"},
                extra_query={"b": "2 &"},
                extra_body={"training_file": "file-2", "more": True},
            )
    request = server.requests[0]
    assert request.target == "/v1/fine-tunes?a=1&b=2+%26"
    assert (request.headers["x-one"], request.headers["x-two"]) == ("client", "call")
    assert request.json() == {"training_file": "file-2", "more": True}


@pytest.mark.anyio
async def test_extra_body_alone_makes_a_body() -> None:
    with Loopback([[reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.cancel("ft-1", extra_body={"why": "cost"})
    assert server.requests[0].json() == {"why": "cost"}


@pytest.mark.anyio
async def test_what_the_request_is_about_wins_over_the_clients_defaults() -> None:
    defaults = {"content-type": "x/y", "accept-encoding": "gzip", "accept": "x/y"}
    with Loopback([[reply(200, FILE)], [reply(200, b"")], [reply(200, {"data": []})]]) as server:
        async with client_of(server, default_headers=defaults, default_query={"limit": "9"}) as client:
            await client.files.create(file=b"x", purpose="batch")
            await client.files.content("file-1")
            await client.files.list(limit=2).load()
    assert server.requests[0].headers["content-type"].startswith("multipart/form-data; boundary=")
    assert server.requests[0].headers["accept"] == "x/y"
    assert server.requests[1].headers["accept-encoding"] == "identity"
    assert server.asked[2] == "GET /files?limit=2"


@pytest.mark.anyio
async def test_options_that_are_none_are_as_if_left_out() -> None:
    none: Any = dict.fromkeys(["timeout", "max_retries", "extra_headers", "extra_query", "extra_body"])
    with Loopback([GOOD]) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada", idempotency_key=None, **none)
    assert server.requests[0].target == "/v1/models/ada"


@pytest.mark.anyio
async def test_organization_and_project_are_sent() -> None:
    with Loopback([GOOD]) as server:
        async with client_of(server, organization="org-1", project="proj-1") as client:
            await client.models.retrieve("ada")
    assert server.requests[0].headers["openai-organization"] == "org-1"
    assert server.requests[0].headers["openai-project"] == "proj-1"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("id", "target"),
    [
        ("ada:ft-me-2026-01-01-00-00-00", "ada:ft-me-2026-01-01-00-00-00"),
        ("a/b", "a%2Fb"),
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
        ("a?b#c&d%2e", "a%3Fb%23c%26d%252e"),
        ("...", "..."),
        ("한글", "%ED%95%9C%EA%B8%80"),
        ("a b", "a%20b"),
        ("%2e%2e", "%252e%252e"),
        ("a\\b", "a%5Cb"),
        ("@host:80", "%40host:80"),
        ("x" * 1024, "x" * 1024),
    ],
)
async def test_a_hostile_id_stays_one_segment(id: str, target: str) -> None:
    with Loopback([GOOD]) as server:
        async with client_of(server) as client:
            await client.models.retrieve(id)
    assert server.requests[0].target == f"/v1/models/{target}"


@pytest.mark.anyio
@pytest.mark.parametrize("id", ["", " ", ".", "..", "a\nb", "a\0b", "\ud800", "x" * 1025, None, 5, b"ada"], ids=repr)
async def test_an_id_that_cannot_be_one_is_refused_before_sending(id: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="id"):
                await client.models.retrieve(id)
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": math.nan},
        {"timeout": "5"},
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"time_out": 5},
        {"extra_headers": {"x": "a\r\nauthorization: b"}},
        {"extra_headers": {"x": "한"}},
        {"extra_headers": {"x\n": "a"}},
        {"extra_query": {"x": "\ud800"}},
        {"extra_body": {"x": math.nan}},
        {"extra_body": {"x": object()}},
        {"extra_body": {"x": "\ud800"}},
        {"idempotency_key": "a\nb"},
    ],
    ids=range(15),
)
async def test_an_option_that_makes_no_sense_is_refused_before_sending(options: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError):
                await client.fine_tunes.cancel("ft-1", **options)
    assert server.connections == 0


@pytest.mark.anyio
async def test_a_structure_without_end_is_refused_before_sending() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="cannot be written as JSON"):
                await client.completions.create(model="ada", extra_body=circle)


# Secrets


def secrets_in(error: BaseException) -> bool:
    texts = [str(error), repr(error), "".join(traceback.format_exception(error)), repr(vars(error))]
    return any(KEY in text for text in texts) or KEY.encode() in pickle.dumps(error)


@pytest.mark.anyio
@pytest.mark.parametrize("key", [KEY, lambda: KEY], ids=["text", "function"])
@pytest.mark.parametrize(
    "answer",
    [
        refusal(400, f"wrong key {KEY}", code=f"c-{KEY}", x_request_id=KEY),
        reply(400, f"you sent Authorization: Bearer {KEY}".encode()),
        reply(400, {"headers": [{"Authorization": KEY, KEY: 1}], "error": KEY}),
        reply(200, {"authorization": KEY}),
        reply(200, f"<html>{KEY}</html>".encode(), content_type=f"text/{KEY}"),
        reply(302, b"", location=f"http://evil.example/{KEY}"),
        reply(500, b"", retry_after_ms="1"),
    ],
    ids=range(7),
)
async def test_a_key_that_the_server_echoes_is_in_no_error(answer: bytes, key: Any) -> None:
    with Loopback([[answer]] * 3) as server:
        async with client_of(server, api_key=key) as client:
            with pytest.raises(APIError) as caught:
                await client.models.retrieve("ada")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert not secrets_in(caught.value)


@pytest.mark.anyio
@pytest.mark.parametrize("payload", [{"error": {"message": KEY}}, {"error": KEY}, KEY], ids=str)
async def test_a_key_that_a_stream_echoes_is_in_no_error(payload: object) -> None:
    with Loopback([[stream(event(payload)), CLOSE]]) as server:
        async with client_of(server) as client, await client.completions.create(model="ada", stream=True) as pieces:
            with pytest.raises(APIError) as caught:
                async for _ in pieces:
                    pass
    assert not secrets_in(caught.value)


@pytest.mark.anyio
async def test_neither_keys_nor_bodies_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[Answer] = [[again(500, message=f"{KEY} secret body")], [RESET], GOOD]
    caplog.set_level(logging.DEBUG, "openft")
    with Loopback(answers) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada", extra_query={"q": "private"})
    told = [record.getMessage() for record in caplog.records if record.name == "openft"]
    assert [record.levelname for record in caplog.records if record.name == "openft"] == [
        "INFO",
        "WARNING",
        "WARNING",
        "INFO",
    ]
    assert told[0].startswith("GET /models/ada answered 500 in ")
    assert told[1] == "trying again in 0.0 s: the server answered 500"
    assert not any(word in line for line in told for word in (KEY, "secret body", "private"))


@pytest.mark.anyio
async def test_the_key_is_in_no_text_of_the_client() -> None:
    with Loopback([GOOD]) as server:
        async with client_of(server, webhook_secret="whsec-1", default_headers={"x-token": "t-1"}) as client:
            await client.models.retrieve("ada")
            texts = [repr(client), str(client), repr(client.transport), repr(vars(client)), repr(client.models)]
            assert repr(client) == f"<{type(client).__name__} of {server.url}>"
    assert not any(secret in text for text in texts for secret in (KEY, "whsec-1", "t-1"))


def test_a_client_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="make one in the other process"):
        pickle.dumps(AsyncClient(base_url="http://127.0.0.1:1/v1", api_key=KEY))


@pytest.mark.anyio
async def test_a_key_function_is_asked_for_every_attempt() -> None:
    keys = iter(["sk-a", "sk-b", "sk-c"])
    with Loopback([[again(500)], GOOD, GOOD]) as server:
        async with client_of(server, api_key=lambda: next(keys)) as client:
            await client.models.retrieve("ada")
            await client.models.retrieve("ada")
    assert [request.headers["authorization"][-1] for request in server.requests] == ["a", "b", "c"]


def failing() -> str:
    raise OSError("no key file")


@pytest.mark.anyio
@pytest.mark.parametrize("key", [failing, lambda: "", lambda: "a b", lambda: None, lambda: "a\n"], ids=range(5))
async def test_a_key_function_that_gives_no_key_is_a_configuration_error(key: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server, api_key=key) as client:
            with pytest.raises(ConfigError, match=r"the (API key|api_key)"):
                await client.models.retrieve("ada")
    assert server.requests == []


# The client's own life


@pytest.mark.anyio
async def test_on_response_is_told_about_every_answer() -> None:
    told: list[ResponseInfo] = []
    with Loopback([[again(500)], [reply(200, MODEL, x_request_id="req-1")]]) as server:
        async with client_of(server, on_response=told.append) as client:
            await client.models.retrieve("ada", extra_query={"q": "private"})
    assert [(info.method, info.path, info.status_code, info.attempt) for info in told] == [
        ("GET", "/models/ada", 500, 1),
        ("GET", "/models/ada", 200, 2),
    ]
    assert told[1].headers["x-request-id"] == "req-1"
    assert 0 < told[1].elapsed < 5


@pytest.mark.anyio
async def test_an_on_response_that_fails_ends_the_call_and_gives_the_connection_back() -> None:
    def meter(_: ResponseInfo) -> None:
        raise TimeoutError("the meter is broken")

    with Loopback([[reply(200, MODEL, content_length="999999"), HANG]]) as server:
        async with client_of(server, on_response=meter) as client:
            with pytest.raises(ConfigError, match="the meter is broken"):
                await client.models.retrieve("ada")
            assert server.left.acquire(timeout=5)
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_an_on_response_that_fails_hides_nothing_that_was_created(caplog: pytest.LogCaptureFixture) -> None:
    def meter(_: ResponseInfo) -> None:
        raise TimeoutError("the meter is broken")

    with Loopback([[reply(200, {"id": "ftjob-1", "status": "queued"})]]) as server:
        async with client_of(server, on_response=meter) as client:
            made = await client.fine_tuning.jobs.create(model="ada", training_file="file-1")
    assert made.id == "ftjob-1"
    assert "the on_response function failed" in caplog.text
    assert "the meter is broken" in caplog.text


@pytest.mark.anyio
async def test_a_copy_with_other_options_uses_the_same_connections() -> None:
    with Loopback([GOOD] * 3) as server:
        async with client_of(server, organization="org-1") as client:
            copy = client.with_options(
                api_key="sk-other",
                project="proj-1",
                timeout=3,
                max_retries=1,
                default_headers={"x": "y"},
                default_query={"q": "1"},
            )
            await client.models.retrieve("ada")
            await copy.models.retrieve("ada")
            await client.models.retrieve("ada")
    assert server.connections == 1
    first, second, third = server.requests
    assert second.headers["authorization"] == "Bearer sk-other"
    assert (second.headers["openai-organization"], second.headers["openai-project"]) == ("org-1", "proj-1")
    assert (second.headers["x"], second.target) == ("y", "/v1/models/ada?q=1")
    assert first.headers["authorization"] == third.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.anyio
async def test_a_copys_headers_and_query_come_on_top_of_the_clients() -> None:
    with Loopback([GOOD] * 2) as server:
        async with client_of(server, default_headers={"X-One": "1", "x-two": "2"}, default_query={"a": "1"}) as client:
            copy = client.with_options(default_headers={"X-Two": "3"}, default_query={"b": "2"})
            await copy.models.retrieve("ada")
            await copy.with_options(default_headers={}, default_query={}).models.retrieve("ada")
    for request in server.requests:
        assert (request.headers["x-one"], request.headers["x-two"]) == ("1", "3")
        assert request.target == "/v1/models/ada?a=1&b=2"


@pytest.mark.anyio
async def test_a_closed_client_can_be_used_again() -> None:
    with Loopback([GOOD, GOOD]) as server:
        client = client_of(server)
        await client.aclose()
        await client.models.retrieve("ada")
        await client.aclose()
        await client.models.retrieve("ada")
        await client.aclose()
        await client.aclose()
    assert server.connections == 2


@pytest.mark.anyio
async def test_a_stand_in_for_the_network_may_answer_from_memory() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=FILE if b"completion" in request.content else MODEL)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as mine:
        client = AsyncClient(base_url="http://127.0.0.1:9/v1", api_key=KEY, http_client=mine)
        assert (await client.models.retrieve("ada")).id == "ada"
        assert (await client.files.create(file=ROW)).id == "file-1"


@pytest.mark.anyio
async def test_a_closed_http_client_is_said_to_be_closed() -> None:
    mine = httpx.AsyncClient()
    await mine.aclose()
    client = AsyncClient(base_url="http://127.0.0.1:9/v1", api_key=KEY, http_client=mine)
    with pytest.raises(ConfigError, match="is closed"):
        await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_a_header_without_a_value_is_not_sent() -> None:
    nothing: Any = {"X-None": None, "X-Empty": ""}
    with Loopback([GOOD]) as server:
        async with client_of(server) as client:
            await client.models.retrieve("ada", extra_headers=nothing)
    assert not {"x-none", "x-empty"} & server.requests[0].headers.keys()


@pytest.mark.anyio
@pytest.mark.parametrize("options", [{"extra_headers": {"x-number": 7}}, {"idempotency_key": 7}], ids=str)
async def test_a_header_that_is_no_text_is_refused(options: Any) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="must be a str, not int"):
                await client.fine_tunes.create(training_file="file-1", **options)


@pytest.mark.anyio
@pytest.mark.parametrize("make", ["file", "job", "fine-tune", "part"])
async def test_an_empty_idempotency_key_is_no_key_and_is_refused(make: str) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            creates: dict[str, Callable[..., Awaitable[object]]] = {
                "file": partial(client.files.create, file=ROW),
                "job": partial(client.fine_tuning.jobs.create, model="ada", training_file="file-1"),
                "fine-tune": partial(client.fine_tunes.create, training_file="file-1"),
                "part": partial(client.uploads.parts.create, "upload_1", data=b"x"),
            }
            with pytest.raises(ConfigError, match="idempotency_key is empty; leave it out, or give a name of your own"):
                await creates[make](idempotency_key="")
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize("make", ["file", "job", "fine-tune"])
async def test_a_misspelt_parameter_is_told_before_the_file_is_looked_at(make: str, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(b"no json\n")
    file = tmp_path / "train.jsonl"
    with Loopback([]) as server:
        async with client_of(server) as client:
            creates: dict[str, Callable[..., Awaitable[object]]] = {
                "file": partial(client.files.create, file=file),
                "job": partial(client.fine_tuning.jobs.create, model="ada", training_file=file),
                "fine-tune": partial(client.fine_tunes.create, training_file=file),
            }
            wrong, right = ("purpos", "purpose") if make == "file" else ("sufix", "suffix")
            with pytest.raises(ConfigError, match=f"there is no parameter {wrong}; did you mean {right}"):
                await creates[make](**{wrong: "x"})
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text",
    [
        "train.jsonl",
        "data/Train.JSONL",
        "rows.csv",
        "a.json",
        "a.txt",
        "a.jsonl.gz",
        "./a",
        "../a",
        "/a/b",
        "~/a",
        "C:\\a",
    ],
)
async def test_a_path_that_is_a_text_is_refused_before_it_is_sent_as_an_id(text: str) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            says = f"training_file {text!r} looks like a path; pass Path({text!r}) to upload it, or the id of a file"
            with pytest.raises(ConfigError, match=re.escape(says)):
                await client.fine_tunes.create(training_file=text)
            with pytest.raises(ConfigError, match=r"^validation_file "):
                await client.fine_tuning.jobs.create(model="ada", training_file="file-1", validation_file=text)
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["training_file", "validation_file"])
async def test_an_empty_id_of_a_file_is_refused(name: str) -> None:
    files: dict[str, Any] = {"training_file": "file-1", name: ""}
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match=rf"{name} is empty; pass the id"):
                await client.fine_tunes.create(**files)
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize("text", ['{"prompt": "secret"}', ' [{"a": 1}]', "prompt,completion\na,b"])
async def test_data_that_is_a_text_is_refused_and_not_repeated(text: str) -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(
                ConfigError, match=r"training_file is the id of a file or a Path, not the data; "
            ) as told:
                await client.fine_tunes.create(training_file=text)
    assert text not in str(told.value)
    assert server.connections == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    "id", ["file-1", "team/rows", "file.v2", "https://files.example/train.jsonl", "dbfs:/Volumes/train.jsonl"]
)
async def test_an_id_may_look_as_its_host_likes(id: str) -> None:
    with Loopback([[reply(200, JOB)]]) as server:
        async with client_of(server) as client:
            await client.fine_tunes.create(training_file=id)
    assert server.requests[0].json() == {"training_file": id}


@pytest.mark.anyio
async def test_a_training_file_is_an_id_or_a_path() -> None:
    wrong: Any = 12
    with Loopback([]) as server:
        async with client_of(server) as client:
            with pytest.raises(ConfigError, match="a training file is a file id"):
                await client.fine_tunes.create(training_file=wrong)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["a..b", "a" * 70])
async def test_a_host_that_cannot_exist_is_no_foreign_error(host: str) -> None:
    client = AsyncClient(base_url=f"http://{host}/v1", api_key=KEY, max_retries=0)
    with pytest.raises((ConfigError, APIError)):
        await client.models.retrieve("ada")
    await client.aclose()


@pytest.mark.anyio
async def test_an_http_client_of_ones_own_stays_ones_own() -> None:
    with Loopback([GOOD, GOOD]) as server:
        async with httpx.AsyncClient(headers={"x-mine": "1"}) as mine:
            async with client_of(server, http_client=mine) as client:
                await client.models.retrieve("ada")
            assert not mine.is_closed
            await client.models.retrieve("ada")
    assert server.requests[0].headers["x-mine"] == "1"
    assert server.connections == 1


@pytest.mark.anyio
async def test_proxies_are_passed_by_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback([GOOD]) as server, Loopback([]) as proxy:
        for name in ("http_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with client_of(server) as client:
            await client.models.retrieve("ada")
    assert proxy.connections == 0


@pytest.mark.anyio
async def test_a_proxy_is_used_for_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback([GOOD]) as proxy:
        monkeypatch.setenv("http_proxy", f"user:pass@127.0.0.1:{proxy.port}")
        async with AsyncClient(base_url="http://api.example/v1", api_key=KEY) as client:
            await client.models.retrieve("ada")
    assert proxy.requests[0].line == "GET http://api.example/v1/models/ada HTTP/1.1"
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.anyio
async def test_a_proxy_may_be_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback([]) as proxy:
        monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "host.invalid")
        async with AsyncClient(base_url="http://host.invalid/v1", api_key=KEY, max_retries=0, timeout=5) as client:
            with pytest.raises(APIError):
                await client.models.retrieve("ada")
    assert proxy.connections == 0


@pytest.mark.anyio
async def test_a_proxy_without_a_password_is_sent_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback([GOOD]) as proxy:
        monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{proxy.port}")
        async with AsyncClient(base_url="http://api.example/v1", api_key=KEY) as client:
            await client.models.retrieve("ada")
    assert "proxy-authorization" not in proxy.requests[0].headers


@pytest.mark.anyio
@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:1", "socks5://127.0.0.1:1"])
async def test_a_proxy_that_cannot_be_used_is_a_configuration_error(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", proxy)
    async with AsyncClient(base_url="http://api.example/v1", api_key=KEY) as client:
        with pytest.raises(ConfigError, match="proxy"):
            await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_an_address_that_only_the_network_finds_wrong_is_a_configuration_error() -> None:
    async with AsyncClient(base_url="http://xn--/v1", api_key=KEY, max_retries=0) as client:
        with pytest.raises(ConfigError, match="the base URL"):
            await client.models.retrieve("ada")


@pytest.mark.anyio
async def test_an_error_of_a_status_keeps_no_request() -> None:
    with Loopback([[refusal(404)]]) as server:
        async with client_of(server) as client:
            with pytest.raises(NotFoundError) as caught:
                await client.models.retrieve("ada")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copy, APIStatusError)
    assert (copy.status_code, copy.message, copy.attempts) == (404, "no", 1)


@pytest.mark.anyio
async def test_an_unknown_parameter_of_a_read_would_go_into_the_query() -> None:
    with Loopback([]) as server:
        async with client_of(server) as client:
            wrong: Any = {"limit": 2}
            with pytest.raises(ConfigError, match=r"or pass extra_query=\{'limit': …\} if the host has it"):
                await client.models.list(**wrong)
