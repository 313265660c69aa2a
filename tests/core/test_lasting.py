"""Attributes that are made once, whoever looks first."""

from __future__ import annotations

from threading import Barrier, Thread

import openft
from openft._core.lasting import lasting


class Maker:
    def __init__(self, parties: int) -> None:
        self.both = Barrier(parties)

    @lasting
    def thing(self) -> object:
        """A thing."""
        self.both.wait(10)
        return object()


def test_threads_that_look_at_the_same_time_see_the_same() -> None:
    maker, seen = Maker(8), list[object]()
    threads = [Thread(target=lambda: seen.append(maker.thing)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(map(id, seen))) == 1
    assert maker.thing is seen[0]


def test_on_the_class_it_tells_what_it_is() -> None:
    assert Maker.thing.__doc__ == "A thing."


def test_a_clients_resources_last() -> None:
    client = openft.Client(api_key="sk-test-0123456789")
    assert client.fine_tuning.jobs is client.fine_tuning.jobs
    assert "Training files" in str(openft.Client.files.__doc__)
