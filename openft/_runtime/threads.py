"""Waiting in a thread; aio.py is its twin."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from queue import SimpleQueue

P = ParamSpec("P")
T = TypeVar("T")
GRACE = 1.0
"""Seconds that the jobs of a failed gather have to end in."""
_works_for: ContextVar[_Group[Any] | None] = ContextVar("openft_works_for", default=None)
"""The gather whose job this thread does."""


class Stopped(BaseException):
    """Ends a job whose gather has failed; it never leaves the gather."""


def sleep(seconds: float) -> None:
    """Let time pass; a job whose gather fails meanwhile ends here."""
    group = _works_for.get()
    if group is None:
        time.sleep(seconds)
    elif group.over.wait(seconds):
        raise Stopped


def blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns."""
    return function(*args, **kwargs)


def gather(limit: int, jobs: Iterable[Callable[[], T]]) -> list[T]:
    """Return what the jobs return, in their order, with at most ``limit`` of them at work at a time.

    ``jobs`` is iterated as places become free. The first failure, or a Ctrl-C, lets no further job begin; those at work
    stop where they sleep, wait on the network or come to ``going_on``; one that does not is left to itself.
    """
    group: _Group[T] = _Group()
    try:
        for number, job in enumerate(jobs):
            if group.at_work == limit:
                group.wait_for_one()
            group.start(number, job)
        while group.at_work:
            group.wait_for_one()
    except BaseException:
        group.stop()
        raise
    return [group.answers[number] for number in sorted(group.answers)]


def going_on() -> None:
    """Stop here where a gather that this job belongs to has failed."""
    group = _works_for.get()
    if group is not None and group.over.is_set():
        raise Stopped


def stoppable(end: Callable[[], None], wait: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``wait`` returns, or stop here where a gather that this job belongs to fails; ``end`` ends a wait."""
    group = _works_for.get()
    if group is None:
        return wait(*args, **kwargs)
    with group.ended_by(end):
        return wait(*args, **kwargs)


class _Group(Generic[T]):
    """The jobs of one gather, each in a thread that no process waits for at its end."""

    def __init__(self) -> None:
        from queue import SimpleQueue

        self.at_work = 0
        self.answers: dict[int, T] = {}
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()
        self._ends: set[Callable[[], None]] = set()
        self._turn = Lock()
        self.over = Event()
        """Whether it has failed."""

    def start(self, number: int, job: Callable[[], T]) -> None:
        """Begin a job."""
        Thread(target=copy_context().run, args=(self._work, number, job), name="openft job", daemon=True).start()
        self.at_work += 1

    def wait_for_one(self, seconds: float | None = None) -> None:
        """Return when a job has ended, or raise what it has failed with."""
        failure = self._ended.get(timeout=seconds)
        self.at_work -= 1
        if failure is not None:
            raise failure

    def stop(self) -> None:
        """Let the jobs at work end."""
        from queue import Empty

        with self._turn:
            self.over.set()
            ends = list(self._ends)
        for end in ends:
            end()
        until = time.monotonic() + GRACE
        while self.at_work and (left := until - time.monotonic()) > 0:
            with suppress(Empty):
                self._ended.get(timeout=left)
                self.at_work -= 1

    @contextmanager
    def ended_by(self, end: Callable[[], None]) -> Generator[None]:
        """Call ``end`` where the gather fails while the body waits; then the job stops."""
        with self._turn:
            self._ends.add(end)
        try:
            going_on()
            yield
        finally:
            with self._turn:
                self._ends.discard(end)
            going_on()

    def _work(self, number: int, job: Callable[[], T]) -> None:
        _works_for.set(self)
        try:
            self.answers[number] = job()
        except BaseException as failure:  # noqa: BLE001 - raised again by who waits for it
            self._ended.put(failure)
        else:
            self._ended.put(None)


class Loadable:
    """Something that is fetched when it is made."""

    def load(self) -> None:
        """Fetch it unless it is there."""
        raise NotImplementedError

    def begin(self) -> None:
        """Fetch it."""
        self.load()

    def require(self, there: bool) -> None:
        """It is there since it has begun."""
