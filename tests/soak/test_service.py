"""A service that is killed again and again: each of its jobs is there once, and each end is handled once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from openft.testing import FakeAPI

JOBS, KILLS = 500, 20
SERVICE = Path(__file__).with_name("service.py")


def start(url: str, folder: Path, file: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(SERVICE), url, str(folder), str(JOBS), file]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def end_some(api: FakeAPI, chance: random.Random, share: float) -> None:
    for job in api.jobs:
        if job.status not in {"succeeded", "failed", "cancelled"} and chance.random() < share:
            api.end(job.id, outcome=chance.choice(["succeeded", "failed", "cancelled"]))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("keeps_keys", [True, False], ids=["keys kept", "keys ignored"])
def test_a_service_that_is_killed_twenty_times_handles_each_of_its_jobs_once(keeps_keys: bool, tmp_path: Path) -> None:
    api, chance = FakeAPI(keeps_keys=keeps_keys), random.Random(7)
    with api.port() as url:
        file = api.client().files.create(file=b'{"prompt": "a ->", "completion": " b"}\n' * 10, purpose="fine-tune")
        for kill in range(KILLS):
            service = start(url, tmp_path, file.id)
            if kill < KILLS // 2:
                enough = len(api.jobs) + chance.randint(1, 45)
                while len(api.jobs) < enough:  # in the middle of creating
                    time.sleep(0.001)
            for _ in range(chance.randint(1, 6) if kill >= KILLS // 2 else 0):
                time.sleep(chance.uniform(0.1, 0.6))
                end_some(api, chance, 0.04)
            service.kill()
            service.communicate()
        service = start(url, tmp_path, file.id)
        while service.poll() is None:
            end_some(api, chance, 0.2)
            time.sleep(0.2)
        _, said = service.communicate()
    assert (service.returncode, said) == (0, b"")
    lines = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_bytes().splitlines()]
    handled = Counter(id for _, what, id in lines if what == "handled")
    assert len(api.jobs) == JOBS
    assert handled == Counter(job.id for job in api.jobs)
