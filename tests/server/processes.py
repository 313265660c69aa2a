"""Finding processes, and waiting for their end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from server.running import Running


def worker_of(server: Running, job_id: str, sign: str = "checkpoint") -> int:
    """Return the process that works on a job, once its folder has a sign of it."""
    stem = job_id.removeprefix("ft-")
    found: list[int] = []

    def there() -> bool:
        found.extend(_workers(stem))
        return bool(found) and (server.settings.data_dir / "jobs" / stem / sign).exists()

    server.until_true(there)
    return found[-1]


def _workers(stem: str) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"scripted_worker" in command and stem.encode() in command:
                yield int(folder.name)


def ended(pid: int) -> None:
    """Wait until a process is gone, reaped too."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError(f"process {pid} is still there")
