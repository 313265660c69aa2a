"""`kill -9` of the server and of its workers at random moments: what was acknowledged stays, once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.running import HERE, OWNER, ROWS, script

KILLS_A_STORY = 3


@dataclass
class Story:
    """A server that is killed again and again, and what it has promised."""

    data_dir: Path
    chance: random.Random
    command: list[str]
    training: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)
    deleted_files: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    deleted_models: set[str] = field(default_factory=set)
    keys: int = 0
    kills: int = 0

    def start(self) -> None:
        line = b""
        while not line:  # it can be killed before it serves
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert self.process.stdout
            line = self.process.stdout.readline()
            if not line:
                self.let_go()
                assert self.process.returncode == -signal.SIGKILL
        url = json.loads(line)["url"]
        self.http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {OWNER}"}, timeout=20)

    def stop(self) -> None:
        self.http.close()
        self.let_go()

    def let_go(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def kill_something(self) -> None:
        workers = [pid for pid in self.processes() if pid != self.process.pid]
        self.kills += 1
        if workers and self.chance.random() < 0.4:
            try:
                os.kill(self.chance.choice(workers), signal.SIGKILL)
            except ProcessLookupError:  # it had just ended
                self.process.kill()
        else:
            self.process.kill()

    def processes(self) -> list[int]:
        """Return all processes of this data directory: it is on their command line, or their log is there."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdecimal():
                    told = (folder / "cmdline").read_bytes().decode() + str((folder / "fd" / "2").readlink())
                    found += [int(folder.name)] * (str(self.data_dir) in told)
            except OSError:
                continue
        return found

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request until there is an answer, under one key, starting the server when it is gone."""
        self.keys += 1
        while True:
            try:
                return self.http.request(method, path, headers={"idempotency-key": f"key-{self.keys}"}, **options)
            except httpx.TransportError:
                self.revive()

    def revive(self) -> None:
        if self.process.poll() is None:
            time.sleep(0.01)
            return
        self.stop()
        self.start()

    def act(self) -> None:
        """Do one thing, and note it down once it is acknowledged."""
        create = (self.create, self.create)
        self.chance.choice([self.upload, *create, self.cancel, self.delete_file, self.delete_model, self.complete])()

    def upload(self) -> None:
        content = ROWS * self.chance.randint(1, 3000)
        form: dict[str, Any] = {"data": {"purpose": "fine-tune"}, "files": {"file": ("a.jsonl", content)}}
        self.files[self.ask("POST", "/files", **form).json()["id"]] = content

    def create(self) -> None:
        if len(self.jobs) < 12:
            form: dict[str, Any] = {"data": {"purpose": "fine-tune"}, "files": {"file": ("j.jsonl", self.training)}}
            training = self.ask("POST", "/files", **form).json()["id"]
            self.files[training] = self.training
            answer = self.ask("POST", "/fine-tunes", json={"training_file": training, "model": "ada"})
            self.jobs.add(answer.json()["id"])

    def cancel(self) -> None:
        if self.jobs:
            job_id = self.chance.choice(sorted(self.jobs))
            if self.ask("POST", f"/fine-tunes/{job_id}/cancel").status_code == 200:
                self.cancelled.add(job_id)

    def delete_file(self) -> None:
        if self.files:
            file_id = self.chance.choice(sorted(self.files))
            assert self.ask("DELETE", f"/files/{file_id}").status_code in (200, 404)
            self.deleted_files.add(file_id)

    def delete_model(self) -> None:
        names = [model["id"] for model in self.ask("GET", "/models").json()["data"] if ":" in model["id"]]
        if names:
            name = self.chance.choice(names)
            assert self.ask("DELETE", f"/models/{name}").status_code in (200, 404)
            self.deleted_models.add(name)

    def complete(self) -> None:
        answer = self.ask("POST", "/completions", json={"model": "ada", "prompt": "x"})
        assert answer.status_code in (200, 503)

    def run(self, kills: int) -> None:
        self.start()
        for _ in range(kills):
            killer = threading.Timer(self.chance.uniform(0.0, 0.5), self.kill_something)
            killer.start()
            while killer.is_alive():
                self.act()
                time.sleep(self.chance.uniform(0, 0.05))

    def check(self) -> None:
        """Compare what is there with what was promised."""
        jobs = {job_id: self.end_of(job_id) for job_id in sorted(self.jobs)}
        assert {job["id"] for job in self.ask("GET", "/fine-tunes").json()["data"]} == self.jobs
        for job_id, job in jobs.items():
            assert job["status"] == ("cancelled" if job_id in self.cancelled else "succeeded")
            self.check_events(job)
        for file_id, content in self.files.items():
            answer = self.ask("GET", f"/files/{file_id}/content")
            assert answer.status_code == 404 if file_id in self.deleted_files else answer.content == content
        listed = {file["id"] for file in self.ask("GET", "/files").json()["data"]}
        results = {file["id"] for job in jobs.values() for file in job["result_files"]}
        assert listed == set(self.files) - self.deleted_files | results
        made = {job["fine_tuned_model"] for job in jobs.values() if job["fine_tuned_model"]}
        names = {model["id"] for model in self.ask("GET", "/models").json()["data"] if ":" in model["id"]}
        assert names == made - self.deleted_models
        for name in names:
            assert self.ask("POST", "/completions", json={"model": name, "prompt": "x"}).status_code == 200

    def end_of(self, job_id: str) -> dict[str, Any]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            job: dict[str, Any] = self.ask("GET", f"/fine-tunes/{job_id}").json()
            if job["status"] not in ("pending", "running"):
                return job
            time.sleep(0.05)
        raise AssertionError(f"stuck: {job}")

    def check_events(self, job: dict[str, Any]) -> None:
        told = [event["message"] for event in job["events"]]
        assert len(told) == len(set(told)), told
        epochs = [int(message.split()[2].split("/")[0]) for message in told if message.startswith("Completed epoch")]
        assert epochs == list(range(1, len(epochs) + 1))
        if job["status"] == "succeeded":
            assert told[-3].startswith("Uploaded model: ")
            assert told[-1] == "Fine-tune succeeded"
        else:
            assert told[-1] == "Fine-tune cancelled"


def settled(story: Story) -> None:
    """Check that nothing is left behind once the server has stopped."""
    end = time.monotonic() + 10
    while story.processes() and time.monotonic() < end:
        time.sleep(0.05)
    assert story.processes() == []
    assert list((story.data_dir / "incoming").iterdir()) == []


@pytest.mark.parametrize("seed", range(7))
def test_what_was_acknowledged_survives_kills_at_random_moments(tmp_path: Path, seed: int) -> None:
    story = Story(tmp_path / "data", random.Random(seed), [sys.executable, str(HERE / "child_server.py")])
    story.command.append(str(story.data_dir))
    story.training = script(epochs=4, pause=0.03)
    story.run(KILLS_A_STORY)
    story.check()
    story.stop()
    settled(story)
    assert story.kills == KILLS_A_STORY


@pytest.mark.slow
@pytest.mark.train
def test_real_training_survives_kills_too(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    command = [sys.executable, "-m", "openft.server", "--port", "0", "--data-dir", str(data_dir)]
    story = Story(data_dir, random.Random(7), ["/usr/bin/env", f"OPENFT_SERVER_API_KEYS={OWNER}", *command])
    rows = [{"prompt": f"{word} {n} ->", "completion": f" {word[::-1]}"} for n in range(200) for word in ("up", "down")]
    story.training = "".join(json.dumps(row) + "\n" for row in rows).encode()
    story.start()
    for _ in range(3):
        story.create()
    for _ in range(20):
        time.sleep(story.chance.uniform(0.5, 4.0))
        story.kill_something()
        story.act()
    story.check()
    story.stop()
    settled(story)
