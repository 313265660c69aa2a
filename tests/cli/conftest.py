"""The command as a fixture."""

from __future__ import annotations

import functools

import pytest

from cli.running import Run, run_here


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""
    return functools.partial(run_here, monkeypatch, capsys)
