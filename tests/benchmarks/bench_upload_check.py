"""What checking an upload costs: CPU per megabyte of good rows, and how long hostile ones hold Python's lock.

Usage: ``python tests/benchmarks/bench_upload_check.py``. While the lock is held, no other thread runs, so that a server
answers nobody; the longest hold is what a thread that sleeps a millisecond at a time sees of it.
"""

from __future__ import annotations

import json
import time
from threading import Thread

from openft.data import UploadCheck
from openft.errors import DataError

FEED = 256 * 1024
"""Bytes that the server hands over at a time."""
SIGNS = 1 << 19
GOOD = {
    "pairs, 120 bytes": {"prompt": "x" * 80 + " ->", "completion": " positive"},
    "pairs, 2 kB": {"prompt": "x" * 1950 + " ->", "completion": " positive"},
    "chat, 150 bytes": {
        "messages": [{"role": "user", "content": "x" * 40}, {"role": "assistant", "content": "y" * 20}]
    },
    "chat with a weight": {"messages": [{"role": "assistant", "content": "y" * 60, "weight": 1}]},
}
HOSTILE = {
    "blank lines": b"\n" * 8_000_000,
    "tiny rows": b'{"prompt":"","completion":"a"}\n' * 300_000,
    "brackets": b"[" * 15_000_000,
    "values": b'{"messages":[{"role":"user"}],"x":[' + b"0," * (SIGNS - 60) + b"0]}\n",
    "faults": b'{"messages":[{"role":"user"}],"tools":[' + b"0," * (SIGNS - 60) + b"0]}\n",
    "parts": b'{"messages":[{"role":"user","content":[' + b'{"type":"a"},' * (SIGNS // 2 - 60) + b"{}]}]}\n",
    "keys": b"{" + b",".join(b'"%d":0' % number for number in range(SIGNS - 60)) + b"}\n",
    "escapes": b'{"messages":[{"role":"user","content":"' + b"\\ud83d\\ude00" * 1_300_000 + b'"}],"a":1}\n',
}


def check(content: bytes) -> str:
    """Return what the check says."""
    checker = UploadCheck()
    try:
        for start in range(0, len(content), FEED):
            checker.feed(content[start : start + FEED])
        return f"{checker.finish().rows:,} rows"
    except DataError as error:
        return error.reason[:40]


def longest_hold(content: bytes) -> tuple[float, str]:
    """Return the seconds that another thread waited the longest, and what the check says."""
    said: list[str] = []
    worker = Thread(target=lambda: said.append(check(content)))
    longest, before = 0.0, time.perf_counter()
    worker.start()
    while worker.is_alive():
        time.sleep(0.001)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return longest, said[0]


def main() -> None:
    """Print both tables."""
    for name, row in GOOD.items():
        line = json.dumps(row).encode() + b"\n"
        content = line * (100_000_000 // len(line))
        before = time.process_time()
        said = check(content)
        spent = time.process_time() - before
        print(f"{name:20} {len(content) / 1e6 / spent:6.0f} MB/s of CPU ({said})")
    for name, content in HOSTILE.items():
        longest, said = longest_hold(content)
        print(f"{name:20} {longest * 1000:6.0f} ms held ({len(content) / 1e6:.1f} MB: {said})")


if __name__ == "__main__":
    main()
