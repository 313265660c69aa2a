"""The threads that fetch."""

from __future__ import annotations

import threading

import pytest

from openft.archive.crew import Crew


def test_all_tasks_are_done() -> None:
    done: list[int] = []
    crew = Crew(3, threading.Event())
    for number in range(100):
        crew.give(lambda number=number: done.append(number))  # type: ignore[misc]
    crew.finish()
    crew.close()
    assert sorted(done) == [*range(100)]


def test_a_giver_waits_while_many_are_queued() -> None:
    crew, going, done = Crew(1, threading.Event()), threading.Event(), threading.Semaphore(0)
    crew.give(going.wait)  # type: ignore[arg-type]
    crew.give(done.release)
    crew.give(done.release)
    threading.Timer(0.05, going.set).start()
    crew.give(done.release)
    assert going.is_set()
    crew.finish()
    crew.close()


def test_the_first_failure_ends_all_and_is_raised() -> None:
    over = threading.Event()
    crew = Crew(1, over)

    def fails() -> None:
        raise RuntimeError("first")

    done: list[int] = []
    crew.give(fails)
    with pytest.raises(RuntimeError, match="first"):
        crew.finish()
    with pytest.raises(RuntimeError, match="first"):
        crew.give(lambda: done.append(1))
    crew.close()
    assert over.is_set()
    assert not done


def test_tasks_that_are_queued_when_all_is_over_are_dropped() -> None:
    over, going = threading.Event(), threading.Event()
    crew = Crew(1, over)
    done: list[int] = []
    crew.give(going.wait)  # type: ignore[arg-type]
    crew.give(lambda: done.append(1))
    over.set()
    going.set()
    crew.finish()
    crew.close()
    assert not done
