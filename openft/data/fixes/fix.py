"""What a fix is: a function from batches to batches, with the id of the finding that it mends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from openft.data.batch import Batch
from openft.data.checks.rules import Rule

Change: TypeAlias = Callable[[list[str]], list[str]]
"""Returns as many texts, some of them changed."""
Edit: TypeAlias = Callable[[Batch], Batch]
"""Returns a batch with some rows changed or left out; its argument stays as it is."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is put around every text of a column."""

    column: str
    before: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """One change to all of the data."""

    id: str
    """The id of the finding that it mends."""
    name: str
    does: str
    """What it does, in words."""
    apply: Callable[[Iterable[Batch]], Iterator[Batch]]
    """Returns the data with the change made."""
    settles: bool = False
    """Whether it leaves everything as it was that another fix goes by, so that nothing needs to be looked at again."""
    local: bool = False
    """Whether it goes by each row alone, so that it may follow another such one without a look between."""
    change: tuple[str, Change] | None = None
    """A column and what is done to its texts, where that is all."""
    around: Around | None = None
    """What it puts around the texts of a column, where that is all and no text has it yet."""
    mark: str = ""
    """The separator or stop sequence that it puts behind texts."""
    on_request: bool = False
    """Whether nobody but the author of the data knows that it takes nothing away, so that it is to be asked for."""


def fix(rule: Rule, does: str, edit: Edit, *, settles: bool = False, local: bool = False) -> Fix:
    """Return a fix that changes each batch by itself."""
    return Fix(rule.id, rule.name, does, lambda batches: map(edit, batches), settles, local)


def with_rows(batch: Batch, rows: list[dict[str, object]]) -> Batch:
    """Return a batch with as many rows, changed, which are not the bytes that were read any more."""
    return replace(batch, rows=rows, raw=None, plain=None, both=None)


def kept(batch: Batch, places: list[int]) -> Batch:
    """Return a batch with the rows at these places only."""
    if len(places) == len(batch.rows):
        return batch
    return replace(
        batch,
        lines=[batch.lines[place] for place in places],
        rows=[batch.rows[place] for place in places],
        raw=None if batch.raw is None else [batch.raw[place] for place in places],
        both=None,
    )
