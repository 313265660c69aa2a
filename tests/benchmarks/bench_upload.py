"""Uploading 500 MB from disk to a server on loopback, as a whole and in parts, beside curl and openai 3.x."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from children import BASE, report, run
from sink import Sink

SIZE = 500 * 1000 * 1000
TIMES = 5
HEAD = """
import resource, sys
def kilobytes(field): return int(next(line for line in open("/proc/self/status") if line.startswith(field)).split()[1])
def start_watching(): open("/proc/self/clear_refs", "w").write("5"); return kilobytes("VmRSS")
def cpu(): u = resource.getrusage(resource.RUSAGE_SELF); return u.ru_utime + u.ru_stime
from pathlib import Path
url, path, small = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
"""
TAIL = '\nprint(kilobytes("VmHWM") - before, cpu() - began)'
CODE = {
    "openft": HEAD
    + """
import openft
client = openft.Client(api_key="sk-x", base_url=url)
client.files.create(file=small, check=False)
before, began = start_watching(), cpu()
client.files.create(file=path, purpose="evals")
"""
    + TAIL,
    "openft async": HEAD
    + """
import anyio, openft
async def main():
    global before, began
    async with openft.AsyncClient(api_key="sk-x", base_url=url) as client:
        await client.files.create(file=small, check=False)
        before, began = start_watching(), cpu()
        await client.files.create(file=path, purpose="evals")
anyio.run(main)
"""
    + TAIL,
    "openai": HEAD
    + """
import openai
client = openai.OpenAI(api_key="sk-x", base_url=url)
client.files.create(file=small, purpose="fine-tune")
before, began = start_watching(), cpu()
client.files.create(file=path, purpose="fine-tune")
"""
    + TAIL,
}
ARGUMENTS = 'mime_type="text/jsonl", purpose="fine-tune"'
PARTS = {
    "openft in parts": HEAD
    + f"""
import openft
client = openft.Client(api_key="sk-x", base_url=url)
client.uploads.upload_file_chunked(file=small, {ARGUMENTS})
before, began = start_watching(), cpu()
client.uploads.upload_file_chunked(file=path, {ARGUMENTS})
"""
    + TAIL,
    "openft in parts, md5 given": HEAD
    + f"""
import openft
client = openft.Client(api_key="sk-x", base_url=url)
client.uploads.upload_file_chunked(file=small, {ARGUMENTS})
before, began = start_watching(), cpu()
client.uploads.upload_file_chunked(file=path, {ARGUMENTS}, md5="0" * 32)
"""
    + TAIL,
    "openft async in parts": HEAD
    + f"""
import anyio, openft
async def main():
    global before, began
    async with openft.AsyncClient(api_key="sk-x", base_url=url) as client:
        await client.uploads.upload_file_chunked(file=small, {ARGUMENTS})
        before, began = start_watching(), cpu()
        await client.uploads.upload_file_chunked(file=path, {ARGUMENTS})
anyio.run(main)
"""
    + TAIL,
    "openai in parts": HEAD
    + f"""
import openai
client = openai.OpenAI(api_key="sk-x", base_url=url)
client.uploads.upload_file_chunked(file=small, {ARGUMENTS})
before, began = start_watching(), cpu()
client.uploads.upload_file_chunked(file=path, {ARGUMENTS})
"""
    + TAIL,
}


def main() -> None:
    """Print the ratios."""
    codes = CODE | PARTS
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        large, small = Path(folder, "large.jsonl"), Path(folder, "small.jsonl")
        line = b'{"prompt": "a text of some length ->", "completion": " yes"}\n'
        large.write_bytes(line * (SIZE // len(line)))
        small.write_bytes(line)
        curl = ["curl", "-sS", "-o", "/dev/null", "-H", "Expect:", "-F", "purpose=fine-tune"]
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in ("curl", *codes)}
        for _ in range(TIMES):
            start = run([*curl, "-F", f"file=@{small}", f"{sink.url}/files"]).cpu
            seen["curl"].append((0.0, run([*curl, "-F", f"file=@{large}", f"{sink.url}/files"]).cpu - start))
            for name, code in codes.items():
                output = run([str(BASE), "-c", code, sink.url, str(large), str(small)]).output
                growth, cpu = output.split()
                seen[name].append((float(growth) / 1024, float(cpu)))
        if sink.received < large.stat().st_size * TIMES * len(seen):
            sys.exit("the sink has not seen all bytes")
    cost = {name: statistics.median(cpu for _, cpu in runs) for name, runs in seen.items()}
    for name in codes:
        goal = " (goal <= 8)" if name in {"openft", "openft async"} else ""
        print(f"{name}: memory grew by {max(growth for growth, _ in seen[name]):.1f} MB{goal}")
    report("openft upload", cost["openft"], "curl", cost["curl"], goal="<= 1.25")
    report("openft async upload", cost["openft async"], "openft upload", cost["openft"], goal="<= 1.3")
    report("openft upload", cost["openft"], "openai", cost["openai"])
    for name in list(PARTS)[:-1]:
        report(name, cost[name], "openft upload", cost["openft"])
        report(name, cost[name], "openai in parts", cost["openai in parts"])


if __name__ == "__main__":
    main()
