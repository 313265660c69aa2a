"""Threads that work off tasks, so many at a time, and that no process waits for at its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Event, Thread
from time import monotonic
from typing import TypeAlias

from openft.archive.host import Stopped

GRACE = 3.0
"""Seconds that tasks at work have to see that all is over."""
Task: TypeAlias = Callable[[], None]


class Crew:
    """The threads. Those of ``concurrent.futures`` are waited for at the end of a process, even if a host hangs.

    Args:
        size: how many.
        over: set when all is to stop, also by the first task that fails.
    """

    def __init__(self, size: int, over: Event) -> None:
        self._over = over
        self._tasks: deque[Task] = deque()
        self._size = size
        self._left = 0
        """Tasks that are not done."""
        self._turn = Condition()
        self._closed = False
        self._failure: BaseException | None = None
        self._threads = [Thread(target=self._work, name="openft archive", daemon=True) for _ in range(size)]
        for thread in self._threads:
            thread.start()

    def give(self, task: Task) -> None:
        """Have a task done; waits while many are queued.

        Raises:
            BaseException: what a task before it has failed with.
        """
        with self._turn:
            while len(self._tasks) >= 2 * self._size and self._failure is None:
                self._turn.wait(1.0)
            self._raise()
            self._tasks.append(task)
            self._left += 1
            self._turn.notify_all()

    def finish(self) -> None:
        """Return when all tasks are done.

        Raises:
            BaseException: what one of them has failed with.
        """
        with self._turn:
            while self._left and self._failure is None:
                self._turn.wait(1.0)
            self._raise()

    def close(self) -> None:
        """Let the threads end, those at work within seconds, or leave them to themselves."""
        with self._turn:
            self._closed = True
            if self._left:
                self._over.set()
            self._turn.notify_all()
        until = monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while True:
            with self._turn:
                while not self._tasks and not self._closed:
                    self._turn.wait()
                if self._closed:
                    return
                task = self._tasks.popleft()
                self._turn.notify_all()
            failure: BaseException | None = None
            try:
                if not self._over.is_set():
                    task()
            except Stopped:
                pass
            except BaseException as problem:  # noqa: BLE001 - raised again by who gives tasks
                failure = problem
                self._over.set()
            with self._turn:
                self._left -= 1
                self._failure = self._failure or failure
                self._turn.notify_all()
