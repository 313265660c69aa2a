"""The applications of docs/testing.md and their tests, run as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = re.compile(r"^```py\n# (\w+\.py)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_tests_of_the_applications_pass(tmp_path: Path) -> None:
    files = dict(FILES.findall((ROOT / "docs" / "testing.md").read_text("utf-8")))
    assert set(files) == {"nightly.py", "test_nightly.py", "test_own_client.py"}
    for name, code in files.items():
        (tmp_path / name).write_text(code)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "-p",
        "openft.testing.plugin",
    ]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(code.count('def test_') for code in files.values())} passed" in done.stdout
