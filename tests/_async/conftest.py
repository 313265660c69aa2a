"""Fixtures of the client's tests."""

from __future__ import annotations

import random

import pytest


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, _: low)
