"""A server with long answers: streams of many events, a list of many jobs; in a process of its own."""

from __future__ import annotations

import json
import multiprocessing
import re
import socket
import threading
from types import TracebackType
from typing import Any

EVENTS = 2000
JOBS = 10_000
PAGE = 100


class Reciting:
    """The server, as a context manager."""

    def __enter__(self) -> Reciting:
        listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        self._process = multiprocessing.get_context("fork").Process(target=serve, args=(listener,))
        self._process.start()
        listener.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._process.terminate()
        self._process.join()


def serve(listener: socket.socket) -> None:
    """Answer for as long as the process lives."""
    pages = {f"ftjob-{number:05}".encode(): page(number) for number in range(0, JOBS, PAGE)}
    streams = {b"/chat/completions": stream(chat_chunk), b"/completions": stream(completion)}
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=recite, args=(connection, pages, streams), daemon=True).start()


def recite(connection: socket.socket, pages: dict[bytes, bytes], streams: dict[bytes, bytes]) -> None:
    """Answer the requests of one connection."""
    with connection:
        seen = b""
        while part := connection.recv(65536):
            seen += part
            head, end, body = seen.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            if not end or len(body) < (int(length[1]) if length else 0):
                continue
            seen = b""
            after = re.search(rb"[?&]after=ftjob-(\d+)", head)
            first = b"ftjob-%05d" % (int(after[1]) + 1 if after else 0)
            answer = next((each for path, each in streams.items() if path + b" " in head), None)
            try:
                connection.sendall(answer or pages[first])
            except OSError:
                return


def page(first: int) -> bytes:
    """Return the answer with the jobs from this number on."""
    more = first + PAGE < JOBS
    content = json.dumps(
        {"object": "list", "data": [job(number) for number in range(first, first + PAGE)], "has_more": more}
    ).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(content) + content


def job(number: int) -> dict[str, Any]:
    """Return a job as OpenAI sends it (source: the example of its API description)."""
    return {
        "object": "fine_tuning.job",
        "id": f"ftjob-{number:05}",
        "model": "gpt-4o-mini-2024-07-18",
        "created_at": 1721764800,
        "finished_at": 1721765900,
        "fine_tuned_model": f"ft:gpt-4o-mini:acemeco:suffix:{number:08}",
        "organization_id": "org-123",
        "result_files": ["file-abc123"],
        "status": "succeeded",
        "validation_file": None,
        "training_file": "file-abc123",
        "hyperparameters": {"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 1.0},
        "trained_tokens": 5768,
        "integrations": [],
        "seed": 0,
        "estimated_finish": 0,
        "error": {"code": None, "message": None, "param": None},
        "method": {
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 1.0}},
        },
        "metadata": {"key": "value"},
    }


def chat_chunk(number: int) -> dict[str, Any]:
    """Return a piece of a chat completion as OpenAI sends it."""
    return {
        "id": "chatcmpl-123",
        "object": "chat.completion.chunk",
        "created": 1694268190,
        "model": "gpt-4o-mini",
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
        "choices": [{"index": 0, "delta": {"content": f" word{number}"}, "logprobs": None, "finish_reason": None}],
        "usage": None,
        "obfuscation": "pLq8Xz",
    }


def completion(number: int) -> dict[str, Any]:
    """Return a piece of a completion as OpenAI sends it."""
    return {
        "id": "cmpl-123",
        "object": "text_completion",
        "created": 1694268190,
        "choices": [{"text": f" word{number}", "index": 0, "logprobs": None, "finish_reason": None}],
        "model": "gpt-3.5-turbo-instruct",
        "system_fingerprint": "fp_44709d6fcb",
    }


def stream(piece: Any) -> bytes:
    """Return the answer that is a stream, each event in a chunk of its own, as servers send them."""
    told = [json.dumps(piece(number), separators=(",", ":")).encode() for number in range(EVENTS)]
    chunks = [b"data: %b\n\n" % data for data in (*told, b"[DONE]")]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + framed + b"0\r\n\r\n"
