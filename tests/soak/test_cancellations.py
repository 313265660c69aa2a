"""Requests that are cancelled at any moment leave no socket, no task and no warning behind."""

from __future__ import annotations

import gc
import sys

import pytest

from soak.cancellations import soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled_requests_leave_nothing_behind(backend: str) -> None:
    before, after = soak(backend, 300)
    assert after == before
    gc.collect()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_10_000_cancelled_requests_leave_nothing_behind(backend: str) -> None:
    before, after = soak(backend, 10_000)
    assert after == before
    gc.collect()
