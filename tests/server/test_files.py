"""Uploading, listing, reading and deleting files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from server.running import ROWS, Running, error_of, script, settings_for

CHAT = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'


def post(server: Running, body: bytes, *, boundary: str = "B", content_type: str | None = None) -> httpx.Response:
    kind = content_type or f"multipart/form-data; boundary={boundary}"
    return server.http.post("/files", content=body, headers={"content-type": kind})


def part(disposition: str | bytes, content: bytes) -> bytes:
    head = disposition if isinstance(disposition, bytes) else disposition.encode()
    return b"--B\r\nContent-Disposition: form-data; " + head + b"\r\nX-More: 1\r\n\r\n" + content + b"\r\n"


PURPOSE = part('name="purpose"', b"fine-tune")
END = b"--B--\r\n"


def test_an_uploaded_file_has_the_shape_of_2023(server: Running) -> None:
    file_id = server.upload(name="my data.jsonl")
    file = server.http.get(f"/files/{file_id}").json()
    assert file.pop("created_at") > 1_700_000_000
    assert file == {
        "id": file_id,
        "object": "file",
        "bytes": len(ROWS),
        "filename": "my data.jsonl",
        "purpose": "fine-tune",
        "status": "processed",
        "status_details": None,
    }
    assert len(file_id) == len("file-") + 24


def test_files_are_listed_oldest_first(server: Running) -> None:
    ids = [server.upload() for _ in range(3)]
    listed = server.http.get("/files").json()
    assert listed["object"] == "list"
    assert [file["id"] for file in listed["data"]] == ids


def test_the_content_comes_back_byte_by_byte(server: Running) -> None:
    content = ROWS * 20_000
    answer = server.http.get(f"/files/{server.upload(content)}/content")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.content == content


def test_a_deleted_file_is_gone(server: Running) -> None:
    file_id = server.upload()
    assert server.http.delete(f"/files/{file_id}").json() == {"id": file_id, "object": "file", "deleted": True}
    for path in (f"/files/{file_id}", f"/files/{file_id}/content"):
        assert server.http.get(path).status_code == 404
    assert error_of(server.http.delete(f"/files/{file_id}"))["param"] == "id"
    assert server.http.get("/files").json()["data"] == []
    assert list((server.settings.data_dir / "files").iterdir()) == []


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="file"; filename="a.jsonl"', "a.jsonl"),
        ('name="file"; filename="/home/me/한글 파일.jsonl"', "한글 파일.jsonl"),
        ('name="file"; filename="..\\\\up\\\\b.jsonl"', "b.jsonl"),
        ('name="file"; filename="C:\\data\\b.jsonl"', "b.jsonl"),
        ('name="file"; filename="x"; filename*=UTF-8\'\'%ED%95%9C%EA%B8%80.jsonl', "한글.jsonl"),
        ("name=\"file\"; filename*=utf-8'ko'%2Fetc%2Fpasswd", "passwd"),
        (b'name="file"; filename="caf\xe9.jsonl"', "café.jsonl"),
        ('name="file"; filename=""', "file"),
        ('name="file"; filename="../"', "file"),
        ('name="file"', "file"),
        ('name="file"; filename="' + "n" * 300 + '"', "n" * 255),
        ('name="file"; filename="a\x7fb.jsonl"', "ab.jsonl"),
    ],
)
def test_a_file_name_is_never_a_path(server: Running, disposition: str | bytes, name: str) -> None:
    answer = post(server, PURPOSE + part(disposition, ROWS) + END)
    assert answer.json()["filename"] == name


def test_fields_may_come_in_any_order(server: Running) -> None:
    answer = post(server, part('name="file"; filename="a"', ROWS) + part('name="model"', b"ada") + PURPOSE + END)
    assert answer.json()["purpose"] == "fine-tune"
    assert server.http.get(f"/files/{answer.json()['id']}/content").content == ROWS


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (part('name="file"', ROWS) + END, "purpose", "purpose is missing"),
        (
            part('name="purpose"', b"fine-tuna") + part('name="file"', ROWS) + END,
            "purpose",
            "unknown purpose: fine-tuna",
        ),
        (part('name="purpose"', b"fine-tune-results") + part('name="file"', ROWS) + END, "purpose", "use one of"),
        (part('name="purpose"', b"x" * 2000) + END, "purpose", "longer than"),
        (PURPOSE + END, "file", "no file"),
        (PURPOSE + part('name="file"', b"") + END, "file", "empty"),
        (PURPOSE + part('name="file"', ROWS) * 2 + END, "file", "more than one file"),
        (PURPOSE * 2 + part('name="file"', ROWS) + END, "purpose", "field purpose is there more than once"),
        (part('name="purpose"', b"batch") + part('name="file"', b"x") + PURPOSE + END, "purpose", "more than once"),
        (PURPOSE + part('name="expires_after[anchor]"', b"x") + END, "expires_after[anchor]", "unknown field"),
        (PURPOSE + part('name="file"', ROWS), None, "ends too early"),
        (b"nonsense", None, "cannot be read"),
        (b"", None, "ends too early"),
    ],
)
def test_a_wrong_form_is_a_400_that_names_the_field(
    server: Running, body: bytes, param: str | None, words: str
) -> None:
    answer = post(server, body)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param
    assert words in error_of(answer)["message"]
    assert list((server.settings.data_dir / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=" + "b" * 999]
)
def test_what_is_no_form_is_a_400(server: Running, kind: str) -> None:
    answer = post(server, b"{}", content_type=kind)
    assert answer.status_code == 400
    assert "multipart/form-data" in error_of(answer)["message"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ROWS + b"{oops\n" + ROWS * 50_000, "line 3: "),
        (ROWS + b'{"prompt": "a"}', "line 3: "),
        (b"\n\n", "no rows"),
        (b"\xff\xfe", "line 1: "),
    ],
)
def test_a_bad_training_file_is_refused_with_its_line(server: Running, content: bytes, words: str) -> None:
    answer = post(server, PURPOSE + part('name="file"', content) + END)
    assert answer.status_code == 400
    error = error_of(answer)
    assert (error["param"], error["code"]) == ("file", "invalid_training_file")
    assert words in error["message"]
    assert server.http.get("/files").json()["data"] == []


@pytest.mark.parametrize("purpose_first", [True, False])
def test_files_for_other_purposes_are_not_checked(server: Running, purpose_first: bool) -> None:
    fields = [part('name="purpose"', b"batch"), part('name="file"; filename="a"', b"anything")]
    answer = post(server, b"".join(fields if purpose_first else fields[::-1]) + END)
    assert (answer.json()["status"], answer.json()["purpose"]) == ("processed", "batch")


@pytest.mark.parametrize("declared", [True, False])
def test_an_upload_that_is_too_large_is_a_413(tmp_path: Path, declared: bool) -> None:
    with Running(settings_for(tmp_path, max_upload_bytes=1000)) as server:
        rows = ROWS * (2000 if declared else 20)  # the second is refused by what arrives, not by its header
        body = PURPOSE + part('name="file"', rows) + END
        answer = post(server, body)
        assert answer.status_code == 413
        assert (error_of(answer)["param"], error_of(answer)["code"]) == ("file", "file_too_large")
        assert server.upload()


def test_what_follows_a_form_is_bounded_too(tmp_path: Path) -> None:
    with Running(settings_for(tmp_path, max_upload_bytes=1000)) as server:
        pieces = [PURPOSE + part('name="file"', ROWS) + END, *[b"x" * 10_000] * 20]
        answer = server.http.post(
            "/files", content=iter(pieces), headers={"content-type": "multipart/form-data; boundary=B"}
        )
        assert answer.status_code == 413


def test_an_upload_that_breaks_off_leaves_nothing(server: Running) -> None:
    import socket
    import time

    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        head = "POST /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-owner-key\r\n"
        raw.sendall(
            f"{head}content-type: multipart/form-data; boundary=B\r\ncontent-length: 900000\r\n\r\n".encode()
            + PURPOSE
            + part('name="file"', ROWS)
        )
        time.sleep(0.1)
    incoming = server.settings.data_dir / "incoming"
    end = time.monotonic() + 5
    while list(incoming.iterdir()) and time.monotonic() < end:
        time.sleep(0.02)
    assert list(incoming.iterdir()) == []
    assert server.http.get("/files").json()["data"] == []


def test_a_full_disk_is_said_to_be_full(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    def full(_descriptor: int) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        answer = post(server, PURPOSE + part('name="file"', ROWS) + END)
    assert answer.status_code == 507
    assert error_of(answer)["code"] == "disk_full"


def test_a_job_keeps_the_content_of_a_file_that_is_deleted_while_it_runs(server: Running) -> None:
    file_id = server.upload(script(epochs=5, pause=0.1))
    job_id = server.http.post("/fine-tunes", json={"training_file": file_id}).json()["id"]
    content = server.settings.data_dir / "files" / file_id
    server.http.delete(f"/files/{file_id}")
    assert content.exists()
    job = server.finished(job_id)
    assert job["status"] == "succeeded"
    assert job["training_files"][0]["status"] == "deleted"
    server.until_gone(content)


@pytest.mark.parametrize(
    ("purpose", "content", "words"),
    [("batch", ROWS, "has purpose batch"), ("fine-tune", CHAT, "has chat records")],
)
@pytest.mark.parametrize("param", ["training_file", "validation_file"])
def test_a_file_of_another_kind_cannot_be_trained_on(
    server: Running, purpose: str, content: bytes, words: str, param: str
) -> None:
    other = server.upload(content, purpose=purpose)
    answer = server.http.post("/fine-tunes", json={"training_file": server.upload(), param: other})
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param
    assert words in error_of(answer)["message"]
