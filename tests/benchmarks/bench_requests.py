"""CPU time of requests to a server on loopback, beside openai 3.x and plain httpx, each in processes of its own.

`bench_requests.py sync threads 32 100 start` picks among the parts; a number is completions at that concurrency.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping

from answering import Answering
from children import BASE, compile_openft, report, run

TIMES, STARTS_TIMED = 5, 15
HEAD = """
import sys, time
url = sys.argv[1]
def told(began, count): print((time.process_time() - began) / count * 1e6)
"""
IN_TURN = """
def ask_often(ask, count=1500):
    for _ in range(100): ask()
    began = time.process_time()
    for _ in range(count): ask()
    told(began, count)
"""
IN_THREADS = """
from concurrent.futures import ThreadPoolExecutor
def ask_often(ask, count=2000):
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: ask(), range(200)))
        began = time.process_time()
        list(threads.map(lambda _: ask(), range(count)))
        told(began, count)
"""
RETRIEVES = {
    "openft": """
import openft
client = openft.Client(base_url=url, api_key="sk-x")
ask_often(lambda: client.models.retrieve("ada"))
""",
    "httpx": """
import httpx
client = httpx.Client(trust_env=False, headers={"authorization": "Bearer sk-x"})
ask_often(lambda: client.get(f"{url}/models/ada").json())
""",
    "openai": """
import openai
client = openai.OpenAI(base_url=url, api_key="sk-x")
ask_often(lambda: client.models.retrieve("ada"))
""",
}
AT_ONCE = """
import asyncio
async def ask_often(ask, at_once=int(sys.argv[2]), count=2000):
    async def work(turns):
        for _ in turns: await ask()
    async def ask_all(count):
        turns = iter(range(count))
        await asyncio.gather(*(work(turns) for _ in range(at_once)))
    await ask_all(5 * at_once)
    began = time.process_time()
    await ask_all(count)
    told(began, count)
async def main():
    async with make() as client:
        await ask_often(lambda: client.completions.create(model="ada", prompt="great film ->", max_tokens=1))
asyncio.run(main())
"""
COMPLETES = {
    "openft": "import openft\nmake = lambda: openft.AsyncClient(base_url=url, api_key='sk-x')\n",
    "openai": "import openai\nmake = lambda: openai.AsyncOpenAI(base_url=url, api_key='sk-x')\n",
}
STARTS = {
    "openft": "import sys, openft\nopenft.Client(base_url=sys.argv[1], api_key='sk-x').models.retrieve('ada')",
    "httpx and pydantic": """
import sys, httpx, pydantic
class Model(pydantic.BaseModel):
    id: str
with httpx.Client() as client:
    Model.model_validate_json(client.get(f"{sys.argv[1]}/models/ada").content)
""",
    "openai": "import sys, openai\nopenai.OpenAI(base_url=sys.argv[1], api_key='sk-x').models.retrieve('ada')",
}
GOALS = {"sync": "<= 0.5", "32": "<= 0.7", "100": "<= 0.6, 0.4 the stretch", "start": "<= 0.30"}


def costs(codes: Mapping[str, str], *arguments: str, whole: bool = False) -> dict[str, float]:
    """Return the median cost of each code, all run in turn: what it prints, or the whole process in milliseconds."""
    seen: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(STARTS_TIMED if whole else TIMES):
        for name, code in codes.items():
            ended = run([str(BASE), "-c", code, *arguments])
            seen[name].append(ended.cpu * 1000 if whole else float(ended.output))
    return {name: statistics.median(values) for name, values in seen.items()}


def measured(part: str, url: str) -> dict[str, float]:
    """Return what each peer costs in one part."""
    if part == "start":
        return costs(STARTS, url, whole=True)
    if part in {"sync", "threads"}:
        loop = IN_TURN if part == "sync" else IN_THREADS
        return costs({name: HEAD + loop + code for name, code in RETRIEVES.items()}, url)
    return costs({name: HEAD + code + AT_ONCE for name, code in COMPLETES.items()}, url, part)


def main() -> None:
    """Print the ratios."""
    named = {"sync": "retrieve", "threads": "retrieve in 16 threads", "start": "process start to the first answer"}
    compile_openft()
    with Answering() as server:
        for part in sys.argv[1:] or ["sync", "threads", "1", "32", "100", "start"]:
            cost = measured(part, server.url)
            name = named.get(part, f"completion at concurrency {part}")
            for peer in cost.keys() - {"openft"}:
                goal = GOALS.get(part, "") if peer == "openai" else {"sync": "<= 1.15"}.get(part, "")
                unit = "CPU ms" if part == "start" else "CPU µs"
                report(f"openft {name}", cost["openft"], peer, cost[peer], unit, goal)


if __name__ == "__main__":
    main()
