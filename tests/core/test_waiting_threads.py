"""Waiting in threads and processes: one leads, and whoever leaves hands over."""

from __future__ import annotations

import multiprocessing
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, main_thread
from time import monotonic, sleep
from typing import Any

import pytest

from _sync.jobs_host import Host, names, watching
from loopback import Loopback, Pause, refusal
from openft import AuthenticationError, Client, WaitTimeout


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + 10
    while not true():
        assert monotonic() < end
        sleep(0.002)


def waits_for(client: Client, id: str, found: list[str], **times: float) -> Thread:
    """Return a thread that waits for a job."""

    def run() -> None:
        found.append(client.fine_tuning.jobs.wait(id, **times).id)

    thread = Thread(target=run)
    thread.start()
    return thread


def test_many_threads_wait_with_one_client() -> None:
    host = Host().add(*names(32))
    chance = random.Random(1)
    with Loopback(host) as server, watching(server) as client, ThreadPoolExecutor(32) as threads:
        done = [threads.submit(client.fine_tuning.jobs.wait, id, poll=0.05) for id in names(32)]
        for id in chance.sample(names(32), 32):
            sleep(0.01)
            host.end(id)
        assert [each.result(10).id for each in done] == names(32)
        assert not watched(client)
    assert len(host.targets) < 150


def watched(client: Client) -> dict[Any, Any]:
    """Return who is still waiting."""
    return {seat: waiter for watch in client.fine_tuning.jobs._watches.all() for seat, waiter in watch._seats.items()}


def test_threads_that_share_an_iterator_get_each_job_once() -> None:
    host = Host().add(*names(60))
    with Loopback(host) as server, watching(server) as client, ThreadPoolExecutor(8) as threads:
        jobs = client.fine_tuning.jobs.as_completed(names(60), poll=0.02)
        done = [threads.submit(lambda: [job.id for job in jobs]) for _ in range(8)]
        for number in range(0, 60, 6):
            sleep(0.02)
            host.end(*names(6, number))
        seen = [id for each in done for id in each.result(10)]
    assert sorted(seen) == sorted(names(60))


class Snatched(list[Any]):
    """What has ended, the first of which another thread takes a moment before it is reached for."""

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere: list[Any] = []

    def pop(self, place: Any = -1) -> Any:
        if not self.elsewhere:
            self.elsewhere.append(super().pop(place))
            raise IndexError
        return super().pop(place)


def test_who_finds_that_another_thread_was_faster_waits_on() -> None:
    host = Host().add("job-0", "job-1", after=20)
    host.end("job-0")
    with Loopback(host) as server, watching(server, host) as client:
        jobs = client.fine_tuning.jobs.as_completed(["job-0", "job-1"])
        jobs._waiter.found = snatched = Snatched()
        assert next(jobs).id == "job-1"
        assert list(jobs) == []
    assert [ending.id for ending in snatched.elsewhere] == ["job-0"]


def test_time_that_is_over_before_the_look_is_planned_harms_nobody() -> None:
    host = Host().add("job-0")
    with Loopback(host) as server, watching(server, host) as client:
        jobs = client.fine_tuning.jobs.as_completed(["job-0"], timeout=20)
        watch = client.fine_tuning.jobs._watches.get()

        class Late:
            """The watch's lock: once who waits has looked around, another who shares the iterator ends its time."""

            def __init__(self, lock: Any) -> None:
                self._lock = lock
                self._released = 0

            def __enter__(self) -> None:
                self._lock.acquire()

            def __exit__(self, *_: object) -> None:
                self._lock.release()
                self._released += 1
                jobs._waiter.expired = self._released >= 2  # the first sat down

        watch.__dict__["_lock"] = Late(watch._lock)
        with pytest.raises(WaitTimeout):
            next(jobs)


def interrupt_until(heard: Event) -> None:
    """Interrupt the main thread; again after a while, since Python drops an interruption that meets a finalizer."""
    pause = 0.1
    while not heard.wait(pause):
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
        pause = 5.0


@pytest.mark.parametrize("leads", [True, False])
def test_an_interrupted_wait_hands_over(leads: bool) -> None:
    host = Host().add("job-0", "job-1")
    found: list[str] = []
    with Loopback(host) as server, watching(server) as client:
        other = None if leads else waits_for(client, "job-1", found, poll=0.02)
        if not leads:
            until(lambda: len(host.targets) > 1)
        heard = Event()

        def interrupt() -> None:
            nonlocal other
            if other is None:
                until(lambda: len(host.targets) > 1)
                other = waits_for(client, "job-1", found, poll=0.02)
                until(lambda: "job-1" in host.singles)
            interrupt_until(heard)

        Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            client.fine_tuning.jobs.wait("job-0", poll=0.02)
        heard.set()
        host.targets.clear()
        host.end("job-1")
        assert other is not None
        other.join(10)
    assert found == ["job-1"]
    assert "job-0" not in host.singles[3:]


