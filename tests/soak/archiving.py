"""An archiver that is killed again and again, and what it leaves in the end.

``python archiving.py JOBS FILES EVENTS LARGEST KILLS SHORTEST LONGEST`` prints what was seen, as JSON. It is a
process of its own, since a child of a large process begins with that one's memory as its peak.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from soak.archive_host import KEY, digest, sizes  # noqa: E402


@dataclass(frozen=True)
class Size:
    """How much an account holds."""

    jobs: int
    files: int
    events: int
    largest: int
    share: float = 0.1
    """Of answers that fail."""


@dataclass
class Told:
    """What was seen."""

    peaks: list[int] = field(default_factory=list)
    """Largest memory of each run, in kB."""
    counts: list[dict[str, Any]] = field(default_factory=list)
    """What the host was asked up to the end of the first complete run, and of the second."""
    reports: list[dict[str, Any]] = field(default_factory=list)
    kills: int = 0


@contextmanager
def host(size: Size) -> Generator[str]:
    """Serve an account for the length of the block."""
    numbers = [size.jobs, size.files, size.events, size.largest, size.share]
    command = [sys.executable, str(Path(__file__).with_name("archive_host.py")), *map(str, numbers)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdin
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.stdin.close()


def start(url: str, folder: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    """Start an archiver."""
    environment = {**os.environ, "OPENFT_BASE_URL": url, "OPENFT_API_KEY": KEY, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "openft", "archive", str(folder), "--json", *more]
    with out.open("wb") as file:
        return subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.DEVNULL)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Wait for a process; return its exit code and the most memory that it had, in kB."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_maxrss


def counts(url: str) -> dict[str, Any]:
    """Return what the host was asked."""
    with urlopen(url + "/counts") as answer:
        return dict(json.load(answer))


def archived(size: Size, folder: Path, *, kills: int, within: tuple[float, float], seed: int = 3) -> Told:
    """Archive an account with a killed process after the other, then whole, then once more."""
    told, chance, out = Told(), random.Random(seed), folder.parent / "out.json"
    with host(size) as url:
        while told.kills < kills:
            process = start(url, folder, out)
            time.sleep(chance.uniform(*within))
            os.kill(process.pid, signal.SIGKILL)  # Popen.kill would reap one that has ended
            code, peak = ended(process)
            told.peaks.append(peak)
            if code != -signal.SIGKILL:  # it was done before
                assert code == 0, out.read_text()
                break
            told.kills += 1
        for more in ((), (), ("--verify",)):
            code, peak = ended(start(url, folder, out, *more))
            told.reports.append(json.loads(out.read_bytes()))
            told.peaks.append(peak)
            told.counts.append(counts(url))
            assert code == 0, told.reports[-1]["summary"]
    return told


def main(jobs: int, files: int, events: int, largest: int, kills: int, shortest: float, longest: float) -> None:
    """Archive into a temporary folder, check it, and print what was seen."""
    with tempfile.TemporaryDirectory(prefix="openft-archive-") as place:
        size, folder = Size(jobs, files, events, largest), Path(place, "archive")
        told = archived(size, folder, kills=kills, within=(shortest, longest))
        print(json.dumps({**asdict(told), "found": found(size, folder)}))


def found(size: Size, folder: Path) -> dict[str, Any]:
    """Return what is in an archive, counted without openft, and how many contents are what the host has."""
    wanted = sizes(size.files, size.largest)
    right = 0
    for id, length in wanted.items():
        with (folder / "files" / id / f"{id}.jsonl").open("rb") as file:
            right += hashlib.file_digest(file, "sha256").hexdigest() == digest(id, length)
    lines = [path.read_text().splitlines() for path in folder.glob("jobs/*/events.jsonl")]
    return {
        "jobs": len((folder / "jobs.jsonl").read_text().splitlines()),
        "contents": right,
        "events": sum(map(len, lines)),
        "in order": all(
            [json.loads(line)["data"]["step"] for line in one] == [*range(1, len(one) + 1)] for one in lines
        ),
        "keys": sum(KEY.encode() in path.read_bytes() for path in folder.rglob("*.*") if path.stat().st_size < 10**6),
    }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:6]), *map(float, sys.argv[6:8]))
