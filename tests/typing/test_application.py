"""A strict application type-checks against openft, with mypy and with pyright, and every public type is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = Path(__file__).with_name("app.py")
BIN = Path(sys.executable).parent


def run(*command: str, cwd: Path) -> str:
    """Return what a checker says, run with this Python first on the path."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    return done.stdout


def test_the_application_checks_without_help() -> None:
    text = APPLICATION.read_text("utf-8")
    assert 250 < text.count("\n") <= 300
    assert not [word for word in ("cast", "ignore", "Any", "noqa") if word in text]


def test_the_application_checks_under_mypy() -> None:
    told = run(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(APPLICATION), cwd=ROOT)
    assert told == ""


def test_the_application_checks_under_pyright(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APPLICATION.read_text("utf-8"), "utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "pythonVersion": "3.11"}')
    told = json.loads(run(str(BIN / "pyright"), "--outputjson", cwd=tmp_path))
    assert [(each["range"]["start"]["line"], each["message"]) for each in told["generalDiagnostics"]] == []
    assert told["summary"]["filesAnalyzed"] == 1


@pytest.mark.slow
def test_every_public_type_is_known(tmp_path: Path) -> None:
    told: Any = json.loads(
        run(str(BIN / "pyright"), "--verifytypes", "openft", "--ignoreexternal", "--outputjson", cwd=tmp_path)
    )["typeCompleteness"]
    wrong = [each["name"] for each in told["symbols"] if not each["isTypeKnown"] or each["isTypeAmbiguous"]]
    assert wrong == []
    assert told["completenessScore"] == 1
    assert told["exportedSymbolCounts"]["withKnownType"] > 1000
