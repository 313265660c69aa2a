"""Which connection a request gets, and which are closed."""

from __future__ import annotations

import pytest

from openft._runtime import lines
from openft._runtime.lines import Lines


class Line:
    """A connection that is up until it is told otherwise."""

    def __init__(self) -> None:
        self.alive = True


def back(kept: Lines[Line], request: object) -> list[Line]:
    """Put the line of a request back, and return those to be closed."""
    return kept.put_back(kept.leave(request))


def test_a_request_gets_what_has_rested_the_shortest() -> None:
    kept = Lines(Line)
    first, second = kept.take("1"), kept.take("2")
    assert first is not second
    assert back(kept, "2") == back(kept, "1") == []
    assert (kept.take("3"), kept.take("4")) == (first, second)


def test_a_line_that_is_dead_is_closed() -> None:
    kept = Lines(Line)
    line = kept.take("1")
    line.alive = False
    assert back(kept, "1") == [line]
    assert kept.take("2") is not line


def test_a_request_gives_its_line_back_once() -> None:
    kept = Lines(Line)
    line = kept.take("1")
    assert back(kept, "1") == []
    assert kept.take("2") is line
    assert back(kept, "1") == []
    assert kept.take("3") is not line


def test_as_many_rest_as_are_at_work_but_few_when_none_is() -> None:
    kept = Lines(Line)
    for number in range(100):
        kept.take(number)
    closed = [len(back(kept, number)) for number in range(100)]
    assert sum(closed[:50]) == 0
    assert sum(closed) == 100 - lines.KEPT
    assert len(kept.clear()) == lines.KEPT


def test_what_has_rested_too_long_goes_with_the_next_that_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(lines, "monotonic", lambda: now)
    kept = Lines(Line)
    taken = [kept.take(number) for number in range(3)]
    for number in range(3):
        assert back(kept, number) == []
    now += lines.EXPIRY + 1
    assert kept.take("next") is taken[2]
    assert back(kept, "next") == taken[:2]


def test_all_are_given_up_at_the_end() -> None:
    kept = Lines(Line)
    resting, working = kept.take("1"), kept.take("2")
    back(kept, "1")
    assert {id(line) for line in kept.clear()} == {id(resting), id(working)}


def test_what_is_at_work_at_the_end_does_not_rest_afterwards() -> None:
    kept = Lines(Line)
    connecting, ended = kept.take("1"), kept.take("2")
    kept.clear()
    ended.alive = False
    assert back(kept, "1") == [connecting]
    assert back(kept, "2") == [ended]
    assert kept.clear() == []


def test_another_thread_may_take_the_last_one_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "EXPIRY", -1.0)  # all have rested too long, so that one looks until none is there
    kept = Lines(Line)
    line = kept.take("1")
    assert back(kept, "1") == [line]
