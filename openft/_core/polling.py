"""Whom to look at, and when: the plan of a poller that many waiters share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Generic, Self

from openft._core.patience import LONGEST, fresh, unheard
from openft._core.wire import J
from openft.errors import APIError, ConfigError, WaitTimeout

SHORTEST = 0.01
"""Seconds between two looks, whatever was asked for: a poller without a pause is an attack."""

UNSEEN = "not seen"
"""How far a job is of which the last look has shown nothing."""
LONGEST_WORD = 40
"""Letters of a status that a message shows."""


@dataclass(frozen=True, slots=True)
class Ending(Generic[J]):
    """What has become of one watched job: its last state, or why it cannot be seen."""

    id: str
    job: J | None = None
    error: APIError | None = None


@dataclass(eq=False, slots=True, weakref_slot=True)
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
    noticed: set[str] = field(default_factory=set[str])
    """Those that somebody has heard of, to be looked at before the next look is due."""
    found: list[Ending[J]] = field(default_factory=list["Ending[J]"])
    """What has ended and has not been taken yet."""
    failed: APIError | None = None
    """Why none of them can be seen, to be raised once."""
    lost: APIError | None = None
    """Why the last look saw none of them."""
    since: dict[str, float] = field(default_factory=dict[str, float])
    """Those that could not be seen the last time, and the client's time of the first look that failed."""
    expired: bool = False
    """Whether there was a look at the end of the time."""
    statuses: Mapping[str, str] = field(default_factory=dict[str, str])
    """What that look has shown of jobs, ours and others."""
    noun: str = "job"
    """What a job is called in messages."""

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return bool(self.found) or self.failed is not None or not self.ids or self.expired

    def tell(self, ending: Ending[J]) -> None:
        """Take in what has become of one that is ours; the second time it is told makes no difference."""
        if ending.id in self.ids:
            self.found.append(ending)  # first, so that no other thread sees it in neither
            self.ids.discard(ending.id)

    def taken(self) -> Ending[J] | None:
        """Give out one of those that have ended; None where there is none now, also since another was faster.

        Raises:
            APIError: none of them can be seen.
        """
        with suppress(IndexError):
            return self.found.pop(0)
        failed = self.failed
        if failed is not None:
            self.failed = None
            raise fresh(failed)
        return None

    def unseen(self, lost: Mapping[str, APIError], seen: Iterable[str], now: float) -> None:
        """Take in which of those that were looked at could not be seen; that is told every ten minutes."""
        for id in self.ids.intersection(seen):
            if id in lost:
                self.since.setdefault(id, now)
            else:
                self.since.pop(id, None)
        known = self.ids & lost.keys()
        self.lost = lost[next(iter(known))] if known and known == self.ids else None
        given_up = {id for id in known if now - self.since[id] > LONGEST}
        if given_up and given_up == self.ids:
            self.fail(unheard(lost[next(iter(given_up))], named(self.noun, given_up)))
        else:
            self.found.extend(Ending(id, error=unheard(lost[id], named(self.noun, {id}))) for id in given_up)
            self.since.update(dict.fromkeys(given_up, now))

    def put_off(self, began: float, due: float) -> None:
        """Take in when the next look is due, after one that began then; the last is at the end of the time."""
        self.due = due if due < self.until else max(self.until, began)

    def fail(self, error: APIError) -> None:
        """Let the waiter know that none of its jobs can be seen; it may wait again, and is borne with anew."""
        self.failed = error
        self.since.clear()


