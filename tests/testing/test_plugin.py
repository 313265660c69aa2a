"""The fixture, as pytest finds it in a project that only installed openft; and the room's public names."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import openft
import openft.testing

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
def test_a_fixture(openft_api):
    assert openft_api.client().models.list().data
    assert len(openft_api.requests) == 1


def test_a_fresh_one_for_each_test(openft_api):
    assert openft_api.requests == []
"""


def pytest_in(folder: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_application.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


def test_the_fixture_is_fresh_for_each_test(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, "-p", "openft.testing.plugin", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_fixture_is_found_where_openft_is_installed(tmp_path: Path) -> None:
    found = {entry.value for entry in entry_points(group="pytest11", name="openft")}
    assert found == {"openft.testing.plugin"}, "the environment is older than pyproject.toml; run make"
    done = pytest_in(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fixture_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"openft": "openft.testing.plugin"}


@pytest.mark.parametrize("module", ["openft.testing", "openft.testing.plugin"])
def test_the_start_of_pytest_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, pytest; bare = set(sys.modules); import {module}; print(*(sys.modules.keys() - bare))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded <= {"openft", "__future__", "typing"}, loaded


@pytest.mark.parametrize("name", openft.testing.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(openft.testing, name) is getattr(openft.testing, name)
    assert name in dir(openft.testing)


def test_a_misspelt_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'openft.testing' has no attribute 'FakeApi'"):
        openft.testing.FakeApi  # type: ignore[attr-defined] # noqa: B018


def test_a_room_of_openft() -> None:
    assert openft.testing is sys.modules["openft.testing"]
