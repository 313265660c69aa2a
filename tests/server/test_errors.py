"""Every error has four keys, says what to do, and keeps secrets."""

from __future__ import annotations

import logging
from pathlib import Path

import httpx
import pytest

from server.running import MEMBER, OWNER, ROWS, Running, error_of, settings_for

HEADERS = {"openft-version", "x-request-id", "openai-processing-ms", "openai-organization"}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", f"Basic {OWNER}", "Bearer sk-wrong", "Bearer sk-\u00e9\u00e9", OWNER]
)
def test_without_a_known_key_everything_is_401(server: Running, header: str | None) -> None:
    headers = {} if header is None else {b"authorization": header.encode("latin-1")}
    with httpx.Client(base_url=server.url) as http:
        for path in ("/files", "/files/x/content", "/fine-tunes/x/events?stream=true", "/nowhere"):
            answer = http.get(path, headers=headers)
            assert answer.status_code == 401
            assert "Bearer" in answer.headers["www-authenticate"]
            assert error_of(answer)["code"] in {"missing_api_key", "invalid_api_key"}


def test_health_needs_no_key(server: Running) -> None:
    with httpx.Client() as http:
        for url in (server.url.removesuffix("/v1") + "/healthz", server.url + "/healthz"):
            answer = http.get(url)
            assert answer.json()["status"] == "ok"
            assert answer.json()["instance"]
            assert set(answer.headers) >= HEADERS


def test_every_answer_has_the_headers_that_clients_read(server: Running) -> None:
    for answer in (server.http.get("/files"), server.http.get("/files/x"), server.http.put("/files")):
        assert set(answer.headers) >= HEADERS
        assert int(answer.headers["openai-processing-ms"]) >= 0
    assert server.http.get("/files").headers["x-request-id"] != server.http.get("/files").headers["x-request-id"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"a": NaN}', b"[" * 10_000, b'{"training_file": "\\ud800"}']
)
def test_a_body_that_is_no_json_object_is_a_400(server: Running, body: bytes) -> None:
    answer = server.http.post("/fine-tunes", content=body)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "invalid_json"


@pytest.mark.parametrize(
    ("fields", "param", "part"),
    [
        ({}, "training_file", "required"),
        ({"training_file": "file-x", "n_epoch": 1}, "n_epoch", "unknown parameter: n_epoch; remove it"),
        ({"training_file": "file-x", "n_epochs": "4"}, "n_epochs", "valid integer, not '4'"),
        ({"training_file": "file-x", "n_epochs": 0}, "n_epochs", "greater than or equal to 1"),
        ({"training_file": "file-x", "suffix": "s" * 41}, "suffix", "at most 40 characters"),
        ({"training_file": "nosuch.jsonl"}, "training_file", "no such file: nosuch.jsonl; upload"),
        ({"training_file": "x" * 2, "model": 7}, "model", "not 7"),
        ({"training_file": ["y" * 500]}, "training_file", "..."),
    ],
)
def test_a_wrong_parameter_is_named(server: Running, fields: dict[str, object], param: str, part: str) -> None:
    answer = server.http.post("/fine-tunes", json=fields)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param
    assert part in error_of(answer)["message"]


def test_explicit_nulls_are_absent(server: Running) -> None:
    nulls = dict.fromkeys(["validation_file", "suffix", "batch_size", "n_epochs", "model", "classification_betas"])
    answer = server.http.post("/fine-tunes", json={"training_file": server.upload(), **nulls})
    assert answer.json()["model"] == "curie"
    assert answer.json()["hyperparams"]["n_epochs"] == 4


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_a_413(tmp_path: Path, declared: bool) -> None:
    with Running(settings_for(tmp_path, max_body_bytes=100)) as server:
        body = b'{"a": "' + b"x" * 100 + b'"}'
        answer = server.http.post("/fine-tunes", content=body if declared else iter([body]))
    assert answer.status_code == 413
    assert error_of(answer)["code"] == "too_large"


def test_an_unforeseen_error_is_a_500_that_points_to_the_log(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    file_id = server.upload()
    (server.settings.data_dir / "files" / file_id).unlink()  # somebody meddles
    with caplog.at_level(logging.ERROR, logger="openft.server"):
        answer = server.http.get(f"/files/{file_id}/content")
    assert answer.status_code == 500
    assert error_of(answer)["type"] == "server_error"
    assert answer.headers["x-request-id"] in error_of(answer)["message"]
    assert answer.headers["x-request-id"] in caplog.text


def test_an_answer_that_has_begun_is_broken_off(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    file_id = server.upload(ROWS * 1000)
    (server.settings.data_dir / "files" / file_id).write_bytes(ROWS)  # somebody meddles
    with pytest.raises(httpx.RemoteProtocolError):
        server.http.get(f"/files/{file_id}/content")
    assert server.http.get("/files").status_code == 200


def test_a_member_may_do_everything_but_delete_models(server: Running) -> None:
    model = server.finished(server.fine_tune(model="ada"))["fine_tuned_model"]
    member = {"authorization": f"bearer {MEMBER}"}
    assert server.http.get("/files", headers=member).status_code == 200
    answer = server.http.delete(f"/models/{model}", headers=member)
    assert answer.status_code == 403
    assert "owner" in error_of(answer)["message"]
    assert server.http.get(f"/models/{model}", headers=member).status_code == 200


def test_too_many_uploads_at_once_are_told_to_come_back(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, max_uploads=0)) as server:
        answer = server.http.post("/files", data={"purpose": "fine-tune"}, files={"file": ("a", ROWS)})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert error_of(answer)["type"] == "rate_limit_error"
