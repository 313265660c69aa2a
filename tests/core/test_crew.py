"""Threads side by side: bounded, ended by the first failure, and never waited for without end."""

from __future__ import annotations

import threading

import pytest

from openft.crew import Crew


def test_all_jobs_are_done_by_as_many_threads_as_there_may_be() -> None:
    at_work, most = 0, 0
    turn = threading.Lock()
    full = threading.Barrier(3)
    done: list[int] = []

    def work(job: int) -> None:
        nonlocal at_work, most
        with turn:
            at_work += 1
            most = max(most, at_work)
        if job < 3:
            full.wait(10)
        with turn:
            at_work -= 1
            done.append(job)

    crew = Crew(work, 3)
    for job in range(20):
        crew.hand(job)
    crew.finish()
    crew.stop(1)
    assert (sorted(done), most) == (list(range(20)), 3)


def test_a_failure_ends_what_is_handed_in_and_what_is_waited_for() -> None:
    def work(job: int) -> None:
        raise ValueError(str(job))

    crew = Crew(work, 1)
    crew.hand(1)
    with pytest.raises(ValueError, match="1"):
        crew.finish()
    with pytest.raises(ValueError, match="1"):
        crew.hand(2)
    crew.stop(1)


def test_a_failure_while_another_job_goes_on_is_raised_at_once() -> None:
    go_on = threading.Event()

    def work(job: int) -> None:
        if job:
            raise ValueError("broken")
        go_on.wait(10)

    crew = Crew(work, 2)
    crew.hand(0)
    crew.hand(1)
    with pytest.raises(ValueError, match="broken"):
        crew.finish()
    go_on.set()
    crew.stop(10)


def test_the_end_waits_for_those_at_work_but_not_for_ever() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work(job: int) -> None:
        begun.set()
        go_on.wait(10)
        done.set()

    crew = Crew(work, 1)
    crew.hand(1)
    assert begun.wait(10)
    crew.hand(2)
    crew.stop(0.01)
    assert not done.is_set()
    threading.Timer(0.05, go_on.set).start()
    crew.stop(10)
    assert done.is_set()
