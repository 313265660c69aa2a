"""Fixtures that every test may use."""

from __future__ import annotations

import os

import pytest

from openft.testing.plugin import openft_api as openft_api


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run async tests on both event loops."""
    return str(request.param)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "OPENFT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
