"""Whom to look at, and how: the plan of a poller that many waiters share."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import Generic

from openft._core.wire import J
from openft.errors import APIError, ConfigError, WaitTimeout


@dataclass(frozen=True, slots=True)
class Ending(Generic[J]):
    """What has become of one watched job: its last state, or why it cannot be seen."""

    id: str
    job: J | None = None
    error: APIError | None = None


@dataclass(eq=False)
class Waiter(Generic[J]):
    """Somebody who waits for the ends of jobs."""

    ids: set[str]
    """Those that have not ended yet."""
    poll: float
    """Seconds between two looks."""
    until: float
    """The client's time at which to give up."""
    due: float = -inf
    """The client's time of the next look."""
    found: deque[Ending[J]] = field(default_factory=deque["Ending[J]"])
    """What has ended and has not been taken yet."""
    lost: APIError | None = None
    """Why the last look saw nothing."""
    expired: bool = False
    """Whether there was a look at the end of the time."""

    def tell(self, ending: Ending[J]) -> bool:
        """Take in what has become of a job, if it is one of ours."""
        if ending.id not in self.ids:
            return False
        self.ids.discard(ending.id)
        self.found.append(ending)
        return True

    def looked(self, began: float, pause: float, lost: APIError | None) -> None:
        """Take in that a look is over, which began then; the next is a pause later, and one at the end of the time."""
        self.lost = lost
        self.expired = self.expired or began >= self.until
        self.due = min(began + pause, max(self.until, began))

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return bool(self.found) or not self.ids or self.expired


def deadline(now: float, timeout: float | None, poll: float) -> float:
    """Return the client's time at which to give up.

    Raises:
        ConfigError: the times make no sense.
    """
    for name, value in (("timeout", 0.0 if timeout is None else timeout), ("poll", poll)):
        number = isinstance(value, int | float) and value >= 0  # pyright: ignore[reportUnnecessaryIsInstance]
        if not number or (name == "poll" and value == inf):
            raise ConfigError(f"{name} must be a number of seconds, not {value!r}")
    return now + (inf if timeout is None else timeout)


def too_late(noun: str, ids: set[str], lost: APIError | None, timeout: float | None) -> WaitTimeout:
    """Return the error for jobs that did not end in time."""
    some = ", ".join(sorted(ids)[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
    who, are, them = (f"{noun} {some}", "is", "it") if len(ids) == 1 else (f"{noun}s {some}", "are", "them")
    if lost is not None:
        return WaitTimeout(f"{who} cannot be reached ({lost}) after {timeout:g} s; wait longer")
    return WaitTimeout(f"{who} {are} still running after {timeout:g} s; wait longer or cancel {them}")


FEW = 4
"""Jobs below which asking for each is cheaper than a page of the list."""


@dataclass
class Sweep:
    """Decides between paging through the list and asking for each job, by what the last time has cost."""

    created: dict[str, int] = field(default_factory=dict[str, int])
    """Unix seconds, of the jobs that the list was seen to have."""
    possible: bool = True
    """Whether the host has such a list."""
    cost: float = 0.0
    """Requests that the last sweep took, those for jobs that it did not meet included."""
    known: set[str] = field(default_factory=set[str])
    """The jobs of that sweep."""

    def worth(self, ids: set[str]) -> bool:
        """Return whether to page through the list for these jobs."""
        dear = ids <= self.known and self.cost >= len(ids)
        return self.possible and len(ids) >= FEW and not dear

    def goes_on(self, unseen: set[str], watched: int, pages: int, last: int) -> bool:
        """Return whether the next page is worth asking for.

        Args:
            unseen: the jobs that no page has had yet.
            watched: how many jobs there were at the beginning.
            pages: how many pages there have been.
            last: when the last row was created, in Unix seconds.
        """
        if not unseen or pages >= max(1, watched // 2):
            return False
        older = unseen <= self.created.keys() and last < min(self.created[id] for id in unseen)
        return not older

    def done(self, ids: set[str], unseen: set[str], pages: float) -> None:
        """Note what a sweep has cost."""
        self.known = set(ids)
        self.cost = pages + len(unseen)
        self.created = {id: created for id, created in self.created.items() if id in ids}
