"""Paths are matched as they were sent, before anything is decoded."""

from __future__ import annotations

import http.client
import json

import pytest

from server.running import OWNER, Running

GARBAGE = [
    "/v1/files/sub+dir%2F%ED%95%9C%EA%B8%80.jsonl",
    "/v1/files/%2Fhome%2Fme%2Ftrain.jsonl",
    "/v1/files//home/me/train.jsonl",
    "/v1/files/..",
    "/v1/files/.",
    "/v1/files/../../etc/passwd",
    "/v1/files/train.jsonl",
    "/v1/files/a%00b",
    "/v1/files/%FF%FE",
    "/v1/files/C%3A%5Cdata%5Ctrain.jsonl",
    "/v1/files/file-%3A",
    "/v1/files/",
    "/v1/files/x/",
    "/v1/files/x/content",
    "/v1/files/http%3A%2F%2Fexample.com%2Fa%3Fb%3Dc",
    "/v1/files/x?limit=1",
    "/v1/fine-tunes/%2F",
    "/v1/fine-tunes/ft-unknown",
    "/v1/fine-tunes/ft-" + "a" * 24,
    "/v1/fine-tunes/ft-" + "a" * 24 + "/events?stream=true",
    "/v1/models/ada%3Aft-personal-2026-01-01-00-00-00",
    "/v1/models/ada:ft-personal-2026-01-01-00-00-00",
    "/v1/fine_tuning/jobs",
    "/v2/files",
    "/",
    "//",
    "/v1/files%2Fx",
]


def ask(server: Running, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, body, {"authorization": f"Bearer {OWNER}"})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_garbage_in_a_path_is_a_json_404(server: Running) -> None:
    for path in GARBAGE:
        status, headers, body = ask(server, "GET", path)
        assert (path, status) == (path, 404)
        assert headers["content-type"] == "application/json"
        assert set(json.loads(body)["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/fine_tuning/jobs"), ("GET", "/v1/fine_tuning/jobs/ftjob-1")]
)
def test_todays_job_api_is_told_what_this_server_speaks(server: Running, method: str, path: str) -> None:
    status, _, body = ask(server, method, path)
    told = json.loads(body)["error"]
    assert (status, told["code"]) == (404, "unknown_path")
    assert told["message"] == (
        f"unknown path: {method} {path}; this server speaks the job API of 2023, /v1/fine-tunes: use client.fine_tunes"
    )


def test_a_known_path_with_another_method_is_a_json_405_that_names_the_right_ones(server: Running) -> None:
    status, headers, body = ask(server, "PUT", "/v1/files")
    assert (status, headers["allow"]) == (405, "GET, POST")
    assert json.loads(body)["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("colon", [":", "%3A"])
def test_a_colon_in_a_model_name_may_be_encoded_or_not(server: Running, colon: str) -> None:
    model = server.finished(server.fine_tune(model="ada"))["fine_tuned_model"]
    status, _, body = ask(server, "GET", "/v1/models/" + model.replace(":", colon))
    assert (status, json.loads(body)["id"]) == (200, model)


def test_either_prefix_of_a_job_id_is_accepted(server: Running) -> None:
    job_id = server.fine_tune()
    assert server.job(job_id.replace("ft-", "ftjob-"))["id"] == job_id
    server.finished(job_id)


def test_what_is_not_http_is_refused_with_the_four_keys(server: Running) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall("GET /v1/files/한글.jsonl HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 " in head
    assert b"application/json" in head
    assert set(json.loads(body)["error"]) == {"message", "type", "param", "code"}
