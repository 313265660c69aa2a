"""Several jobs at a time in threads: what an event loop does by cancelling."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from threading import Event, Timer
from time import monotonic

import pytest

from openft._runtime import threads


def test_a_job_that_never_sleeps_stops_where_it_asks() -> None:
    ended = Event()

    def job(number: int) -> None:
        if number:
            raise LookupError
        try:
            while True:
                threads.going_on()
        finally:
            ended.set()

    with pytest.raises(LookupError):
        threads.gather(2, [partial(job, number) for number in range(2)])
    assert ended.is_set()


@pytest.mark.parametrize("late", [False, True])
def test_a_job_that_waits_is_ended(late: bool) -> None:
    begun, ended = Event(), Event()

    def job(number: int) -> None:
        if number:
            assert late or begun.wait(20)
            raise LookupError
        if late:
            with suppress(threads.Stopped):
                threads.sleep(30)
        begun.set()
        threads.stoppable(ended.set, ended.wait, 30)
        raise AssertionError("it should have stopped")

    with pytest.raises(LookupError):
        threads.gather(2, [partial(job, number) for number in range(2)])
    assert ended.is_set() is not late


def test_nothing_ends_a_wait_outside_of_a_gather() -> None:
    assert threads.stoppable(lambda: None, divmod, 7, 4) == (1, 3)


def test_a_job_that_cannot_be_stopped_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "GRACE", 0.05)
    stuck = Event()

    def job(number: int) -> None:
        if number:
            raise LookupError
        stuck.wait(30)

    with pytest.raises(LookupError):
        threads.gather(2, [partial(job, number) for number in range(2)])
    stuck.set()


def test_nobody_outside_of_a_gather_is_stopped() -> None:
    threads.going_on()
    threads.sleep(0)


def test_ctrl_c_ends_the_jobs_and_is_raised() -> None:
    ended: list[int] = []

    def job() -> None:
        threads.sleep(30)
        ended.append(1)

    def jobs() -> Iterator[partial[None]]:
        yield partial(job)
        Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        threads.gather(4, jobs())
    assert ended == []


STUCK = """
import os, signal, time
from threading import Timer
from openft._runtime import threads
Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
threads.gather(4, [lambda: time.sleep(60)])
"""


def test_a_process_ends_though_a_job_is_stuck() -> None:
    began = monotonic()
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, timeout=30, check=False)
    assert (b"KeyboardInterrupt" in done.stderr, monotonic() - began < 20) == (True, True)
