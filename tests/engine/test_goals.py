"""Training with default hyperparameters learns what it should, on real texts where they are at hand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"

pytestmark = [pytest.mark.slow, pytest.mark.train, pytest.mark.timeout(600)]


def measure(task: str, *options: str) -> tuple[list[float], list[float]]:
    """Return the accuracy and the CPU seconds of each seed."""
    command = [sys.executable, str(ROOT / "tests" / "benchmarks" / "bench_train.py"), task, *options]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"seed \d+: ([\d.]+) .* ([\d.]+) CPU s", printed)
    return [float(accuracy) for accuracy, _ in found], [float(seconds) for _, seconds in found]


@pytest.mark.skipif(not SHARED.exists(), reason="the messages are not part of the project")
def test_spam_is_told_from_ham_in_a_minute_of_one_core() -> None:
    accuracies, seconds = measure("sms")
    assert sum(accuracies) / 3 >= 0.985
    assert min(accuracies) >= 0.98
    assert max(seconds) <= 60


@pytest.mark.skipif(not SHARED.exists(), reason="the reviews are not part of the project")
def test_korean_reviews_are_told_apart() -> None:
    accuracies, _ = measure("reviews", "--seeds", "1", "2")
    assert min(accuracies) >= 0.68


def test_dates_are_converted() -> None:
    accuracies, _ = measure("dates", "--seeds", "1", "2")
    assert min(accuracies) >= 0.9


def test_three_hundred_messages_find_their_queue() -> None:
    accuracies, _ = measure("support", "--rows", "300")
    assert min(accuracies) >= 0.6