@pytest.mark.parametrize("asleep", [True, False], ids=["asleep", "asking"])
def test_an_interruption_is_told_without_the_way_through_the_client(asleep: bool) -> None:
    host = Host().add("job-0")
    host.instead = lambda _: None if asleep else [Pause(30)]
    with Loopback(host) as server, watching(server) as client:
        heard = Event()

        def interrupt() -> None:
            until(lambda: bool(host.targets))
            interrupt_until(heard)

        Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt) as caught:
            client.fine_tuning.jobs.wait("job-0")
        heard.set()
    assert len(caught.traceback) <= 4
    assert caught.value.__suppress_context__


class Interrupted:
    """Leaving, interrupted the first time, as by a second Ctrl-C."""

    def __init__(self, watch: Any) -> None:
        self._watch = watch

    def __call__(self, bell: Any) -> None:
        del self._watch.__dict__["_leave"]
        raise KeyboardInterrupt


def test_an_interruption_while_leaving_leaves_nobody_asleep() -> None:
    host = Host().add("job-0", "job-1")
    found: list[str] = []
    failed: list[BaseException] = []

    def lead() -> None:
        try:
            client.fine_tuning.jobs.wait("job-0", timeout=0.5, poll=0.05)
        except BaseException as error:
            failed.append(error)

    with Loopback(host) as server, watching(server) as client:
        watch = client.fine_tuning.jobs._watches.get()
        leader = Thread(target=lead)
        leader.start()
        until(lambda: bool(host.targets))
        other = waits_for(client, "job-1", found, poll=0.05)
        until(lambda: "job-1" in host.singles)
        watch.__dict__["_leave"] = Interrupted(watch)
        leader.join(10)
        host.end("job-1")
        other.join(10)
        assert not watched(client)
    assert found == ["job-1"]
    assert isinstance(failed[0], KeyboardInterrupt)


def children(client: Client, iterator: Any, answers: Any) -> None:
    answers.put([client.fine_tuning.jobs.wait("job-0", poll=0.02).id, sorted(job.id for job in iterator)])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_has_a_poller_of_its_own() -> None:
    host = Host().add(*names(4))
    forked = multiprocessing.get_context("fork")
    answers = forked.SimpleQueue()
    found: list[str] = []
    with Loopback(host) as server, watching(server) as client:
        iterator = client.fine_tuning.jobs.as_completed(names(4)[1:], poll=0.02)
        other = waits_for(client, "job-0", found, poll=0.02)
        until(lambda: len(host.targets) > 2)
        watch = client.fine_tuning.jobs._watches.get()
        with watch._lock:  # somebody else is just at it
            process = forked.Process(target=children, args=(client, iterator, answers))
            process.start()
        host.end(*names(4))
        assert answers.get() == ["job-0", ["job-1", "job-2", "job-3"]]
        process.join(10)
        other.join(10)
        assert sorted(job.id for job in iterator) == ["job-1", "job-2", "job-3"]
    assert (process.exitcode, found) == (0, ["job-0"])


def test_notice_comes_from_any_thread() -> None:
    host = Host().add("job-0", "job-1")
    found: list[str] = []
    with Loopback(host) as server, watching(server) as client:
        threads = [waits_for(client, id, found, poll=1000) for id in ("job-0", "job-1")]
        until(lambda: len(host.targets) == 2)
        host.end("job-1", "job-0")
        Thread(target=client.fine_tuning.jobs.notify, args=("job-1",)).start()
        until(lambda: found == ["job-1"])
        client.fine_tuning.jobs.notify("job-0")
        for thread in threads:
            thread.join(10)
    assert len(host.targets) == 4


def test_who_waits_while_another_leads_leaves_in_time() -> None:
    host = Host().add("job-0", "job-1")
    with Loopback(host) as server, watching(server) as client, ThreadPoolExecutor(1) as threads:
        leader = threads.submit(client.fine_tuning.jobs.wait, "job-0", timeout=1, poll=1000)
        until(lambda: len(host.targets) == 1)
        for _ in range(3):
            with pytest.raises(WaitTimeout):
                client.fine_tuning.jobs.wait("job-1", timeout=0.05, poll=1000)
        with pytest.raises(WaitTimeout):
            leader.result(10)
    assert host.singles.count("job-1") == 6


def test_a_leader_that_fails_hands_over() -> None:
    host = Host().add("job-0", "job-1")
    keys = ["sk-a"]
    found: list[str] = []

    def key() -> str:
        return keys[0]

    with Loopback(host) as server, watching(server, api_key=key) as client:
        host.instead = lambda told: [refusal(401)] if told.endswith("job-0") and len(host.targets) > 5 else None
        failures: list[Exception] = []

        def lead() -> None:
            try:
                client.fine_tuning.jobs.wait("job-0", poll=0.02)
            except AuthenticationError as error:
                failures.append(error)

        leader = Thread(target=lead)
        leader.start()
        until(lambda: len(host.targets) > 1)
        other = waits_for(client, "job-1", found, poll=0.31)
        leader.join(10)
        host.end("job-1")
        other.join(10)
    assert len(failures) == 1
