"""A thousand jobs awaited: CPU, requests and delay, beside polling each with openai 3.x, in processes of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.request import urlopen

from children import BASE, compile_openft, run
from jobs_server import JobsServer

JOBS = 1000
INTERVAL = 1.0
HEAD = f"""
import asyncio, json, sys, time
url, ids, seen = sys.argv[1], json.loads(sys.argv[2]), {{}}
INTERVAL = {INTERVAL}
"""
TAIL = """
asyncio.run(main())
print(json.dumps({"cpu": time.process_time(), "seen": seen}))
"""
OPENFT = """
import openft
async def main():
    async with openft.AsyncClient(base_url=url, api_key="sk-x") as client:
        await watch(client.fine_tuning.jobs)
"""
CODES = {
    "as_completed": OPENFT
    + """
async def watch(jobs):
    async for job in jobs.as_completed(ids, poll=INTERVAL):
        seen[job.id] = time.time()
""",
    "wait": OPENFT
    + """
async def watch(jobs):
    async def one(id):
        await jobs.wait(id, poll=INTERVAL)
        seen[id] = time.time()
    async with asyncio.TaskGroup() as group:
        for id in ids: group.create_task(one(id))
""",
    "openai": """
import openai
async def main():
    async with openai.AsyncOpenAI(base_url=url, api_key="sk-x") as client:
        async def one(id):
            while (await client.fine_tuning.jobs.retrieve(id)).status not in ("succeeded", "failed", "cancelled"):
                await asyncio.sleep(INTERVAL)
            seen[id] = time.time()
        async with asyncio.TaskGroup() as group:
            for id in ids: group.create_task(one(id))
""",
}


@dataclass(frozen=True)
class Cost:
    """What one way of waiting for all took."""

    cpu: float
    """Seconds, the interpreter's start and all imports included."""
    requests: int
    late: float
    """Seconds within which 95 % of the ends were noticed."""

    def __str__(self) -> str:
        return f"{self.cpu:.2f} CPU s, {self.requests} requests, 95 % noticed within {self.late:.2f} s"


def cost(name: str, old: int = 0, *, scattered: bool = False) -> Cost:
    """Return what it takes to wait for all."""
    with JobsServer(JOBS, old, scattered=scattered) as server:
        done = run([str(BASE), "-c", HEAD + CODES[name] + TAIL, server.url, json.dumps(server.watched)])
        told = json.loads(done.output)
        with urlopen(f"{server.url}/facts") as answer:
            facts = json.loads(answer.read())
    assert told["seen"].keys() == set(server.watched)
    late = sorted(told["seen"][id] - ended for id, ended in facts["ends"].items())
    return Cost(done.cpu, facts["requests"], late[int(len(late) * 0.95)])


def middle(name: str, old: int = 0, *, scattered: bool = False) -> Cost:
    """Return the one of three whose CPU time is in the middle."""
    return sorted((cost(name, old, scattered=scattered) for _ in range(3)), key=lambda each: each.cpu)[1]


def main() -> None:
    """Print the ratios."""
    compile_openft()
    peer = middle("openai")
    print(f"{JOBS} jobs, each polled with openai: {peer}")
    for name in ("as_completed", "wait"):
        for old, scattered, goal in ((0, False, True), (9500, False, True), (9500, True, False)):
            ours = middle(name, old, scattered=scattered)
            where = f"among {old} old ones" if scattered else f"before {old} old ones" if old else "alone"
            cpu, requests = ours.cpu / peer.cpu, ours.requests / peer.requests
            goals = f" (goals <= 0.05, <= 0.1, within {INTERVAL + 1:g} s)" if goal else ""
            print(f"{name} of {JOBS} jobs {where}: {ours}; ratios {cpu:.3f}, {requests:.3f}{goals}")


if __name__ == "__main__":
    main()
