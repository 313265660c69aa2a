"""Finding processes, and waiting for their end."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

from server.running import Running


def worker_of(server: Running, job_id: str) -> int:
    """Return the process that works on a job, once it has written its first event."""
    stem = job_id.removeprefix("ft-")
    server.until_true(lambda: (server.settings.data_dir / "jobs" / stem / "checkpoint").exists())
    for folder in Path("/proc").iterdir():
        if re.fullmatch(r"\d+", folder.name):
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"scripted_worker" in command and stem.encode() in command:
                return int(folder.name)
    raise AssertionError(f"no worker for {job_id}")


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
