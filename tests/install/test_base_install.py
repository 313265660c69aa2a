"""The base install alone: four packages, and a clear word where a feature needs more."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / ".venv-base" / "bin"
LOCAL = """
import openft
try:
    openft.Client.local(temporary=True).models.list().data
except openft.MissingExtra as error:
    print(error)
"""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Return what a command of the base install ends with."""
    assert BASE.exists(), "the base install has an environment of its own; run: make .venv-base/ready"
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_base_needs_four_packages_and_no_more(wheel: zipfile.ZipFile) -> None:
    metadata = next(name for name in wheel.namelist() if name.endswith("METADATA"))
    needs = Parser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist", [])
    names = {need.split("<")[0].split(">")[0] for need in needs if "extra ==" not in need}
    assert names == {"httpx", "pydantic", "tenacity", "anyio"}


def test_the_wheel_brings_its_types_its_assets_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {
        "openft/py.typed",
        "openft/assets/tokenizer.json",
        "openft/assets/support.csv",
        "openft/assets/dates.csv",
    } <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"openft"}


def test_the_command_says_what_to_install() -> None:
    done = run(BASE / "openft", "quickstart")
    assert done.returncode == 1
    assert "pip install 'openft[" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_embedded_server_says_what_to_install() -> None:
    done = run(BASE / "python", "-c", LOCAL)
    assert "pip install 'openft[server]'" in done.stdout, done.stderr
