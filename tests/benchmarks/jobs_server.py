"""A host of thousands of jobs that costs next to nothing, in a process of its own; its bytes are made beforehand."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import socket
import time
from types import TracebackType
from urllib.parse import parse_qs

LIMIT = 100


def job(id: str, created: int, status: str) -> bytes:
    """Return a job as the official host shows it."""
    done = status == "succeeded"
    fields = {
        "object": "fine_tuning.job",
        "id": id,
        "model": "gpt-4o-mini-2024-07-18",
        "created_at": created,
        "finished_at": created + 10 if done else None,
        "fine_tuned_model": f"ft:gpt-4o-mini-2024-07-18:me::{id}" if done else None,
        "organization_id": "org-123",
        "result_files": ["file-abc123"] if done else [],
        "status": status,
        "validation_file": None,
        "training_file": "file-abc123",
        "hyperparameters": {"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 1.0},
        "trained_tokens": 5768 if done else None,
        "error": {},
        "integrations": [],
        "seed": 0,
        "estimated_finish": 0,
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": 1}}},
        "metadata": {"key": "value"},
    }
    return json.dumps(fields).encode()


class Table:
    """The jobs, newest first. Those that are watched end at random within so many seconds of the first request."""

    def __init__(self, watched: int, old: int, *, scattered: bool, seconds: float) -> None:
        chance = random.Random(4)
        ids = [f"ftjob-{number:05d}" for number in range(watched + old, 0, -1)]
        self.watched = sorted(chance.sample(ids, watched)) if scattered else ids[:watched]
        self.ids = ids
        self.places = {id: place for place, id in enumerate(ids)}
        self.running = [job(id, 1_700_000_000 - place, "running") for place, id in enumerate(ids)]
        self.over = [job(id, 1_700_000_000 - place, "succeeded") for place, id in enumerate(ids)]
        self.after = dict.fromkeys(range(len(ids)), 0.0)
        self.after |= {self.places[id]: chance.uniform(0, seconds) for id in self.watched}
        self.began = 0.0
        self.requests = 0

    def shown(self, place: int, now: float) -> bytes:
        return self.over[place] if now >= self.after[place] else self.running[place]

    def answer(self, target: str) -> bytes:
        """Return the body for a request."""
        path, _, query = target.partition("?")
        if path.endswith("/facts"):
            ends = {id: self.began + self.after[self.places[id]] for id in self.watched}
            return json.dumps({"requests": self.requests, "ends": ends}).encode()
        self.requests += 1
        self.began = self.began or time.time()
        now = time.time() - self.began
        if not path.endswith("/jobs"):
            return self.shown(self.places[path.rpartition("/")[2]], now)
        asked = parse_qs(query)
        first = 1 + self.places[asked["after"][0]] if "after" in asked else 0
        last = min(first + min(int(asked.get("limit", ["20"])[0]), LIMIT), len(self.ids))
        rows = b",".join([self.shown(place, now) for place in range(first, last)])
        more = b"true" if last < len(self.ids) else b"false"
        return b'{"object":"list","data":[' + rows + b'],"has_more":' + more + b"}"


class Connection(asyncio.Protocol):
    """One connection; requests have no bodies."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            target = self._seen[: self._seen.index(b"\r")].split(b" ")[1].decode()
            self._seen = self._seen[end + 4 :]
            body = self._table.answer(target)
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            self._transport.write(head % len(body) + body)


class JobsServer:
    """The server, as a context manager."""

    def __init__(self, watched: int, old: int = 0, *, scattered: bool = False, seconds: float = 10.0) -> None:
        self._table = Table(watched, old, scattered=scattered, seconds=seconds)
        self.watched = self._table.watched

    def __enter__(self) -> JobsServer:
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        self._process = multiprocessing.get_context("fork").Process(target=serve, args=(listener, self._table))
        self._process.start()
        listener.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._process.terminate()
        self._process.join()


def serve(listener: socket.socket, table: Table) -> None:
    """Answer until the process is ended."""

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Connection(table), sock=listener)
        await server.serve_forever()

    asyncio.run(main())
