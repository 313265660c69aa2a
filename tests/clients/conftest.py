"""A server with the real engine, and the clients of others in environments of their own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openft.server.settings import Settings
from server.running import MEMBER, OWNER, Running

ROOT = Path(__file__).resolve().parents[2]
LEGACY = ROOT / ".venv-legacy" / "bin"
WORDS = (("great", " yes"), ("awful", " no"), ("superb", " yes"), ("dull", " no"))


class Legacy:
    """openai 0.28.1, unmodified, as a library and as a command line."""

    def __init__(self, server: Running, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self._env = {
            "PATH": "/usr/bin:/bin",
            "OPENAI_API_KEY": OWNER,
            "OPENAI_API_BASE": server.url,
            "HOME": str(folder),
        }

    def python(self, code: str, *arguments: str) -> Any:
        """Return what the code prints last, as JSON."""
        head = "import json, sys, openai\n"
        done = self._run([str(LEGACY / "python"), "-W", "error::ResourceWarning", "-c", head + code, *arguments])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def command(self, *arguments: str, exit_code: int = 0) -> str:
        """Return what ``openai …`` prints on stdout; the exit code must be the expected one."""
        done = self._run([str(LEGACY / "openai"), *arguments])
        assert done.returncode == exit_code, done.stdout + done.stderr
        return done.stdout + (done.stderr if exit_code else "")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self._env, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a training file."""
    made = tmp_path_factory.mktemp("clients")
    rows = [{"prompt": f"the film was {word} ->", "completion": label} for word, label in WORDS] * 12
    (made / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose children are the real engine."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), api_keys=(OWNER,), member_keys=(MEMBER,), port=0)
    with Running(settings) as running:
        yield running


@pytest.fixture(scope="session")
def legacy(real: Running, folder: Path) -> Legacy:
    """The old client, pointed at the server by its own environment variables."""
    assert (LEGACY / "openai").exists(), "openai 0.28.1 has an environment of its own; run: make .venv-legacy/ready"
    return Legacy(real, folder)


@pytest.fixture(scope="session")
def trained(real: Running, folder: Path) -> dict[str, Any]:
    """A fine-tune that has succeeded, in the 2023 API's own shape."""
    job_id = real.fine_tune((folder / "train.jsonl").read_bytes(), model="ada", suffix="films")
    job = real.until(job_id, "succeeded", "failed", seconds=60)
    assert job["status"] == "succeeded", job["events"][-1]
    return job
