"""Test the base install on every Python from 3.11 that this machine has; each gets an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST, LAST = 11, 20
TESTS = ["tests/core", "tests/_sync", "tests/_async", "tests/data"]
NEEDED = ["hypothesis", "mypy", "pytest", "pytest-timeout", "pytest-xdist", "standardwebhooks", "trio"]


def interpreters() -> list[Path]:
    """Return one working interpreter for each minor version, from PATH and from pyenv's folder."""
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = []
    for minor in range(FIRST, LAST):
        name = f"python3.{minor}"
        here = shutil.which(name)
        candidates = [*([Path(here)] if here else []), *sorted(roots.glob(f"3.{minor}.*/bin/{name}"), reverse=True)]
        found += [python for python in candidates if works(python)][:1]
    return found


def works(python: Path) -> bool:
    """Return whether it is an interpreter and no shim in front of none."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def run(python: Path) -> int:
    """Install the base alone for this interpreter and run its tests there."""
    home = ROOT / f".venv-{python.name}"
    if not home.exists():
        subprocess.run([python, "-m", "venv", home], check=True)
    own = str(home / "bin" / "python")
    pip = [own, "-m", "pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, "--editable", str(ROOT), *NEEDED], check=True)
    return subprocess.run(
        [own, "-m", "pytest", "-n", "2", "-m", "not embedded and not slow", *TESTS], cwd=ROOT, check=False
    ).returncode


def main() -> int:
    """Run the tests everywhere; fail if they fail anywhere."""
    failed = []
    for python in interpreters():
        print(f"base install on {python.name}", flush=True)
        if run(python):
            failed.append(python.name)
    print(f"failed: {', '.join(failed)}" if failed else "passed on all interpreters")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
