"""Creates whose process is killed while they are under way, repeated by a new one: `python tests/soak/creates.py`."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from loopback import HANG, KEY, Answer, Loopback, Received, reply

SERVICE = f"""
import asyncio, sys, openft

async def main(url, orders):
    async with openft.AsyncClient(base_url=url, api_key="{KEY}", timeout=60) as client:
        create = client.fine_tuning.jobs.create
        jobs = await asyncio.gather(*[create(model="m", training_file="file-1", idempotency_key=o) for o in orders])
    assert len({{job.id for job in jobs}}) == len(orders)

asyncio.run(main(sys.argv[1], sys.argv[2:]))
"""


class Host:
    """A host of today's API; while it is to interrupt, it answers no create, and has done the work of some of them."""

    def __init__(self, *, keeps_keys: bool, seed: int) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, str] = {}
        self.keeps_keys = keeps_keys
        self.interrupts = True
        self.heard = threading.Semaphore(0)
        """Released with each create that is not answered."""
        self._chance = random.Random(seed)

    def __call__(self, asked: Received) -> Answer:
        mark = {"openft_version": "1"} if self.keeps_keys else {}
        if asked.method == "GET":
            wanted = parse_qs(urlsplit(asked.target).query).get("metadata[openft_key]", [""])[0]
            rows = [job for job in self.jobs.values() if (job.get("metadata") or {}).get("openft_key") == wanted]
            return [reply(200, {"object": "list", "data": rows, "has_more": False}, **mark)]
        works = not self.interrupts or self._chance.random() < 0.5
        job = self._made(asked) if works else None
        if job is None or self.interrupts:
            self.heard.release()
            return [HANG]
        return [reply(200, job, **mark)]

    def _made(self, asked: Received) -> dict[str, Any]:
        key = asked.headers["idempotency-key"]
        if self.keeps_keys and key in self.kept:
            return self.jobs[self.kept[key]]
        id = f"ftjob-{len(self.jobs) + 1}"
        self.jobs[id] = {**asked.json(), "id": id, "status": "queued", "created_at": int(time())}
        self.kept[key] = id
        return self.jobs[id]


def soak(*, keeps_keys: bool, rounds: int, each: int, seed: int = 7) -> Host:
    """Return the host after so many rounds: a process is killed amid ``each`` creates, and another repeats them."""
    host = Host(keeps_keys=keeps_keys, seed=seed)
    with Loopback(host, whole=True) as server:
        for number in range(rounds):
            orders = [f"order-{number}-{index}" for index in range(each)]
            command = [sys.executable, "-c", SERVICE, server.url, *orders]
            host.interrupts = True
            service = subprocess.Popen(command)
            with service:
                try:
                    for _ in orders:
                        assert host.heard.acquire(timeout=20)
                finally:
                    service.kill()
            host.interrupts = False
            subprocess.run(command, check=True, timeout=60)
    return host


if __name__ == "__main__":
    for keeps_keys in (True, False):
        host = soak(keeps_keys=keeps_keys, rounds=10, each=50)
        print(f"{'keeps keys' if keeps_keys else 'knows no keys'}: 500 interrupted creates are {len(host.jobs)} jobs")
