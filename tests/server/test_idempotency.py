"""The same request, sent more than once, is done once."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpx
import pytest

from openft.server.store import answers
from server.running import MEMBER, OWNER, ROWS, Running, error_of, script


def upload(server: Running, key: str, content: bytes = ROWS, name: str = "a.jsonl", **headers: str) -> httpx.Response:
    return server.http.post(
        "/files",
        data={"purpose": "fine-tune"},
        files={"file": (name, content)},
        headers={"idempotency-key": key, **headers},
    )


def test_a_repeated_upload_is_one_file(server: Running) -> None:
    first, second = upload(server, "k1"), upload(server, "k1")
    assert first.json() == second.json()
    assert len(server.http.get("/files").json()["data"]) == 1
    assert len(list((server.settings.data_dir / "files").iterdir())) == 1


def test_a_repeated_creation_is_one_job_even_when_its_file_is_gone(server: Running) -> None:
    file_id = server.upload()
    fields = {"training_file": file_id, "model": "ada"}
    first = server.http.post("/fine-tunes", json=fields, headers={"idempotency-key": "k"})
    server.finished(first.json()["id"])
    server.http.delete(f"/files/{file_id}")
    second = server.http.post("/fine-tunes", json={**fields, "suffix": None}, headers={"idempotency-key": "k"})
    assert second.json() == first.json()
    assert len(server.http.get("/fine-tunes").json()["data"]) == 1


def test_a_repeated_cancel_gets_the_same_answer(server: Running) -> None:
    job_id = server.fine_tune(script(epochs=100, pause=0.1))
    first, second = (
        server.http.post(f"/fine-tunes/{job_id}/cancel", headers={"idempotency-key": "k"}) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()


@pytest.mark.parametrize("change", [{"content": ROWS * 2}, {"name": "b.jsonl"}])
def test_a_key_with_another_body_is_refused(server: Running, change: dict[str, Any]) -> None:
    upload(server, "k")
    answer = upload(server, "k", **change)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "idempotency_key_reused"


def test_a_key_used_for_another_call_is_refused(server: Running) -> None:
    upload(server, "k")
    job_id = server.fine_tune(script(epochs=100, pause=0.1))
    answer = server.http.post(f"/fine-tunes/{job_id}/cancel", headers={"idempotency-key": "k"})
    assert error_of(answer)["code"] == "idempotency_key_reused"
    server.http.post(f"/fine-tunes/{job_id}/cancel")


def test_two_callers_may_use_the_same_key(server: Running) -> None:
    first = upload(server, "k")
    second = upload(server, "k", authorization=f"Bearer {MEMBER}")
    assert first.json()["id"] != second.json()["id"]


def test_a_refused_request_may_be_corrected_under_its_key(server: Running) -> None:
    assert upload(server, "k", b"{oops").status_code == 400
    assert upload(server, "k").status_code == 200


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_must_have_a_sensible_length(server: Running, key: str) -> None:
    answer = upload(server, key)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "invalid_idempotency_key"


def test_a_key_still_at_work_is_a_409_that_asks_to_try_again(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        head = f"POST /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {OWNER}\r\nidempotency-key: k\r\n"
        raw.sendall(f"{head}content-type: multipart/form-data; boundary=B\r\ncontent-length: 999\r\n\r\n".encode())
        time.sleep(0.2)
        answer = upload(server, "k")
    assert answer.status_code == 409
    assert (answer.headers["x-should-retry"], answer.headers["retry-after"]) == ("true", "1")
    assert error_of(answer)["code"] == "idempotency_key_in_use"
    server.until_true(lambda: upload(server, "k").status_code == 200)


def test_answers_are_kept_for_24_hours(server: Running) -> None:
    day = answers.KEPT_SECONDS
    with server.database.write() as connection:
        answers.keep(connection, "me", "old", answers.Answer("f", {"a": 1}), 1000)
        assert answers.find(connection, "me", "old", 1000 + day - 1) == answers.Answer("f", {"a": 1})
        assert answers.find(connection, "me", "old", 1000 + day) is None
        answers.keep(connection, "me", "old", answers.Answer("g", {}), 1000 + day)
        assert answers.find(connection, "me", "old", 1000 + day) == answers.Answer("g", {})
