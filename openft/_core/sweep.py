"""Finding jobs in the list of all jobs: how far to page, and when asking for each is cheaper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, TypeGuard

from pydantic import BaseModel, Field

from openft.types.jobs import FINISHED

FEW = 4
"""Jobs below which asking for each is cheaper than a page of the list."""
TRIES = 3
"""Looks in a row that may find no list before each job is asked for."""
FIRST_REST, LONGEST_REST = 8, 512
"""Looks for which a host without a list is not asked for it again."""

Row: TypeAlias = dict[str, Any]


class Going(BaseModel):
    """All that is read of a row whose job goes on, so that a page of such rows costs a third."""

    id: str
    status: Literal["validating_files", "queued", "running", "paused", "pending"]
    created_at: int
    model: str | None = None


Listed: TypeAlias = Annotated[Going | Any, Field(union_mode="left_to_right")]
"""A row of the list: whatever a host sends there."""


class Walk:
    """One way through the pages of the list, until all jobs are seen or it is not worth going on.

    Args:
        ids: the jobs to be found.
        created: when those of them were created that the list was seen to have, in Unix seconds.
        absent: those for which it is not worth going on.
        page: rows to ask for in a page; None where the list comes whole.
        tells_why: whether a row says why its job has failed.
    """

    def __init__(
        self, ids: set[str], created: dict[str, int], absent: set[str], page: int | None, *, tells_why: bool
    ) -> None:
        self.created = created
        """Also of those that were met on the way."""
        self.after: str | None = None
        """Where the next page begins."""
        self.cost = 0.0
        """In requests; a page of many rows is as dear as several."""
        self.unseen = set(ids)
        self._absent = absent
        self._unclear: set[str] = set()
        self._most = max(1, len(ids) // 2)
        self._page = page
        self._tells_why = tells_why
        self._pages = 0
        self._places: set[str | None] = {None}
        self._newest_first = True
        sought = ids - absent
        self._oldest = min((created[id] for id in sought), default=None) if sought <= created.keys() else None

    @property
    def left(self) -> set[str]:
        """The jobs that still must be asked for."""
        return self.unseen | self._unclear

    def turned(self, rows: Sequence[object], more: bool | None) -> list[Row]:
        """Take in a page; return the rows of those jobs that have ended."""
        told = [met for row in rows if (met := _met(row)) is not None]
        mine = [met for met in told if met[0] in self.unseen]
        self._pages += 1
        self.cost += max(1.0, len(rows) / 100)
        self.unseen.difference_update(id for id, _, _ in mine)
        self.created.update((id, created) for id, created, _ in mine)
        self._newest_first = self._newest_first and (not told or told[0][1] >= told[-1][1])
        full = more is None and self._page is not None and len(rows) >= self._page
        self.after = told[-1][0] if told and (more or full) and self._goes_on(told[-1][1]) else None
        if self.after in self._places:
            self.after = None  # the host gives the same page again and again
        self._places.add(self.after)
        return [row for _, _, row in mine if row is not None and self._has_ended(row)]

    def unclear(self, id: str) -> None:
        """Note that a row was not enough."""
        self._unclear.add(id)

    def _goes_on(self, last: int) -> bool:
        if self.unseen <= self._absent or self._pages >= self._most:
            return False
        return not (self._newest_first and self._oldest is not None and last < self._oldest)

    def _has_ended(self, row: Row) -> bool:
        status = row.get("status")
        if not isinstance(status, str) or not status:
            self.unclear(row["id"])
            return False
        if status not in FINISHED:
            return False
        enough = status == "cancelled" or bool(
            row.get("fine_tuned_model") if status == "succeeded" else self._tells_why
        )
        if not enough:
            self.unclear(row["id"])
        return enough


@dataclass
class Sweep:
    """Decides between paging through the list and asking for each job, by what the last time has cost."""

    _created: dict[str, int] = field(default_factory=dict[str, int])
    _absent: set[str] = field(default_factory=set[str])
    """Those that the last walk did not meet; they may still be met on the way to others."""
    _known: set[str] = field(default_factory=set[str])
    """The jobs of the last walk."""
    _cost: float = 0.0
    """Requests that it took, those for jobs that it did not meet included."""
    _failures: int = 0
    _rest: int = 0
    """Looks that are still to pass before the list is asked for again."""
    _last_rest: int = 0

    def worth(self, ids: set[str]) -> bool:
        """Return whether to page through the list for these jobs."""
        if len(ids) < FEW or (ids <= self._known and self._cost >= len(ids)):
            return False
        if self._rest:
            self._rest -= 1
            return False
        return True

    def walk(self, ids: set[str], page: int | None, *, tells_why: bool) -> Walk:
        """Return a new way through the list."""
        return Walk(ids, self._created, self._absent, page, tells_why=tells_why)

    def done(self, ids: set[str], walk: Walk) -> None:
        """Note what a walk has cost."""
        self._failures = self._rest = self._last_rest = 0
        self._known, self._absent = set(ids), walk.unseen
        self._cost = walk.cost + len(walk.left)
        self._created = {id: created for id, created in walk.created.items() if id in ids}

    def failed(self, *, passing: bool) -> bool:
        """Note that there was no list; return whether the jobs should be asked for one by one all the same.

        Args:
            passing: the host may have it another time; it is more likely away than without a list.
        """
        if not passing:
            self._last_rest = min(max(2 * self._last_rest, FIRST_REST), LONGEST_REST)
            self._rest = self._last_rest
            return True
        self._failures += 1
        return self._failures % TRIES == 0


def statuses_of(rows: Sequence[object]) -> dict[str, str]:
    """Return how far the jobs of these rows are, as far as the rows say it."""
    told = {row["id"]: row.get("status") for row in rows if _is_row(row)}
    odd = {id: status for id, status in told.items() if isinstance(status, str) and status not in FINISHED}
    return odd | {row.id: row.status for row in rows if isinstance(row, Going)}


def _met(row: object) -> tuple[str, int, Row | None] | None:
    """Return a row's id, when it was created, and the row itself where its job may have ended; None for junk."""
    if isinstance(row, Going):
        return row.id, row.created_at, None
    return (row["id"], _created(row), row) if _is_row(row) else None


def _is_row(told: object) -> TypeGuard[Row]:
    match told:
        case {"id": str()}:
            return True
        case _:
            return False


def _created(row: Row) -> int:
    created = row.get("created_at")
    return created if isinstance(created, int) else 0
