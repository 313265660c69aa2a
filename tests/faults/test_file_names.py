"""Hostile file names, as servers see them: through the parser that ours uses, and through Python's own."""

from __future__ import annotations

import email
import email.policy
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import pytest
from python_multipart import parse_form

from faults.case import ROW
from loopback import KEY, Loopback, Received, reply
from openft import AsyncClient, Client

FACES = ("threads", "asyncio", "trio")
LONG = "x" * 3072 + ".jsonl"
NAMES = [
    ("train.jsonl", "train.jsonl"),
    ("../../etc/passwd", "../../etc/passwd"),
    ("/etc/passwd", "/etc/passwd"),
    ("a/b.jsonl", "a/b.jsonl"),
    ("..", ".."),
    (".", "."),
    ('a".jsonl', "a%22.jsonl"),
    ('"; name="purpose', "%22; name=%22purpose"),
    ("a'b;c=d", "a'b;c=d"),
    ("a\r\nX-Evil: 1\r\n\r\nbody", "a%0D%0AX-Evil: 1%0D%0A%0D%0Abody"),
    ("a\nb", "a%0Ab"),
    ("a\0b", "ab"),
    ("감정 분류.jsonl", "감정 분류.jsonl"),
    ("\u1100\u1161.jsonl", "\u1100\u1161.jsonl"),
    ("😀.jsonl", "😀.jsonl"),
    ("a\u2028b", "a\u2028b"),
    ("\ud800.jsonl", "?.jsonl"),
    (" blanks ", " blanks "),
    ("a%22b", "a%22b"),
    ("=?utf-8?q?x?=", "=?utf-8?q?x?="),
    (LONG, LONG),
    ("", ""),
]
by_name = pytest.mark.parametrize(("name", "seen"), NAMES, ids=[ascii(name)[:30] for name, _ in NAMES])


def uploaded(face: str, file: Any) -> Received:
    """Return the request that an upload makes."""
    with Loopback([[reply(200, {"id": "file-1"})]]) as server:
        if face == "threads":
            with Client(base_url=server.url, api_key=KEY) as client:
                client.files.create(file=file)
        else:
            anyio.run(uploaded_on_a_loop, AsyncClient(base_url=server.url, api_key=KEY), file, backend=face)
    return server.requests[0]


async def uploaded_on_a_loop(client: AsyncClient, file: Any) -> None:
    async with client:
        await client.files.create(file=file)


def as_our_server(request: Received) -> tuple[list[tuple[str, str]], list[tuple[str, str, bytes]]]:
    """Return the fields of a form, and its files with their names and contents."""
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, str, bytes]] = []

    def note(field: Any) -> None:
        fields.append((field.field_name.decode(), field.value.decode()))

    def take(file: Any) -> None:
        file.file_object.seek(0)
        files.append((file.field_name.decode(), file.file_name.decode(), file.file_object.read()))
        file.close()

    head = {"Content-Type": request.headers["content-type"].encode(), "Content-Length": b"%d" % len(request.body)}
    parse_form(head, BytesIO(request.body), note, take)
    return fields, files


def as_python(request: Received) -> list[tuple[Any, ...]]:
    """Return the names of a form's parts, whether they are files, and their contents."""
    text = b"content-type: " + request.headers["content-type"].encode() + b"\r\n\r\n" + request.body
    message = email.message_from_bytes(text, policy=email.policy.HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename() is not None,
            part.get_payload(decode=True),
        )
        for part in message.walk()
        if not part.is_multipart()
    ]


@pytest.mark.parametrize("face", FACES)
@by_name
def test_a_name_stays_a_name(name: str, seen: str, face: str) -> None:
    request = uploaded(face, (name, ROW))
    assert as_our_server(request) == ([("purpose", "fine-tune")], [("file", seen, ROW)])
    assert as_python(request) == [("purpose", False, b"fine-tune"), ("file", True, ROW)]


@pytest.mark.parametrize(
    "name",
    [
        'a".jsonl',
        "a\r\nX: y",
        "감정.jsonl",
        "a\\b.jsonl",
        b"\xff\xfe.jsonl".decode(errors="surrogateescape"),
        "x" * 255,
    ],
    ids=ascii,
)
def test_so_does_that_of_a_file_on_disk(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(ROW)
    request = uploaded("threads", tmp_path / name)
    fields, files = as_our_server(request)
    assert (fields, [(field, content) for field, _, content in files]) == ([("purpose", "fine-tune")], [("file", ROW)])
    assert as_python(request) == [("purpose", False, b"fine-tune"), ("file", True, ROW)]


@pytest.mark.parametrize("name", ["trailing\\", "\\", "C:\\x\\train.jsonl", "\\\\host\\train.jsonl", 'a\\"b'])
def test_a_backslash_ends_no_quotes(name: str) -> None:
    request = uploaded("threads", (name, ROW))
    fields, files = as_our_server(request)
    assert (fields, [(field, content) for field, _, content in files]) == ([("purpose", "fine-tune")], [("file", ROW)])
    assert as_python(request) == [("purpose", False, b"fine-tune"), ("file", True, ROW)]
