"""A service as an application would write it: it creates jobs and handles each end, whatever happens to its process.

``python service.py URL FOLDER COUNT FILE``: what it knows stands in the ledger in the folder, so that it may be killed
and started again at any moment; it ends when all is handled.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from openft import AsyncClient

AT_ONCE = 16
"""Jobs that are created at the same time."""


class Ledger:
    """Lines that are on the disk when ``write`` returns; one that was cut off by a kill does not count."""

    def __init__(self, path: Path) -> None:
        whole = path.read_bytes() if path.exists() else b""
        kept = whole[: whole.rfind(b"\n") + 1]
        self.lines = [json.loads(line) for line in kept.splitlines()]
        self._file = path.open("ab")
        self._file.truncate(len(kept))

    def write(self, *line: object) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


async def created(client: AsyncClient, ledger: Ledger, count: int, file: str) -> list[str]:
    """Return the ids of all jobs; those that the ledger does not know are created, or were before the last kill."""
    ids = {number: id for number, what, id in ledger.lines if what == "created"}
    slots = asyncio.Semaphore(AT_ONCE)

    async def create(number: int) -> None:
        async with slots:
            job = await client.fine_tuning.jobs.create(
                model="babbage-002", training_file=file, idempotency_key=f"soak-{number}"
            )
        ids[number] = job.id
        ledger.write(number, "created", job.id)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            if number not in ids:
                group.create_task(create(number))
    return list(ids.values())


async def main(url: str, folder: Path, count: int, file: str) -> None:
    ledger = Ledger(folder / "ledger.jsonl")
    async with AsyncClient(base_url=url, api_key="sk-soak") as client:
        ids = await created(client, ledger, count, file)
        handled = {id for _, what, id in ledger.lines if what == "handled"}
        async for job in client.fine_tuning.jobs.as_completed(set(ids) - handled, poll=0.2):
            ledger.write(job.status, "handled", job.id)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
