"""What is kept is its owner's only, whatever the folder around it allows."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx

from openft.server.serve import serve
from server.running import HERE, OWNER, ROWS, settings_for


def test_nobody_else_may_read_what_a_server_and_its_children_make(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    command = [sys.executable, str(HERE / "child_server.py"), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, umask=0o022) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {OWNER}"}) as http:
            training = http.post("/files", data={"purpose": "fine-tune"}, files={"file": ("a", ROWS)}).json()["id"]
            job_id = http.post("/fine-tunes", json={"training_file": training, "model": "ada"}).json()["id"]
            while http.get(f"/fine-tunes/{job_id}").json()["status"] != "succeeded":
                time.sleep(0.02)
            http.post("/completions", json={"model": "ada", "prompt": "x"})
        made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
        process.communicate()
    assert {"openft.sqlite", "openft.sqlite-wal", "inference.log", "job.json", "worker.log", "model"} <= made.keys()
    assert {name: oct(mode) for name, mode in made.items() if mode & 0o077} == {}


def test_serving_leaves_the_mask_for_new_files_as_it_was(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        serve(settings_for(tmp_path), watch_stdin=False, announce=lambda _: os.kill(os.getpid(), 15))
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
