"""Waiting for a host that has too much to do: how long, for how many, and when it is enough."""

from __future__ import annotations

import threading

import pytest

from openft.errors import APIConnectionError, InternalServerError, RateLimitError
from openft.patience import BUSY, Gate, Patience, Stopped

AT_ONCE = 0.001


def busy(retry_after: float | None = AT_ONCE) -> RateLimitError:
    return RateLimitError("busy", status_code=429, retry_after=retry_after)


class Says:
    """Answers calls as it is told: raises errors, returns all else."""

    def __init__(self, *said: object) -> None:
        self.left = list(said)

    def __call__(self) -> object:
        told = self.left.pop(0)
        if isinstance(told, Exception):
            raise told
        return told


def test_refusals_of_requests_that_were_under_way_together_count_once() -> None:
    gate = Gate(8, threading.Event())
    rounds = [gate.enter(counted=True) for _ in range(5)]
    for each in rounds:
        gate.slower(AT_ONCE, each)
    assert (gate.refusals, gate.allowed) == (1, 4)
    for _ in rounds:
        gate.leave(counted=True)
    gate.slower(AT_ONCE, gate.enter(counted=True))
    assert (gate.refusals, gate.allowed) == (2, 2)
    gate.well()
    assert (gate.refusals, gate.answers) == (0, 1)


def test_a_host_that_does_not_say_how_long_is_left_alone_longer_each_time() -> None:
    gate = Gate(8, threading.Event())
    assert 0.05 <= gate.slower(None) <= 0.1
    assert 0.15 <= gate.slower(None) <= 0.3
    for _ in range(20):
        gate.slower(None)
    assert 30 <= gate.slower(None) <= 60


def test_a_host_that_asks_for_too_little_is_left_alone_longer_too() -> None:
    gate = Gate(8, threading.Event())
    assert gate.slower(AT_ONCE) == AT_ONCE
    assert 0.05 <= gate.slower(AT_ONCE) <= 0.1
    assert gate.slower(50.0) == 50


def test_a_request_is_given_up_when_nobody_is_answered_for_long() -> None:
    patience = Patience(places=4, attempts=3)
    says = Says(*[busy()] * 9)
    with pytest.raises(RateLimitError):
        patience.ask(says)
    assert len(says.left) == 6


def test_while_others_are_answered_a_request_may_be_refused_more_often() -> None:
    patience = Patience(places=4, attempts=3)
    refused = 0

    def call() -> str:
        nonlocal refused
        patience.ask(lambda: "another one", counted=False)
        refused += 1
        if refused < 8:
            raise busy()
        return "at last"

    assert patience.ask(call) == "at last"


def test_a_request_that_alone_is_refused_is_given_up_at_last() -> None:
    patience = Patience(places=4, attempts=3)
    refused = 0

    def call() -> None:
        nonlocal refused
        patience.ask(lambda: "another one", counted=False)
        refused += 1
        raise busy()

    with pytest.raises(RateLimitError):
        patience.ask(call)
    assert refused == 8


def test_refusals_for_being_too_many_are_no_failures() -> None:
    says = Says(busy(), APIConnectionError("cut"), busy(), "there")
    assert Patience(places=4, attempts=3).ask(says) == "there"


def test_without_attempts_to_spare_a_refusal_is_the_end() -> None:
    says = Says(busy(), "there")
    with pytest.raises(RateLimitError):
        Patience(places=4, attempts=1).ask(says)


@pytest.mark.parametrize(("statuses", "allowed"), [(frozenset({429}), 4), (BUSY, 2)])
def test_what_counts_as_busy_can_be_told(statuses: frozenset[int], allowed: int) -> None:
    patience = Patience(places=4, attempts=3, busy=statuses)
    patience.ask(Says(InternalServerError("busy", status_code=503, retry_after=AT_ONCE), "there"))
    assert patience.gate.allowed == allowed


def test_who_wants_to_know_is_told_of_each_repetition() -> None:
    told: list[str] = []
    patience = Patience(places=4, attempts=3, tell=told.append)
    patience.ask(Says(busy(), APIConnectionError("cut", retry_after=AT_ONCE), "there"))
    assert told == ["trying again: the server answered 429", "trying again: cut"]


def test_a_request_does_not_wait_when_all_is_over() -> None:
    patience = Patience(places=4, attempts=3)
    threading.Timer(0.05, patience.over.set).start()
    with pytest.raises(Stopped):
        patience.ask(Says(busy(60.0), "there"))


def test_after_many_good_answers_there_is_one_more_place() -> None:
    gate = Gate(4, threading.Event())
    gate.slower(AT_ONCE)
    for _ in range(50):
        gate.well()
    assert gate.allowed == 3