@dataclass(frozen=True, slots=True)
class Look(Generic[J]):
    """One look: at which jobs, and for whom."""

    pause: float
    """Seconds until it is to begin."""
    whole: list[Waiter[J]]
    """Those whose look is due, or soon will be."""
    hurried: dict[Waiter[J], set[str]]
    """Those that have notice of some of their jobs."""
    ids: set[str]
    statuses: dict[str, str] | None = None
    """Where it is to put how far each job is; that is noted only where somebody's time ends with it."""

    @classmethod
    def at(cls, seated: Iterable[Waiter[J]], now: float) -> Self:
        """Return the next look for those who wait, as things stand now; it takes their notices."""
        waiters = [waiter for waiter in seated if not waiter.over]  # the others are about to leave
        hurried = {waiter: waiter.noticed & waiter.ids for waiter in waiters if waiter.noticed}
        pause = min(waiter.due for waiter in waiters) - now
        if pause > 0 and not hurried:
            return cls(pause, [], {}, set())
        whole = [waiter for waiter in waiters if pause <= 0 and waiter.due <= now + waiter.poll / 2]
        ids = set[str]().union(*(waiter.ids for waiter in whole), *hurried.values())
        for waiter in hurried:
            waiter.noticed.clear()
        last = any(waiter.until <= now for waiter in whole)
        return cls(0.0, whole, hurried, ids, {} if last else None)

    def undone(self) -> None:
        """Give the notices back: nobody has looked."""
        for waiter, ids in self.hurried.items():
            waiter.noticed |= ids

    def done(self, began: float, now: float, lost: Mapping[str, APIError], jitter: float) -> None:
        """Let all know that there was a look, and what could not be seen."""
        for waiter in {*self.whole, *self.hurried}:
            if lost or waiter.since or waiter.lost:
                waiter.unseen(lost, self.ids, now)
        for waiter in self.whole:
            if began >= waiter.until:
                waiter.expired, waiter.statuses = True, self.statuses or {}
            waiter.put_off(began, began + max(waiter.poll * jitter, SHORTEST))

    def failed(self, began: float, now: float, error: APIError, again: float | None) -> None:
        """Let all know that nothing could be seen; the next look is ``again`` seconds later, if that may help."""
        self.done(began, now, dict.fromkeys(self.ids, error), 1.0)
        for waiter in {*self.whole, *self.hurried}:
            if again is None:
                waiter.fail(error)
            else:
                waiter.put_off(began, now + again)


def deadline(now: float, timeout: float | None, poll: float, names: tuple[str, str] = ("timeout", "poll")) -> float:
    """Return the client's time at which to give up; the names are those of the caller's arguments.

    Raises:
        ConfigError: the times make no sense.
    """
    for name, value in zip(names, (0.0 if timeout is None else timeout, poll), strict=True):
        number = isinstance(value, int | float) and value >= 0  # pyright: ignore[reportUnnecessaryIsInstance]
        if not number or (name == names[1] and value == inf):
            raise ConfigError(f"{name} must be a number of seconds, not {value!r}")
    return now + (inf if timeout is None else timeout)


def too_late(noun: str, waiter: Waiter[J], timeout: float | None) -> WaitTimeout:
    """Return the error for jobs that did not end in time."""
    one, who = len(waiter.ids) == 1, named(noun, waiter.ids)
    if waiter.lost is not None:
        return WaitTimeout(
            f"{who} cannot be reached ({waiter.lost}) after {timeout:g} s; look again later, what was started goes on",
            ids=waiter.ids,
        )
    far = Counter(_word(waiter.statuses.get(id)) for id in sorted(waiter.ids))
    state = f"{'has' if one else 'have'} not ended after {timeout:g} s"
    if far.keys() != {UNSEEN}:
        kinds = ", ".join(f"{count} {word}" for word, count in far.most_common(5))
        state = f"is still {next(iter(far))} after {timeout:g} s" if one else f"{state} ({kinds})"
    them = "it" if one else "them"
    return WaitTimeout(
        f"{who} {state}; {f'resume {them}' if far.keys() == {'paused'} else 'wait longer'} or cancel {them}",
        ids=waiter.ids,
    )


def named(noun: str, ids: Collection[str]) -> str:
    """Return a few of the ids behind what they are called."""
    return f"{noun}{'' if len(ids) == 1 else 's'} {listed(ids)}"


def listed(ids: Collection[str]) -> str:
    """Return a few of the ids, and how many more there are."""
    return ", ".join(sorted(ids)[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")


def _word(status: str | None) -> str:
    """Return a status in words; whatever a host may call it."""
    if not status:
        return UNSEEN
    return (
        status.replace("_", " ")
        if status.isidentifier() and len(status) <= LONGEST_WORD
        else repr(status[:LONGEST_WORD])
    )
