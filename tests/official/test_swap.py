"""An application of the official client runs with another import and class name, and prints the same."""

from __future__ import annotations

import subprocess
import sys

from official.comparing import HERE, OFFICIAL
from openft.testing import FakeAPI

PROGRAM = (HERE / "program.txt").read_text("utf-8")


def printed(python: str, code: str) -> list[str]:
    """Return what the program prints, run against an API of its own."""
    api = FakeAPI(start=1_700_000_000, step=60, api_keys=("sk-test",))
    with api.port() as url:
        env = {"PATH": "/usr/bin:/bin", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-test"}
        done = subprocess.run([python, "-c", code], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_a_program_needs_another_import_and_class_name_alone() -> None:
    swapped = PROGRAM.replace("import openai", "import openft").replace("openai.OpenAI", "openft.Client")
    swapped = swapped.replace("openai.", "openft.")
    changed = [(a, b) for a, b in zip(PROGRAM.splitlines(), swapped.splitlines(), strict=True) if a != b]
    assert {b for a, b in changed if "Error" not in a} == {"import openft", "client = openft.Client()"}
    before = printed(str(OFFICIAL), PROGRAM)
    assert len(before) > 20
    assert printed(sys.executable, swapped) == before
