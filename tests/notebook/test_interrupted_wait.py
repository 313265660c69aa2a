"""Ctrl-C while a job is waited for: the waiting ends, the embedded server and the training go on."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.running import script

SYNC = """
client = openft.Client.local(folder)
file = client.files.create(file=content)
job = client.fine_tunes.create(training_file=file.id, model="ada")
try:
    say(waiting=server())
    client.fine_tunes.wait(job.id, poll=0.1)
except KeyboardInterrupt:
    say(interrupted=True)
job = client.fine_tunes.wait(job.id, poll=0.1)
say(job=job.to_dict(), server=server())
client.close()
"""
ASYNC = """
import asyncio
client = openft.AsyncClient.local(folder)
jobs = []
async def first():
    file = await client.files.create(file=content)
    jobs.append(await client.fine_tunes.create(training_file=file.id, model="ada"))
    say(waiting=server())
    await client.fine_tunes.wait(jobs[0].id, poll=0.1)
async def second():
    job = await client.fine_tunes.wait(jobs[0].id, poll=0.1)
    say(job=job.to_dict(), server=server())
    await client.aclose()
try:
    asyncio.run(first())
except KeyboardInterrupt:
    say(interrupted=True)
asyncio.run(second())
"""
HEAD = """
import json, sys
from pathlib import Path
import openft
folder, content = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
def say(**told):
    print(json.dumps(told), flush=True)
def server():
    return json.loads((folder / "server.json").read_text())["instance"]
"""


def python_of_servers(folder: Path) -> Path:
    """Return a Python for OPENFT_SERVER_PYTHON whose servers have scripted children."""
    command = shlex.join([sys.executable, str(Path(__file__).with_name("scripted_python.py"))])
    made = folder / "python"
    made.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    made.chmod(0o755)
    return made


@pytest.mark.embedded
@pytest.mark.parametrize("code", [SYNC, ASYNC], ids=["sync", "async"])
def test_an_interrupted_wait_leaves_the_server_and_the_training_alive(code: str, tmp_path: Path) -> None:
    rows = tmp_path / "train.jsonl"
    rows.write_bytes(script(epochs=3, pause=0.7))
    command = [sys.executable, "-c", HEAD + code, str(tmp_path / "data"), str(rows)]
    told: dict[str, Any] = {}
    environment = {**os.environ, "OPENFT_SERVER_PYTHON": str(python_of_servers(tmp_path))}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, start_new_session=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            told |= json.loads(line)
            if told.keys() == {"waiting"}:
                os.killpg(child.pid, signal.SIGINT)  # as a terminal and Jupyter do it: to the whole group
    assert child.returncode == 0
    assert told["interrupted"]
    assert told["server"] == told["waiting"]
    assert told["job"]["status"] == "succeeded"
    messages = [event["message"] for event in told["job"]["events"]]
    assert [message for message in messages if message.startswith("Completed epoch")] == [
        f"Completed epoch {number}/3" for number in (1, 2, 3)
    ]
    assert not (tmp_path / "data" / "server.json").exists()
