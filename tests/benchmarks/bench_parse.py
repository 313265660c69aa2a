"""CPU time of reading long answers, beside openai 3.x: events of a stream, and jobs of a list, over loopback."""

from __future__ import annotations

import statistics
import sys

from children import BASE, report, run
from reciting import EVENTS, JOBS, Reciting

TIMES = 3
HEAD = """
import asyncio, sys, time
url = sys.argv[1]
def cost(began, count): print((time.process_time() - began) / count * 1000)
"""
CLIENTS = {
    "openft": f"{HEAD}import openft\nclient = openft.Client(base_url=url, api_key='sk-x')\n",
    "openai": f"{HEAD}import openai\nclient = openai.OpenAI(base_url=url, api_key='sk-x')\n",
}
ASYNC_CLIENTS = {
    "openft": f"{HEAD}import openft\nmake = lambda: openft.AsyncClient(base_url=url, api_key='sk-x')\n",
    "openai": f"{HEAD}import openai\nmake = lambda: openai.AsyncOpenAI(base_url=url, api_key='sk-x')\n",
}
COMPLETIONS = "client.completions.create(model='ada', prompt='a ->', stream=True)"
CHAT = "client.chat.completions.create(model='ada', messages=[{'role': 'user', 'content': 'a'}], stream=True)"
STREAM = f"""
def read(): return sum(len(piece.choices) for piece in CALL)
assert read() == {EVENTS}
began = time.process_time()
for _ in range(2): read()
cost(began, 2 * {EVENTS})
"""
ASYNC_STREAM = f"""
async def main():
    async with make() as client:
        async def read(): return sum([len(piece.choices) async for piece in await CALL])
        assert await read() == {EVENTS}
        began = time.process_time()
        for _ in range(2): await read()
        cost(began, 2 * {EVENTS})
asyncio.run(main())
"""
LIST = f"""
def read(): return sum(job.status == "succeeded" for job in client.fine_tuning.jobs.list(limit=100))
client.fine_tuning.jobs.list(limit=100).data
began = time.process_time()
assert read() == {JOBS}
cost(began, {JOBS})
"""


def costs(codes: dict[str, str], url: str) -> dict[str, float]:
    """Return the median CPU milliseconds of an event or a job, the peers measured in turn."""
    seen: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(TIMES):
        for name, code in codes.items():
            seen[name].append(float(run([str(BASE), "-c", code, url]).output))
    return {name: statistics.median(values) for name, values in seen.items()}


def main() -> None:
    """Print the ratios."""
    measures = {
        "completions": (CLIENTS, STREAM.replace("CALL", COMPLETIONS), "event of a completion", "<= 0.12"),
        "chat": (CLIENTS, STREAM.replace("CALL", CHAT), "event of a chat", "<= 0.12"),
        "async": (ASYNC_CLIENTS, ASYNC_STREAM.replace("CALL", CHAT), "event of a chat, async", "<= 0.12"),
        "list": (CLIENTS, LIST, "job of a list", "<= 0.25"),
    }
    with Reciting() as server:
        for wanted in sys.argv[1:] or measures:
            clients, code, name, goal = measures[wanted]
            cost = costs({peer: head + code for peer, head in clients.items()}, server.url)
            report(f"openft {name}", cost["openft"] * 1000, "openai", cost["openai"] * 1000, "µs", goal)


if __name__ == "__main__":
    main()
