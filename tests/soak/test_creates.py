"""Creates that a killed process had begun are one job each when a new process repeats them."""

from __future__ import annotations

import pytest

from soak.creates import soak


@pytest.mark.parametrize("keeps_keys", [True, False], ids=["keeps keys", "knows no keys"])
def test_interrupted_creates_are_one_job_each(keeps_keys: bool) -> None:
    assert len(soak(keeps_keys=keeps_keys, rounds=1, each=12).jobs) == 12


@pytest.mark.slow
@pytest.mark.parametrize("keeps_keys", [True, False], ids=["keeps keys", "knows no keys"])
def test_500_interrupted_creates_are_500_jobs(keeps_keys: bool) -> None:
    assert len(soak(keeps_keys=keeps_keys, rounds=10, each=50).jobs) == 500
