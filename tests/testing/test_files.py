"""Files and uploads in parts."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from openft.testing import FakeAPI
from testing.asking import ROWS, Raw, raw


def test_files_are_listed_page_by_page_the_newest_first(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    ids = [ask.upload() for _ in range(3)]
    page = ask("GET", "/files", params={"limit": 2})
    assert [file["id"] for file in page["data"]] == [ids[2], ids[1]]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[2], ids[1], True)
    rest = ask("GET", "/files", params={"limit": 2, "after": ids[1]})
    assert ([file["id"] for file in rest["data"]], rest["has_more"]) == ([ids[0]], False)


def test_files_are_listed_by_order_and_purpose(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    ids = [ask.upload(), ask.upload(purpose="user_data")]
    assert [file["id"] for file in ask("GET", "/files", params={"order": "asc"})["data"]] == ids
    assert [file["id"] for file in ask("GET", "/files", params={"purpose": "user_data"})["data"]] == ids[1:]
    assert ask.refused("GET", "/files", params={"order": "up"}) == (400, "invalid_value", "order")


def test_an_empty_list_has_no_ends(openft_api: FakeAPI) -> None:
    page = raw(openft_api)("GET", "/files")
    assert page == {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None}


def test_a_file_comes_back_as_it_was(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    file = client.files.create(file=("한국어 이름.jsonl", ROWS))
    assert client.files.content(file.id).content == ROWS
    assert (file.filename, file.bytes) == ("한국어 이름.jsonl", len(ROWS))
    (kept,) = openft_api.files
    assert (kept.content, kept.rows, kept.kind) == (ROWS, 2, "prompt_completion")


@pytest.mark.parametrize(
    "disposition",
    [
        b'form-data; name="file"; filename="dir/sub\\\\a.jsonl"',
        b"form-data; name=\"file\"; filename*=utf-8''dir%2Fa.jsonl",
        b'form-data; filename="a.jsonl"; name="file"',
    ],
)
def test_a_file_name_is_never_a_path(openft_api: FakeAPI, disposition: bytes) -> None:
    fields = b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--b\r\n'
    head = b"Content-Type: text/plain\r\nContent-Disposition: " + disposition + b"\r\n\r\n"
    content = fields + head + ROWS + b"\r\n--b--\r\n"
    headers = {"content-type": 'multipart/form-data; boundary="b"'}
    answer = raw(openft_api).http.post("/files", content=content, headers=headers)
    assert answer.json()["filename"] == "a.jsonl"


def test_a_file_may_take_its_time(openft_api: FakeAPI) -> None:
    openft_api.files_take(60)
    client = openft_api.client()
    file = client.files.create(file=("train.jsonl", ROWS))
    assert file.status == "uploaded"
    before = openft_api.now
    assert client.files.wait_for_processing(file.id).status == "processed"
    assert 50 < openft_api.now - before < 70


def test_a_file_goes_when_its_time_is_over(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    life: dict[str, Any] = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    file = ask.upload(**life)
    job = ask("POST", "/fine-tunes", json={"training_file": file})["id"]
    assert ask("GET", f"/files/{file}")["expires_at"] == int(openft_api.now + 3600)
    openft_api.advance(3600)
    assert ask.refused("GET", f"/files/{file}")[0] == 404
    assert ask("GET", f"/fine-tunes/{job}")["training_files"][0]["status"] == "deleted"


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_after[seconds]": "3600"},
        {"expires_after[anchor]": "created_at", "expires_after[seconds]": "60"},
        {"expires_after[anchor]": "created_at", "expires_after[seconds]": "soon"},
    ],
    ids=str,
)
def test_a_life_that_makes_no_sense_is_refused(openft_api: FakeAPI, fields: dict[str, str]) -> None:
    form: dict[str, Any] = {"data": {"purpose": "fine-tune", **fields}, "files": {"file": ("a.jsonl", ROWS)}}
    assert raw(openft_api).refused("POST", "/files", **form) == (400, "invalid_value", "expires_after")


def begin(ask: Raw, content: bytes = ROWS, **fields: Any) -> str:
    body = {"filename": "a.jsonl", "purpose": "fine-tune", "bytes": len(content), "mime_type": "text/jsonl", **fields}
    return "/uploads/" + str(ask("POST", "/uploads", json=body)["id"])


def part(ask: Raw, upload: str, content: bytes) -> str:
    return str(ask("POST", f"{upload}/parts", files={"data": ("upload", content)})["id"])


def test_parts_become_a_file_in_the_order_that_is_asked_for(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    upload = begin(ask, expires_after={"anchor": "created_at", "seconds": 7200})
    second, first = part(ask, upload, ROWS[40:]), part(ask, upload, ROWS[:40])
    body = {"part_ids": [first, second], "md5": hashlib.md5(ROWS).hexdigest()}
    done = ask("POST", f"{upload}/complete", json=body)
    assert (done["status"], done["file"]["expires_at"]) == ("completed", int(openft_api.now + 7200))
    assert ask.http.get(f"/files/{done['file']['id']}/content").content == ROWS


def test_a_large_file_of_the_client_goes_in_parts(openft_api: FakeAPI) -> None:
    client = openft_api.client()
    created = client.uploads.create(filename="a.jsonl", purpose="fine-tune", bytes=len(ROWS), mime_type="text/jsonl")
    made = client.uploads.parts.create(created.id, data=ROWS)
    assert client.uploads.complete(created.id, part_ids=[made.id]).status == "completed"
    assert openft_api.files[0].rows == 2


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"part_ids": ["part_none"]}, "part_ids"),
        ({"part_ids": []}, "part_ids"),
        ({"part_ids": ["first"]}, "part_ids"),
        ({"part_ids": ["first", "second"], "md5": "0" * 32}, "md5"),
    ],
    ids=str,
)
def test_an_end_that_does_not_fit_is_refused(openft_api: FakeAPI, body: dict[str, Any], param: str) -> None:
    ask = raw(openft_api)
    upload = begin(ask)
    parts = {"first": part(ask, upload, ROWS[:40]), "second": part(ask, upload, ROWS[40:])}
    body["part_ids"] = [parts.get(name, name) for name in body["part_ids"]]
    assert ask.refused("POST", f"{upload}/complete", json=body) == (400, "invalid_value", param)


def test_an_upload_is_over_once(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    cancelled, expired = begin(ask), begin(ask)
    assert ask("POST", f"{cancelled}/cancel")["status"] == "cancelled"
    assert ask.refused("POST", f"{cancelled}/cancel") == (400, None, "upload_id")
    openft_api.advance(hours=1)
    assert ask.refused("POST", f"{expired}/parts", files={"data": ("upload", b"x")}) == (400, None, "upload_id")
    assert ask.refused("POST", "/uploads/upload_none/cancel") == (404, None, "upload_id")


def test_an_upload_that_makes_no_sense_is_refused(openft_api: FakeAPI) -> None:
    ask = raw(openft_api)
    body = {"filename": "a", "purpose": "fun", "bytes": 1, "mime_type": "text/jsonl"}
    assert ask.refused("POST", "/uploads", json=body) == (400, None, "purpose")
    assert ask.refused("POST", "/uploads", json={**body, "bytes": 0}) == (400, "invalid_value", "bytes")
    upload = begin(ask)
    assert ask.refused("POST", f"{upload}/parts", files={"file": ("upload", b"x")}) == (400, None, "data")
    large = {"data": ("upload", b"x" * (64 * 1024 * 1024 + 1))}
    assert ask.refused("POST", f"{upload}/parts", files=large) == (400, None, "data")
