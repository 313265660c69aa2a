"""A capture that is killed again and again, and what its host was asked meanwhile."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openft.testing import FakeAPI

MODEL = "babbage-002"
CONCURRENCY = 8


@dataclass
class Host:
    """Answers each prompt with its own number, and counts how often each was asked."""

    asked: Counter[str] = field(default_factory=Counter)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, prompt: str) -> str:
        with self.turn:
            self.asked[prompt] += 1
        return f" answer to {prompt}"

    def total(self) -> int:
        with self.turn:
            return self.asked.total()


@dataclass
class Soaked:
    """What a capture came to."""

    lines: list[dict[str, Any]]
    report: dict[str, Any]
    repeated: int
    """Questions that were asked once more, since a kill came before their answers were kept."""
    committed_asked_again: int


def prompt(number: int) -> str:
    return f"question {number:05d}"


def soak(folder: Path, *, rows: int, kills: int, seed: int = 3) -> Soaked:
    source, out = folder / "prompts.jsonl", folder / "answers.jsonl"
    pairs = ({"prompt": prompt(number), "completion": f" answer to {prompt(number)}"} for number in range(rows))
    source.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    host, chance = Host(), random.Random(seed)
    kept: dict[str, int] = {}
    api = FakeAPI()
    api.answer_with(host)
    with api.port() as url:
        for _ in range(kills):
            until = host.total() + chance.randint(1, rows // (kills + 1))
            process = start(url, source, out)
            while host.total() < until and process.poll() is None:
                time.sleep(0.0005)
                api.forget_requests()
            time.sleep(chance.uniform(0, 0.02))
            process.kill()
            _, said = process.communicate()
            assert process.returncode == -9, said
            kept = {known: host.asked[known] for known in committed(out)} | kept
        process = start(url, source, out)
        told, said = process.communicate()
    again = sum(host.asked[known] > times for known, times in kept.items())
    assert process.returncode == 0, said
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return Soaked(lines, json.loads(told), host.total() - rows, again)


def start(url: str, source: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "openft", "capture", MODEL, str(source), "-o", str(out), "--json"]
    env = {**os.environ, "OPENFT_BASE_URL": url, "OPENFT_API_KEY": "sk-soak"}
    options = ["--concurrency", str(CONCURRENCY)]
    return subprocess.Popen([*command, *options], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def committed(out: Path) -> set[str]:
    """Return the prompts whose answers are on the disk."""
    cache = Path(f"{out}.cache")
    if not cache.exists():
        return set()
    with sqlite3.connect(cache) as database:
        try:
            rows = database.execute("SELECT answer FROM answers").fetchall()
        except sqlite3.OperationalError:  # killed before it had a table
            return set()
    database.close()
    return {json.loads(row)["answer"].removeprefix(" answer to ") for (row,) in rows}
