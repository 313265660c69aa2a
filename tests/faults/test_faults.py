"""Every fault, through every face of the client."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from time import monotonic, sleep

import httpx
import pytest

from faults.case import Case
from faults.runner import FACES, faults_of, run
from faults.themes import CASES, THEMES


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, _: low)


@pytest.fixture
def nothing_left() -> Generator[None]:
    """Compare open files, sockets and threads with what there was before."""
    files, threads = open_files(), own_threads()
    yield
    until = monotonic() + 3
    while (open_files() > files or own_threads() - threads) and monotonic() < until:
        sleep(0.01)
    assert open_files() <= files
    assert not own_threads() - threads


def open_files() -> int:
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - not a path, a list of numbers


def own_threads() -> set[threading.Thread]:
    """Return the threads that run, without those that trio keeps for its next work."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("Trio thread")}


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_fault_ends_as_the_table_says(case: Case, face: str) -> None:
    assert faults_of(case, run(case, face)) == []


def test_each_case_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(case.id for case in CASES).items() if times > 1] == []


@pytest.mark.parametrize("theme", [theme for theme in THEMES if theme != "Time"])
def test_an_http_client_of_ones_own_lets_nothing_foreign_out_either(theme: str) -> None:
    found: list[str] = []
    with httpx.Client() as mine:
        for case in THEMES[theme]:
            own = replace(case, options={**case.options, "http_client": mine})
            found += [what for what in faults_of(own, run(own, "threads")) if what.startswith(("a foreign", "the key"))]
    assert found == []
