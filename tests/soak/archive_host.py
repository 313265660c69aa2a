"""A host whose account is to be archived, in a process of its own: a tenth of all its answers fail.

``python archive_host.py JOBS FILES EVENTS LARGEST SHARE``: prints its address as JSON and ends with its standard input.
``GET /counts`` (no key, no failures) tells what was asked. Contents are made while they are sent.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "sk-test-0123456789"
BLOCK = 1 << 16
PACE = 0.003
"""Seconds behind each block, so that a large file takes longer than an archiver is let live."""
OLD = 1_780_000_000
GONE, FORBIDDEN = "file-gone", "file-forbidden"


def content(id: str, size: int) -> Iterator[bytes]:
    """Yield a file's content, the same for each asking."""
    block = random.Random(id).randbytes(BLOCK)
    for number in range(0, size, BLOCK):
        yield (struct.pack(">Q", number) + block[8:])[: size - number]


def digest(id: str, size: int) -> str:
    """Return the SHA-256 of a file's content."""
    hashed = sha256()
    for piece in content(id, size):
        hashed.update(piece)
    return hashed.hexdigest()


def sizes(count: int, largest: int) -> dict[str, int]:
    """Return how large each file is; two are the largest, the others a tenth of it on average."""
    chance = random.Random(7)
    drawn = [chance.randrange(1, largest // 5) for _ in range(count - 2)]
    return {f"file-{number:04}": size for number, size in enumerate([largest, largest, *drawn])}


class Account:
    """What the account holds."""

    def __init__(self, jobs: int, files: int, events: int, largest: int) -> None:
        self.sizes = sizes(files, largest)
        names = list(self.sizes)
        self.files = [
            {
                "id": id, "object": "file", "bytes": size, "created_at": OLD, "filename": f"{id}.jsonl",
                "purpose": "fine-tune" if number % 2 else "fine-tune-results",
            }
            for number, (id, size) in enumerate(self.sizes.items())
        ]  # fmt: skip
        self.files.append({**self.files[1], "id": FORBIDDEN, "bytes": 5})
        self.files.append({**self.files[1], "id": "file-of-a-batch", "purpose": "batch"})
        self.jobs = [
            {
                "id": f"ftjob-{number:04}", "object": "fine_tuning.job", "created_at": OLD + number, "model": "gpt-4o",
                "finished_at": OLD + number + 60, "fine_tuned_model": f"ft:gpt-4o:org::{number}", "status": "succeeded",
                "organization_id": "org-soak", "training_file": GONE if number == 3 else names[number % files],
                "result_files": [names[number % files // 2 * 2]], "hyperparameters": {"n_epochs": 3},
            }
            for number in range(jobs)
        ]  # fmt: skip
        each, rest = divmod(events, jobs)
        self.events = {str(job["id"]): each + (number < rest) for number, job in enumerate(self.jobs)}
        self.models = [{"id": "gpt-4o", "object": "model", "created": OLD, "shutdown_date": "2027-01-14"}]

    def answer(self, path: list[str], query: dict[str, list[str]]) -> tuple[int, Any]:
        """Return status and body."""
        match path:
            case ["models"]:
                return 200, {"object": "list", "data": self.models}
            case ["files"]:
                return 200, page(self.files, query)
            case ["files", id]:
                found = next((file for file in self.files if file["id"] == id), None)
                return (200, found) if found else refused(404, f"no such file: {id}")
            case ["fine_tuning", "jobs"]:
                return 200, page(self.jobs, query)
            case ["fine_tuning", "jobs", id, "events"] if id in self.events:
                return 200, page([event(id, number) for number in range(self.events[id], 0, -1)], query)
            case ["fine_tuning", "jobs", id, "checkpoints"] if id in self.events:
                return 200, page([checkpoint(id, number) for number in (3, 2, 1)], query)
        return refused(404, "nothing is here")


def event(job: str, number: int) -> dict[str, Any]:
    data = {"step": number, "train_loss": 1 / number}
    return {
        "id": f"ftevent-{job}-{number}", "object": "fine_tuning.job.event", "created_at": OLD + number, "level": "info",
        "message": f"Step {number}: training loss={1 / number:.2f}", "type": "metrics", "data": data,
    }  # fmt: skip


def checkpoint(job: str, number: int) -> dict[str, Any]:
    return {
        "id": f"ftckpt_{job}_{number}", "object": "fine_tuning.job.checkpoint", "created_at": OLD,
        "step_number": number,
        "fine_tuned_model_checkpoint": f"ft:x:ckpt-step-{number}", "fine_tuning_job_id": job,
        "metrics": {"step": number, "train_loss": 0.5},
    }  # fmt: skip


def page(things: list[dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
    """Return one page of a list."""
    ids = [thing["id"] for thing in things]
    start = ids.index(query["after"][0]) + 1 if "after" in query else 0
    end = start + int(query.get("limit", ["20"])[0])
    return {"object": "list", "data": things[start:end], "has_more": end < len(things)}


def refused(status: int, message: str) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "x", "param": None, "code": None}}


class Server:
    """Answers, and fails a share of the time."""

    def __init__(self, account: Account, share: float) -> None:
        self.account, self.share = account, share
        self.asked: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.sent = 0
        self._chance = random.Random(11)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        target = head.split(" ")[1]
        path = [unquote(part) for part in urlsplit(target).path.removeprefix("/v1").strip("/").split("/")]
        if path == ["counts"]:
            told = {"asked": self.asked, "failed": self.failed, "sent": self.sent}
            await self._send(writer, 200, json.dumps(told).encode())
            return True
        self.asked["/".join(path)] += 1
        fault = self._chance.choice(["500", "429", "reset", "cut"]) if self._chance.random() < self.share else ""
        if fault:
            self.failed[fault] += 1
        if f"authorization: bearer {KEY}" not in head.lower():
            status, body = refused(401, "wrong key")
        elif fault in ("500", "429"):
            status, body = refused(int(fault), "scripted")
        elif fault == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif path[0] == "files" and path[-1] == "content" and path[1] in self.account.sizes:
            return await self._content(writer, path[1], cut=fault == "cut")
        elif path == ["files", FORBIDDEN, "content"]:
            status, body = refused(403, "not allowed to download this file")
        else:
            status, body = self.account.answer(path, parse_qs(urlsplit(target).query))
        await self._send(writer, status, json.dumps(body).encode(), cut=fault == "cut")
        return fault != "cut"

    async def _content(self, writer: asyncio.StreamWriter, id: str, *, cut: bool) -> bool:
        size = self.account.sizes[id]
        writer.write(f"HTTP/1.1 200 X\r\ncontent-length: {size}\r\n\r\n".encode())
        left = self._chance.randrange(size) if cut else size
        for piece in content(id, size):
            if left <= 0:
                break
            writer.write(piece[:left])
            await writer.drain()
            await asyncio.sleep(PACE)
            self.sent += min(left, len(piece))
            left -= len(piece)
        return not cut

    async def _send(self, writer: asyncio.StreamWriter, status: int, body: bytes, *, cut: bool = False) -> None:
        more = "retry-after-ms: 20\r\n" if status == 429 else ""
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{more}\r\n"
        writer.write(head.encode() + (body[: len(body) // 2] if cut else body))
        await writer.drain()


async def main(jobs: int, files: int, events: int, largest: int, share: float) -> None:
    served = Server(Account(jobs, files, events, largest), share)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"}), flush=True)
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    jobs, files, events, largest = map(int, sys.argv[1:5])
    asyncio.run(main(jobs, files, events, largest, float(sys.argv[5])))
