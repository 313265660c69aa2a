"""What becomes of tasks once all is to stop."""

from __future__ import annotations

import pytest

import openft
from openft.archive.host import Host
from openft.patience import Stopped

CLIENT = openft.Client(base_url="http://127.0.0.1:9/v1", api_key="sk-x")


def stop() -> None:
    raise Stopped


def test_a_task_that_fails_stops_those_behind_it() -> None:
    host, done = Host(CLIENT, places=1, attempts=1), list[int]()
    host.work(lambda: done.append(1))
    with pytest.raises(ZeroDivisionError):
        host.work(lambda: done.append(1 // 0))
    host.work(lambda: done.append(2))
    assert (done, host.over.is_set()) == ([1], True)


def test_a_task_that_was_stopped_has_not_failed() -> None:
    host = Host(CLIENT, places=1, attempts=1)
    host.work(stop)
    assert not host.over.is_set()
